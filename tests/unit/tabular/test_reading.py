import hashlib
import io
import json
import math
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pyarrow as pa
import pytest

from arangovis.domain.errors import InvalidInput, TooLarge, UnsupportedMedia
from arangovis.tabular import limits, read_rows
from arangovis.tabular.arrow_sizes import stated_rows, unpacked_bytes
from arangovis.tabular.reading import MEDIA_TYPES
from tests.unit.tabular.bodies import (
    ARROW,
    CSV,
    JSON,
    PARQUET,
    WRITERS,
    digits,
    read_json,
    read_table,
    to_arrow_body,
    to_parquet,
)

NOW = 1_700_000_000_000_000


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
def test_real_rows_are_the_same_whatever_they_were_sent_as(media_type: str) -> None:
    columns = digits(300)
    rows = read_rows(WRITERS[media_type](columns), media_type)
    assert rows.names == ("_id", "class", "confidence", "word", "even", "_hs_error", "embedding")
    assert rows == read_rows(WRITERS[JSON](columns), JSON)
    assert rows.count == len(rows) == 300
    assert rows.dimension == 64
    assert rows.embedding.dtype == np.float32
    np.testing.assert_array_equal(rows.embedding, np.array(columns["embedding"], dtype=np.float32))
    for name in ("_id", "class", "confidence", "word", "even", "_hs_error"):
        assert rows.values(name) == columns[name]


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
def test_an_embedding_may_be_a_column_for_each_dimension_in_any_order(media_type: str) -> None:
    columns = digits(40)
    matrix = np.array(columns["embedding"])
    spread = {f"embedding_{n}": matrix[:, n].tolist() for n in reversed(range(64))}
    rest = {name: values for name, values in columns.items() if name != "embedding"}
    rows = read_rows(WRITERS[media_type]({**spread, **rest}), media_type)
    assert rows == read_rows(WRITERS[JSON](columns), JSON)


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
def test_an_embedding_may_have_the_shape_one_by_n(media_type: str) -> None:
    columns = digits(10)
    nested = {**columns, "embedding": [[vector] for vector in columns["embedding"]]}
    assert read_rows(WRITERS[media_type](nested), media_type) == read_rows(WRITERS[JSON](columns), JSON)


@pytest.mark.parametrize(
    "media_type",
    ["text/csv; charset=utf-8", 'TEXT/CSV;charset="UTF-8"', "text/csv;header=present", " text/csv ;charset=us-ascii"],
)
def test_parameters_of_the_media_type_are_tolerated(media_type: str) -> None:
    assert read_rows(b"a\n1\n", media_type).values("a") == [1]


@pytest.mark.parametrize("media_type", ["text/plain", "", "application/json+ld", "text/csv; charset=latin-1"])
def test_other_media_types_are_refused(media_type: str) -> None:
    with pytest.raises(UnsupportedMedia) as caught:
        read_rows(b"a\n1\n", media_type)
    assert "utf-8" in caught.value.detail or all(known in caught.value.detail for known in MEDIA_TYPES)
    assert caught.value.faults[0].field == "content-type"


def test_a_stream_is_read() -> None:
    assert read_rows(io.BytesIO(b"a\n1\n"), CSV).values("a") == [1]


def test_the_room_is_light_to_import() -> None:
    code = "import sys, arangovis.tabular, arangovis.tabular.arrow_stream; print('pyarrow' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "False\n"


# --- ids ------------------------------------------------------------------------------------------------------


def test_ids_are_made_where_there_are_none() -> None:
    rows = read_rows(b'[{"a": 1}, {"a": 2, "_id": "x"}, {"a": 3, "_id": null}]', JSON, now_us=NOW)
    assert rows.ids[1] == "x"
    assert len(set(rows.ids)) == 3
    assert all(made[:13] == f"{NOW // 1000:012x}"[:8] + "-" + f"{NOW // 1000:012x}"[8:] for made in rows.ids[::2])


def test_stable_ids_are_the_same_for_the_same_body() -> None:
    first, again, other = (read_rows(body, CSV, stable_ids=True) for body in (b"a\n1\n2\n", b"a\n1\n2\n", b"a\n1\n3\n"))
    assert first == again
    assert len({*first.ids, *other.ids}) == 4


