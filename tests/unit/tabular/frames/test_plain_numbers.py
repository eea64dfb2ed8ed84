"""The compiled reader of plain numbers: it gives what the general reader gives, or declines."""

import io
import os
import threading

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from arangovis.tabular.frames import limits, plain_numbers
from arangovis.tabular.frames.blocks import Block
from arangovis.tabular.frames.csv_reading import _Reader
from arangovis.tabular.frames.guessing import guess
from arangovis.tabular.frames.parsing import parse_tables
from arangovis.tabular.frames.plain_numbers import COMPILED, PlainReader, Scan, plain_reader
from arangovis.tabular.frames.types import MISSING_WORDS, ColumnKind, ColumnType, Dialect, ParsedFrame, ParseSetup

READY_WITHIN_S = 240.0
REAL, INTEGER = ColumnKind.REAL, ColumnKind.INTEGER


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Scan:
    """Return the loop, compiled for these tests alone."""
    pytest.importorskip("numba")
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(os.environ, COMPILED, str(tmp_path_factory.mktemp("compiled")))
        compiler = plain_numbers._Compiler()
        found = compiler.wait(READY_WITHIN_S)
    assert found is not None
    return found


def setup_of(*kinds: ColumnKind, separator: str = ",", header: bool = False) -> ParseSetup:
    columns = tuple(ColumnType(f"c{place}", kind, MISSING_WORDS) for place, kind in enumerate(kinds))
    return ParseSetup(columns, dialect=Dialect(separator, header=header))


def block_of(data: bytes) -> Block:
    return Block(data, 1, data.count(b"\n"))


def read(loop: Scan, data: bytes, *kinds: ColumnKind, separator: str = ",") -> list[list[float | None]] | None:
    found = PlainReader(setup_of(*kinds, separator=separator), loop).read(block_of(data))
    return None if found is None else [column.to_pylist() for column in found]


@pytest.mark.parametrize(
    ("data", "kinds", "wanted"),
    [
        (b"1,2\n3,4\n", (REAL, REAL), [[1.0, 3.0], [2.0, 4.0]]),
        (b"1,2\n3,4", (INTEGER, INTEGER), [[1, 3], [2, 4]]),
        (b"0.5,-0.25\r\n1e-05,-1.5E+3\r\n", (REAL, REAL), [[0.5, 1e-05], [-0.25, -1500.0]]),
        (b",1\n2,\n", (REAL, INTEGER), [[None, 2.0], [1, None]]),
        (b"9007199254740992,9007199254740992\n", (REAL, INTEGER), [[9007199254740992.0], [9007199254740992]]),
        (b"0.000001,1e22\n", (REAL, REAL), [[1e-06], [1e22]]),
        (b"7\n", (INTEGER,), [[7]]),
        (b"1.5,\r", (REAL, REAL), [[1.5], [None]]),
    ],
)
def test_plain_numbers_are_read(
    loop: Scan, data: bytes, kinds: tuple[ColumnKind, ...], wanted: list[list[float | None]]
) -> None:
    assert read(loop, data, *kinds) == wanted


@pytest.mark.parametrize(
    "cell",
    [
        *("NA", "x", "007", "-01", "+1", "1.", ".5", "-", "--1", "1e", "1e+", "1e400", "1e-400", "1e0001", "1.5.2"),
        *("0x1F", "inf", "nan", "$5", "10%", " 1", "1 ", '"1"', "1,5", "1;5", "1e23", "1.5e-300", "1_0"),
        *("9007199254740993", "1234567890123456789", "0.1234567890123456789", "12345678901234567890123456789", "1-2"),
    ],
)
def test_anything_else_is_declined(loop: Scan, cell: str) -> None:
    assert read(loop, f"1.5,2.5\n{cell},2.5\n".encode(), REAL, REAL) is None
    assert read(loop, f"1.5,2.5\n1.5,{cell}".encode(), REAL, REAL) is None


@pytest.mark.parametrize("cell", ["1.5", "1e3", "1.0"])
def test_a_column_of_whole_numbers_declines_others(loop: Scan, cell: str) -> None:
    assert read(loop, f"{cell},1.5\n".encode(), REAL, REAL) is not None
    assert read(loop, f"{cell},1.5\n".encode(), INTEGER, REAL) is None


@pytest.mark.parametrize("data", [b"1,2\n\n3,4\n", b"1\n", b"1,2,3\n", b"#1,2\n", b"1,2\n3\n", b"1,2\r3,4\r", b"\n"])
def test_records_of_another_width_are_declined(loop: Scan, data: bytes) -> None:
    assert read(loop, data, REAL, REAL) is None


def test_a_blank_line_is_no_missing_number(loop: Scan) -> None:
    assert read(loop, b"1\n\n2\n", REAL) is None