def test_ids_may_be_integers_and_object_ids() -> None:
    assert read_json({"_id": 5, "a": 1}, {"_id": 2**60, "a": 1}).ids == ["5", str(2**60)]
    assert read_json({"_id": {"$oid": "5f" * 12}, "a": 1}).ids == ["5f" * 12]
    assert read_rows(b"_id,a\n007,1\n", CSV).ids == ["007"]
    assert read_table({"_id": [1, 2], "a": [1, 2]}).ids == ["1", "2"]


def test_the_body_digest_is_that_of_the_body() -> None:
    rows = read_rows(b"a\n1\n", CSV)
    assert rows.body_digest == hashlib.sha256(b"a\n1\n").hexdigest()
    assert rows.select([0]).body_digest == hashlib.sha256(rows.to_parquet()).hexdigest()


# --- values ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
def test_integers_stay_exact(media_type: str) -> None:
    large = [2**53 + 1, -(2**63), 2**63 - 1, None]
    assert read_rows(WRITERS[media_type]({"a": large, "b": [1, 2, 3, 4]}), media_type).values("a") == large


@pytest.mark.parametrize("media_type", [CSV, JSON])
def test_unsigned_integers_stay_exact(media_type: str) -> None:
    assert read_rows(WRITERS[media_type]({"a": [2**64 - 1, 0]}), media_type).values("a") == [2**64 - 1, 0]


def test_unsigned_columns_stay_exact() -> None:
    table = pa.table({"a": pa.array([2**64 - 1], pa.uint64()), "b": pa.array([[2**64 - 1]], pa.list_(pa.uint64()))})
    rows = read_table(table)
    assert (rows.values("a"), rows.values("b")) == ([2**64 - 1], [[2**64 - 1]])


def test_extended_json_is_unwrapped() -> None:
    rows = read_json(
        {
            "_id": {"$oid": "0" * 24},
            "long": {"$numberLong": "9007199254740993"},
            "int": {"$numberInt": "5"},
            "double": {"$numberDouble": "1.5"},
            "list": [{"$numberLong": "1"}, 2],
            "embedding": [[{"$numberDouble": "0.5"}, {"$numberInt": "2"}]],
        }
    )
    assert rows.ids == ["0" * 24]
    assert [rows.values(name)[0] for name in ("long", "int", "double", "list")] == [9007199254740993, 5, 1.5, [1, 2]]
    assert rows.embedding.tolist() == [[0.5, 2.0]]


def test_metric_checks_become_columns() -> None:
    checks = {"knn": {"check": True, "value": 0.5}, "latency": {"value": 3}, "broken": None}
    rows = read_json({"_hs_metric_checks": checks, "latency": 7}, {"_hs_metric_checks": None, "latency": 8})
    assert rows.values("knn") == [0.5, None]
    assert rows.values("latency") == [7, 8]
    assert rows.values("broken") == [None, None]
    assert json.loads(rows.values("_hs_metric_checks")[0]) == checks
    again = read_rows(rows.to_parquet(), PARQUET)
    assert again == rows


def test_metric_checks_are_read_from_csv_and_structs() -> None:
    body = b'a,_hs_metric_checks\n1,"{""knn"": {""value"": 2.5}}"\n2,\n'
    assert read_rows(body, CSV).values("knn") == [2.5, None]
    assert read_table({"a": [1, 2], "_hs_metric_checks": [{"knn": {"value": 2.5}}, None]}).values("knn") == [2.5, None]


def test_an_error_flag_is_text_or_null() -> None:
    assert read_json({"a": 1, "_hs_error": "failed"}, {"a": 2}).values("_hs_error") == ["failed", None]
    assert read_rows(b"a,_hs_error\n1,500\n2,\n", CSV).values("_hs_error") == ["500", None]


def test_names_that_some_rows_lack_are_null_there() -> None:
    rows = read_json({"a": 1}, {"b": "x"})
    assert (rows.values("a"), rows.values("b")) == ([1, None], [None, "x"])


def test_csv_cells() -> None:
    body = b'\xef\xbb\xbfcode,flag,number,text,empty,time\n007, TRUE,1e3,"",,2024-01-01\n010,false,nan,NA,,\n'
    rows = read_rows(body, CSV)
    assert rows.values("code") == ["007", "010"]
    assert rows.values("flag") == [True, False]
    assert rows.values("number") == [1000.0, None]
    assert rows.values("text") == ["", "NA"]
    assert rows.values("empty") == [None, None]
    assert rows.values("time") == ["2024-01-01", None]
    assert rows.columns()["empty"] == "null"


def test_csv_with_quoted_newlines_and_commas() -> None:
    assert read_rows(b'a,"b,c"\n"x\ny",2\n', CSV).values("a") == ["x\ny"]


def test_arrow_types_become_canonical() -> None:
    zone = timezone(timedelta(hours=2))
    moment = datetime(2024, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
    table = pa.table(
        {
            "half": pa.array([np.float16(1.5), None], pa.float16()),
            "float": pa.array([0.1, math.nan], pa.float32()),
            "small": pa.array([1, None], pa.int8()),
            "word": pa.array(["a", None], pa.large_string()),
            "view": pa.array(["a" * 20, None], pa.string_view()),
            "category": pa.array(["x", "y"]).dictionary_encode(),
            "zoned": pa.array([moment.astimezone(zone), None], pa.timestamp("ns", "+02:00")),
            "local": pa.array([datetime(2024, 1, 2), None], pa.timestamp("s")),
            "day": pa.array([date(2024, 1, 2), None], pa.date64()),
            "list": pa.array([[1, 2], None], pa.large_list(pa.int16())),
            "fixed": pa.array([["a", "b"], None], pa.list_(pa.string(), 2)),
            "tensor": pa.ExtensionArray.from_storage(
                pa.fixed_shape_tensor(pa.float32(), [2]), pa.array([[1, 2], [3, 4]], pa.list_(pa.float32(), 2))
            ),
        }
    )
    rows = read_rows(to_arrow_body(dict(zip(table.column_names, table.columns, strict=True))), ARROW)
    assert rows.values("half") == [1.5, None]
    assert rows.values("float") == [float(np.float32(0.1)), None]
    assert rows.values("view") == ["a" * 20, None]
    assert rows.values("category") == ["x", "y"]
    assert rows.values("zoned") == ["2024-01-02T03:04:05.678901+00:00", None]
    assert rows.values("local") == ["2024-01-02T00:00:00", None]
    assert rows.values("day") == ["2024-01-02", None]
    assert rows.values("fixed") == [["a", "b"], None]
    assert rows.columns() == {
        "_id": "text",
        "half": "number",
        "float": "number",
        "small": "number",
        "word": "text",
        "view": "text",
        "category": "text",
        "zoned": "timestamp in UTC",
        "local": "timestamp",
        "day": "date",
        "list": "list of number",
        "fixed": "list of text",
        "tensor": "list of number",
    }


# --- what is refused ------------------------------------------------------------------------------------------

_WRONG_JSON = [
    ([{"embedding": [1, 2]}, {"embedding": [1]}], "embedding", "row 2 has 1 dimensions; row 1 has 2"),
    ([{"embedding": [1, 2]}, {"a": 1}], "embedding", "row 2 has no value"),
    ([{"embedding": [1, 2]}, {"embedding": [1, None]}], "embedding", "row 2 has no value in dimension 1"),
    ([{"embedding": [1, 2]}, {"embedding": [1e300, 0]}], "embedding", "row 2 has 1e+300 in dimension 0"),
    ([{"embedding": [1, {"$numberDouble": "NaN"}]}], "embedding", "row 1 has nan in dimension 1"),
    ([{"embedding": [[1], [2]]}], "embedding", "row 1 has 2 vectors, not 1"),
    ([{"embedding": [[[1]]]}], "embedding", "lists in lists in lists"),
    ([{"embedding": [[1]]}, {"embedding": [1]}], "embedding", "row 2 has 1, a number; row 1 has [1], a list"),
    ([{"embedding": []}], "embedding", "row 1 has no numbers"),
    ([{"embedding": [1]}, {"embedding": []}], "embedding", "row 2 has 0 dimensions"),
    ([{"embedding": ["x"]}], "embedding", "row 1 has 'x', which is not a number"),
    ([{"embedding": 5}], "embedding", "row 1 has 5, which is not a list"),
    ([{"embedding": None}], "embedding", "row 1 has no value"),
    ([{"embedding": [True]}], "embedding", "row 1 has True, which is not a number"),
    ([{"embedding_0": 1, "embedding_2": 1}], "embedding_1", "is missing"),
    ([{"embedding_1": 1}], "embedding_0", "is missing"),
    ([{"embedding_0": 1, "embedding_00": 1}], "embedding_1", "is there twice, as embedding_00 too"),
    ([{"embedding_0": 1, "embedding": [1]}], "embedding", "beside embedding_0"),
    ([{"embedding_0": 1}, {"a": 2}], "embedding_0", "row 2 has no value"),
    ([{"embedding_0": "x"}], "embedding_0", "row 1 has 'x', which is not a number"),
    ([{"a": 1}, {"a": None}, {"a": "x"}], "a", "row 3 has 'x', text; row 1 has 1, a number"),
    ([{"a": True}, {"a": 1}], "a", "row 2 has 1, a number; row 1 has True, true or false"),
    ([{"a": [1]}, {"a": [2, "x"]}], "a", "row 2 has 'x', text; row 1 has 1, a number"),
    ([{"a": {"b": 1}}], "a", "row 1 has an object"),
    ([{"a": [{"b": 1}]}], "a", "row 1 has an object"),
    ([{"a": [[1, 2]]}], "a", "flat list"),
    ([{"a": {"$numberLong": "x"}}], "a", "row 1 has {'$numberLong': 'x'}, which is no numberLong"),
    ([{"a": 1}, {"a": 2**64}], "a", "row 2 has 18446744073709551616, which 64 bits cannot hold"),
    ([{"a": -1}, {"a": 2**63}], "a", "row 2 has 9223372036854775808, which 64 bits cannot hold"),
    ([{"a": 0.5}, {"a": 2**53 + 1}], "a", "row 2 has 9007199254740993"),
    ([{"_id": "x", "a": 1}, {"_id": "x", "a": 2}], "_id", "row 2 has 'x', as row 1 has"),
    ([{"_id": "", "a": 1}], "_id", "row 1 has ''"),
    ([{"_id": "x" * 300, "a": 1}], "_id", "row 1 has 'xxx"),
    ([{"_id": 1.5, "a": 1}], "_id", "which is not text"),
    ([{"_hs_error": 5, "a": 1}], "_hs_error", "has 5, which is not text"),
    ([{"_hs_metric_checks": "x", "a": 1}], "_hs_metric_checks", "row 1 has 'x', which is not JSON"),
    ([{"_hs_metric_checks": "[]", "a": 1}], "_hs_metric_checks", "row 1 has '[]', which is not an object"),
    ([{"_hs_metric_checks": {"m": {"value": "x"}}}, {"_hs_metric_checks": {"m": {"value": 1}}}], "m", "row 2 has 1"),
    ([{"": 1}], "body", "column 1 has no name"),
    ([{"a\n": 1}], "body", "is not plain text"),
    ([{"\ud800": 1}], "body", "is not plain text"),
    ([{"a": "\ud800"}], "a", "surrogate"),
    ([{"x" * 600: 1}], "x" * 80, "longer than 512"),
    ([{}], "body", "has no columns"),
    ([], "body", "has no columns"),
    ([1], "body", "row 1 is 1, not an object"),
    ({"a": 1}, "body", "is not an array of row objects"),
    (5, "body", "is not an array of row objects"),
]


@pytest.mark.parametrize(("rows", "field", "problem"), _WRONG_JSON)
def test_wrong_rows_are_refused_with_column_row_and_value(rows: object, field: str, problem: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_rows(json.dumps(rows).encode(), JSON)
    assert caught.value.faults[0].field == field
    assert problem in caught.value.faults[0].problem


@pytest.mark.parametrize(
    ("body", "media_type", "problem"),
    [
        (b"", JSON, "is empty"),
        (b"", CSV, "is empty"),
        (b"\n", CSV, "is empty"),
        (b"a,b\n", CSV, "has no rows"),
        (b"a,b\n1\n", CSV, "has 1 cells instead of 2 in the line '1'"),
        (b"a,a\n1,2\n", CSV, "there are two columns of this name"),
        (b"a,\n1,2\n", CSV, "column 2 has no name"),
        (b"a\n\xff\xfe\n", CSV, "is not UTF-8"),
        (b"\xff\xfea\n", CSV, "is not UTF-8"),
        (b"a\n18446744073709551616\n", CSV, "row 1 has '18446744073709551616', which 64 bits cannot hold"),
        (b"a\n-9223372036854775809\n", CSV, "row 1 has '-9223372036854775809', which 64 bits cannot hold"),
        (b'embedding\n"[1, 2]"\n[1\n', CSV, "row 2 has '[1', which is not a JSON list of numbers"),
        (b"embedding_0\n1\nx\n", CSV, "row 1 has '1', which is not a number"),
        (b'[{"a": NaN}]', JSON, "has NaN, which is not JSON"),
        (b'[{"a": 1e999}]', JSON, "row 1 has a number that 64 bits cannot hold"),
        (b'[{"a": 1, "a": 2}]', JSON, "has the name 'a' twice in one object"),
        (b'[{"a": 1}', JSON, "is not JSON"),
        (b'[{"a": "\xff"}]', JSON, "is not UTF-8"),
        (b"[" * 100_000, JSON, "is not JSON"),
        (b'[{"a": ' + b"9" * 5000 + b"}]", JSON, "is not JSON"),
        (b"PAR1", PARQUET, "is not a whole, undamaged Parquet file"),
        (b"x", ARROW, "is not a whole, undamaged Arrow stream"),
        (to_parquet({"a": [1]})[:-5], PARQUET, "is not a whole, undamaged Parquet file"),
        (to_arrow_body({"a": [1] * 100})[:-100], ARROW, "is not a whole, undamaged Arrow stream"),
        (to_parquet({"a": []}), PARQUET, "has no rows"),
        (to_parquet({}), PARQUET, "has no columns"),
        (to_arrow_body({"a": []}), ARROW, "has no rows"),
        (to_arrow_body({}), ARROW, "has no columns"),
    ],
)
def test_bodies_that_cannot_be_read_are_refused(body: bytes, media_type: str, problem: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_rows(body, media_type)
    assert problem in caught.value.detail


@pytest.mark.parametrize(
    "column",
    [
        pa.array([{"b": 1}]),
        pa.array([b"bytes"]),
        pa.array([[[1]]]),
        pa.array([[{"b": 1}]]),
        pa.array([timedelta(1)]),
        pa.array([[1]], pa.list_view(pa.int64())),
        pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int64())),
    ],
    ids=lambda column: str(column.type)[:30],
)
def test_types_that_rows_do_not_have_are_refused(column: pa.Array) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_rows(to_arrow_body({"a": column}), ARROW)
    assert caught.value.faults[0].field == "a"
    assert "a column is scalars or a flat list of them" in caught.value.detail


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("media_type", [PARQUET, ARROW])
def test_embeddings_that_are_not_finite_are_refused(value: float, media_type: str) -> None:
    columns = {"embedding": pa.array([[0, 1], [2, value]], pa.list_(pa.float32()))}
    with pytest.raises(InvalidInput, match=r"row 2 has -?(nan|inf) in dimension 1") as caught:
        read_rows(WRITERS[media_type](columns), media_type)
    assert caught.value.faults[0].field == "embedding"


def test_two_columns_of_one_name_are_refused() -> None:
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    with pytest.raises(InvalidInput, match="two columns of this name"):
        read_rows(sink.getvalue(), ARROW)


# --- limits ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
def test_too_many_columns(media_type: str) -> None:
    columns = {f"column_{n}": [n] for n in range(limits.COLUMNS_MAX + 1)}
    with pytest.raises(TooLarge, match="10,001 columns; at most 10,000"):
        read_rows(WRITERS[media_type](columns), media_type)


def test_columns_of_an_embedding_count_once() -> None:
    names = [f"embedding_{n}" for n in range(8192)] + [f"c{n}" for n in range(limits.COLUMNS_MAX - 2)]
    rows = read_rows(f"{','.join(names)}\n{','.join(['1'] * len(names))}\n".encode(), CSV)
    assert rows.dimension == 8192
    assert len(rows.names) == limits.COLUMNS_MAX


def test_too_many_dimensions() -> None:
    with pytest.raises(TooLarge, match="8,193 dimensions"):
        read_json({"embedding": [0] * 8193})
    with pytest.raises(TooLarge, match="8,193 dimensions"):
        read_rows(WRITERS[CSV]({f"embedding_{n}": [0] for n in range(8193)}), CSV)


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
def test_too_many_rows(media_type: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("limits", "csv_body"):
        monkeypatch.setattr(f"arangovis.tabular.{module}.ROWS_MAX", 50)
    read_rows(WRITERS[media_type](digits(50)), media_type)
    with pytest.raises(TooLarge, match="at most 50"):
        read_rows(WRITERS[media_type](digits(51)), media_type)


def test_the_true_number_of_rows() -> None:
    with pytest.raises(TooLarge, match="1,000,001 rows; at most 1,000,000"):
        read_table({"a": pa.nulls(1_000_001)})


def test_too_many_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arangovis.tabular.reading.BODY_BYTES_MAX", 10)
    for body in (b"a\n" + b"1\n" * 10, io.BytesIO(b"a\n" + b"1\n" * 10)):
        with pytest.raises(TooLarge, match=r"11 bytes or more|22 bytes or more"):
            read_rows(body, CSV)


def test_a_short_body_that_means_a_large_table() -> None:
    body = json.dumps([{f"c{n}": 1} for n in range(10_000)] + [{}] * 1000).encode()
    with pytest.raises(TooLarge, match="cells"):
        read_rows(body, JSON)


@pytest.mark.parametrize("media_type", [PARQUET, ARROW])
def test_one_long_text_in_many_rows(media_type: str) -> None:
    word = pa.array(["x" * 3_000_000])
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 1000, pa.int32()), word)
    with pytest.raises(TooLarge, match="texts have more than"):
        read_rows(WRITERS[media_type]({"a": column}), media_type)