def test_blank_lines_take_no_memory_for_the_numbers_they_do_not_have(loop: Scan) -> None:
    assert read(loop, b"\n" * (1 << 22), *[REAL] * 10_000) is None  # which would be 300 GB


NUMBERS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(lambda number: f"{number:.6g}"),
    st.floats(-1e6, 1e6).map(repr),
    st.integers(-(2**60), 2**60).map(str),
    st.text("0123456789+-.eE", max_size=8),
)


@given(st.lists(NUMBERS, min_size=1, max_size=12), st.sampled_from([INTEGER, REAL]), st.sampled_from(["\n", "\r\n"]))
@example(["0.30000000000000004", "1e-05"], REAL, "\n")
@example(["-0", "0"], INTEGER, "\n")
@example(["-0", "0.1"], REAL, "\n")
def test_what_is_not_declined_is_what_the_general_reader_reads(
    loop: Scan, cells: list[str], kind: ColumnKind, ending: str
) -> None:
    setup = setup_of(kind, REAL)
    block = block_of("".join(f"{cell},0.5{ending}" for cell in cells).encode())
    found = PlainReader(setup, loop).read(block)
    if found is None:
        return
    general = _Reader(setup).read(block)
    assert general.kinds == (kind, REAL)
    assert not general.faults
    for quick, slow in zip(found, general.columns, strict=True):
        assert quick.type == slow.type
        assert quick.null_count == slow.null_count
        assert [repr(value) for value in quick.to_pylist()] == [repr(value) for value in slow.to_pylist()]


@given(st.binary(max_size=80) | st.text("0123456789,.-e\n\r", max_size=80).map(str.encode))
def test_no_bytes_lead_it_astray(loop: Scan, data: bytes) -> None:
    found = PlainReader(setup_of(REAL, INTEGER, REAL), loop).read(block_of(data))
    assert found is None or {len(column) for column in found} == {len(data.splitlines())}


def parsed(data: bytes, setup: ParseSetup) -> tuple[ParsedFrame, pa.Table]:
    tables: list[pa.Table] = []
    found = parse_tables(io.BytesIO(data), setup, tables.append)
    return found, pa.concat_tables(tables)


def digits_as_csv(*, odd: dict[int, str]) -> bytes:
    """Return scikit-learn's digits as CSV of means and counts, with some rows written otherwise."""
    from sklearn.datasets import load_digits

    lines = [f"{int(row.sum())},{row.mean():.6g},{row.std():.6g}" for row in load_digits().data]
    lines = [odd.get(place, line) for place, line in enumerate(lines)]
    return "\n".join(["sum,mean,deviation", *lines, ""]).encode()


@pytest.mark.parametrize(
    "odd",
    [{}, {0: "NA,1.5,2"}, {900: "1.5,x,2"}, {1700: "1.5,2.5,3.5"}, {5: "", 1000: '7,"1.5",2'}, {1796: "1,2"}],
    ids=["plain", "missing", "unreadable", "widened", "blank", "short"],
)
def test_a_file_is_read_alike_whichever_reader_takes_its_blocks(
    loop: Scan, odd: dict[int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = digits_as_csv(odd=odd)
    monkeypatch.setattr(limits, "BLOCK_BYTES", 4096)
    setup = guess(digits_as_csv(odd={}))
    assert [column.kind for column in setup.columns] == [INTEGER, REAL, REAL]
    general = parsed(data, setup)
    monkeypatch.setattr(plain_numbers, "WORTH_BYTES", 0)
    monkeypatch.setattr(plain_numbers, "compiled", lambda: loop)
    assert plain_reader(setup, len(data)) is not None
    quick = parsed(data, setup)
    assert quick[0] == general[0]
    assert quick[1].equals(general[1])


def test_files_that_cannot_be_plain_are_left_to_the_general_reader(loop: Scan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain_numbers, "compiled", lambda: loop)
    large = plain_numbers.WORTH_BYTES
    assert plain_reader(setup_of(REAL, INTEGER), large) is not None
    assert plain_reader(setup_of(REAL, INTEGER), None) is not None
    assert plain_reader(setup_of(REAL, INTEGER), large - 1) is None
    assert plain_reader(setup_of(REAL, ColumnKind.TEXT), large) is None
    assert plain_reader(setup_of(REAL, REAL, separator="-"), large) is None
    coded = ParseSetup((ColumnType("a", REAL, ("-999",)),))
    assert plain_reader(coded, large) is None


def test_nothing_is_compiled_where_no_place_for_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(COMPILED, raising=False)
    before = threading.active_count()
    assert plain_numbers._Compiler().wait(READY_WITHIN_S) is None
    assert threading.active_count() == before