def test_a_parquet_file_that_unpacks_to_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arangovis.tabular.parquet_body.UNCOMPRESSED_BYTES_MAX", 10_000)
    with pytest.raises(TooLarge, match="unpacks to more than"):
        read_table({"a": [0.5] * 20_000})


def test_an_arrow_stream_that_unpacks_to_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arangovis.tabular.arrow_body.UNCOMPRESSED_BYTES_MAX", 10_000)
    with pytest.raises(TooLarge, match="unpacks to more than"):
        read_rows(to_arrow_body({"a": [0.5] * 20_000}), ARROW)


@pytest.mark.parametrize("compression", ["zstd", "lz4"])
@pytest.mark.parametrize("as_dictionary", [False, True])
def test_a_compressed_arrow_stream_is_measured_before_it_is_unpacked(compression: str, as_dictionary: bool) -> None:
    words = pa.array(["x" * 100_000] * 100)
    column = pa.DictionaryArray.from_arrays(pa.array([0], pa.int32()), words) if as_dictionary else words
    table = pa.table({"a": column})
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression=compression)) as writer:
        writer.write_table(table)
    body = sink.getvalue()
    assert len(body) < 200_000
    assert 10_000_000 < unpacked_bytes(body) < 10_001_000
    assert read_rows(body, ARROW).values("a")[0] == "x" * 100_000


def test_a_compressed_arrow_stream_that_lies_about_its_size() -> None:
    table = pa.table({"a": [0.5] * 20_000})
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as writer:
        writer.write_table(table)
    body = sink.getvalue().replace((160_000).to_bytes(8, "little"), (2**40).to_bytes(8, "little"))
    with pytest.raises(TooLarge, match="unpacks to more than 2,147,483,648 bytes"):
        read_rows(body, ARROW)
    assert unpacked_bytes(to_arrow_body({"a": [0.5] * 20_000})) == 0


def test_too_many_rows_are_refused_before_they_are_unpacked() -> None:
    """A body of a few kilobytes that says it has four million rows does not cost their memory first."""
    table = pa.table({"a": np.zeros(4_000_000)})
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(table)
    body = sink.getvalue()
    frame = body.index(bytes.fromhex("28b52ffd"))  # what follows cannot be unpacked, so whoever tries says so
    broken = body[:frame] + b"\xff" * 64 + body[frame + 64 :]
    with pytest.raises(TooLarge, match="4,000,000 rows"):
        read_rows(broken, ARROW)

    assert len(body) < 100_000
    assert stated_rows(body) == 4_000_000
    assert stated_rows(to_arrow_body({"a": [0.5] * 20_000})) == 20_000
    assert stated_rows(to_arrow_body({"a": []})) == 0
