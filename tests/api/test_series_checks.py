"""What logging promises, from the logger to the table that comes back, on every store.

The numbers are those of `docs/reference/series.md`, which says where each promise is tested besides.
"""

import importlib
import math
import random
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from sklearn.datasets import load_wine

import arangovis as av
from arangovis.client.active_run import ActiveRun
from arangovis.client.client import Client
from arangovis.client.local import LocalBackend
from arangovis.client.outbox import LoggingWarning
from arangovis.domain.errors import AlreadyExists, Conflict, InUse, InvalidInput, NotFound, RunGone
from arangovis.wiring import Arangovis

KINDS = ("int", "float", "text", "bool", "timestamp")
WINE = load_wine().data
Begin = Callable[..., ActiveRun]


@pytest.fixture
def sdk(service: Arangovis) -> Client:
    client = Client(LocalBackend(service, "ada"))
    client.register_project("p")
    return client


@pytest.fixture
def begin(sdk: Client) -> Begin:
    """Return what begins a run in the project."""

    def begun(**options: Any) -> ActiveRun:
        return av.run("p", client=sdk, **{"capture": False, "within_s": None, "strict": True, **options})

    return begun


def stored(sdk: Client, run: ActiveRun, *fields: str) -> dict[str, list[Any]]:
    """Return what came of a run, as lists by field."""
    found = sdk.series(run.id, fields=fields).table.to_pydict()
    return {field: found[field] for field in fields}


# --- fields and series (1 to 3) -----------------------------------------------------------------------------------


def test_01_a_field_of_every_kind_and_each_mistake_has_its_error(sdk: Client) -> None:
    made = {kind: sdk.create_field("p", f"a {kind}", kind) for kind in KINDS}
    assert [(field.node.kind, str(field.kind)) for field in made.values()] == [("field", kind) for kind in KINDS]
    assert {field.node for field in sdk.fields("p")} == {field.node for field in made.values()}
    assert sdk.create_field("p", "also text", "string").kind == "text"
    with pytest.raises(AlreadyExists, match="a int"):
        sdk.create_field("p", "a int", "float")
    with pytest.raises(InvalidInput, match="kind"):
        sdk.create_field("p", "b", "vector")
    with pytest.raises(InvalidInput, match="name"):
        sdk.create_field("p", "", "int")


def test_02_a_series_is_a_fixed_set_of_fields(sdk: Client, begin: Begin) -> None:
    for name in ("a", "b", "c"):
        sdk.create_field("p", name, "int")
    with pytest.raises(InvalidInput) as unknown:
        sdk.create_series("p", "s", ["a", "x", "y"])
    assert [fault.field for fault in unknown.value.faults] == ["x", "y"]
    series = sdk.create_series("p", "s", ["a", "b"])
    with pytest.raises(AlreadyExists):
        sdk.create_series("p", "s", ["a", "b", "c"])
    with begin() as run:
        run.write("s", a=1, b=2)
    with pytest.raises(InUse):
        sdk.delete_series(series)
    empty = sdk.create_series("p", "empty", ["c"])
    sdk.delete_series(empty)
    with pytest.raises(NotFound):
        sdk.delete_series(empty)


def test_02_eight_first_writers_make_one_implicit_series(sdk: Client, begin: Begin) -> None:
    ready, failures = threading.Barrier(8), []

    def write(number: int) -> None:
        try:
            with begin() as run:
                ready.wait(30)
                run.write(x=number, y=0.5)
        except Exception as error:
            failures.append(error)

    writers = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert failures == []
    assert [[field.name for field in series.fields] for series in sdk.series_list("p")] == [["x", "y"]]


def test_03_a_renamed_field_keeps_data_and_filters(sdk: Client, begin: Begin) -> None:
    with begin() as run:
        run.write(alcohol=WINE[:, 0], ash=WINE[:, 2])
    (field,) = (field for field in sdk.fields("p") if field.name == "alcohol")
    sdk.change_field(field, name="strength", description="of the wine")
    strong = sdk.series(run.id, fields=["strength"], filter="strength > 14").columns["strength"]
    assert strong.tolist() == WINE[WINE[:, 0] > 14, 0].tolist()
    with pytest.raises(Conflict):
        sdk.change_field(field, kind="int")


# --- what is refused (4 to 6) -------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", [{"a": 1}, {"a": 1, "b": 2, "c": 3}, {"a": 1, "b": None}])
def test_04_a_write_with_other_fields_or_none_stores_nothing(sdk: Client, begin: Begin, wrong: dict[str, Any]) -> None:
    with begin() as run:
        run.define("s", {"a": "int", "b": "int"})
        with pytest.raises(InvalidInput):
            run.write("s", **wrong)
        run.write("s", a=7, b=8)
    assert sdk.series(run.id, "s").table.to_pylist() == [{"a": 7, "b": 8}]


def test_04_the_service_refuses_them_too(sdk: Client, begin: Begin) -> None:
    sdk.create_field("p", "a", "int")
    sdk.create_series("p", "s", ["a"])
    for wrong in ({"b": 2}, {"a": 1, "b": 2}):
        run = begin(strict=False)
        run.write("s", **wrong)
        assert run.flush(60)
        with pytest.warns(LoggingWarning):
            run.write("s", **wrong)
        with pytest.warns(LoggingWarning):
            run.finish()
        assert sdk.run_series(run.id).series == ()


def test_05_hand_made_chunks_that_are_wrong_are_refused_whole(sdk: Client, begin: Begin) -> None:
    run = begin()
    run.log({"a": 1})
    assert run.flush(60)
    twice = pa.RecordBatch.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    wrong = [
        ({"a": [1, 2, 3], "b": [1, 2, 3, 4, 5]}, ""),
        ({"a": [1], "unheard": [2]}, "&strict=true"),
        ({"a": ["text"], "c": [1]}, ""),
        (twice, ""),
    ]
    for number, (columns, query) in enumerate(wrong):
        path = f"/api/v1/runs/{run.key}/chunks?logger=hand&sequence={number}{query}"
        body, media_type = _body(columns)
        answer = sdk.backend.api().send("POST", path, body=body, headers={"Content-Type": media_type})
        assert answer.status == 400, answer.body
    assert [(series.rows, len(series.loggers)) for series in sdk.run_series(run.id).series] == [(1, 1)]
    assert {field.name for field in sdk.fields("p")} == {"a", "step"}
    run.finish()


def _body(columns: Any) -> tuple[bytes, str]:
    import orjson

    if isinstance(columns, dict):
        return orjson.dumps({"columns": columns}), "application/json"
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, columns.schema) as writer:
        writer.write_batch(columns)
    return sink.getvalue().to_pybytes(), "application/vnd.apache.arrow.stream"


def test_06_kinds_are_kept_or_refused(sdk: Client, begin: Begin) -> None:
    now = datetime(2026, 11, 21, 12, 0, 0, 123_456, tzinfo=UTC)
    with begin() as run:
        run.log({"whole": 2**31 + 5, "part": 0.5, "yes": True, "at": now, "unix": 1_763_726_400.123})
        run.log({"whole": 2**40, "part": 3, "yes": False, "at": now, "unix": 1_763_726_400.124})
        run.write(small=np.array([5, 2], np.uint8), short=np.array([5, -2], np.int16))
        for wrong in ({"whole": 0.5}, {"whole": True}, {"part": True}, {"yes": 1}, {"whole": 2**63}):
            with pytest.raises(InvalidInput, match=next(iter(wrong))):
                run.write(**wrong)
    assert stored(sdk, run, "whole", "part", "yes", "at", "unix") == {
        "whole": [2**31 + 5, 2**40],
        "part": [0.5, 3.0],
        "yes": [True, False],
        "at": [now, now],
        "unix": [1_763_726_400.123, 1_763_726_400.124],
    }
    assert stored(sdk, run, "small", "short") == {"small": [5, 2], "short": [5, -2]}


# --- arrays (7 to 11) ---------------------------------------------------------------------------------------------


def test_07_shapes_are_broadcast_in_c_order(sdk: Client, begin: Begin) -> None:
    loss, idx = WINE[:4, :3], np.arange(3)
    with begin() as run:
        assert run.write(step=7, loss=loss, idx=idx) == 12
        with pytest.raises(InvalidInput, match=r"(?s)a.*\(3,\).*b.*\(4,\)"):
            run.write(a=np.zeros(3), b=np.zeros(4))
        assert run.write(step=8, loss=np.zeros((0, 3)), idx=idx) == 0
    assert stored(sdk, run, "step", "loss", "idx") == {
        "step": [7] * 12,
        "loss": loss.reshape(-1).tolist(),
        "idx": [0, 1, 2] * 4,
    }


def test_08_containers_give_equal_values(sdk: Client, begin: Begin) -> None:
    numbers = [0.5, -2.0, 1024.0]  # exact in every width
    forms: list[Any] = [numbers, tuple(numbers), np.array(numbers), np.array(numbers, np.float32), pa.array(numbers)]
    torch = importlib.import_module("torch")
    forms += [torch.tensor(numbers), torch.tensor(numbers, dtype=torch.bfloat16), torch.tensor(numbers).double()]
    with begin() as run:
        for form in forms:
            run.write(x=form)
        for number in numbers:
            run.write(x=number)
    assert stored(sdk, run, "x") == {"x": numbers * (len(forms) + 1)}


def test_09_a_buffer_that_is_used_again_changes_nothing(sdk: Client, begin: Begin) -> None:
    buffer = np.zeros(3)
    with begin() as run:
        for value in range(2):
            buffer[:] = value
            run.write(x=buffer)
        buffer[:] = 9
    assert stored(sdk, run, "x") == {"x": [0, 0, 0, 1, 1, 1]}


def test_10_a_single_step_and_then_many_both_arrive(sdk: Client, begin: Begin) -> None:
    with begin() as run:
        run.write(step=1, loss=WINE[:3, 0])
        run.write(step=[2, 3, 4], loss=WINE[:3, 1])
    assert stored(sdk, run, "step", "loss") == {"step": [1, 1, 1, 2, 3, 4], "loss": WINE[:3, :2].T.reshape(-1).tolist()}


def test_11_what_is_not_finite_is_stored_exactly_and_no_extreme(sdk: Client, begin: Begin) -> None:
    with begin() as run:
        run.write(x=[1.0, math.nan, math.inf, -math.inf, 2.0])
    assert list(map(str, stored(sdk, run, "x")["x"])) == ["1.0", "nan", "inf", "-inf", "2.0"]
    (field,) = sdk.run_series(run.id).series[0].fields
    assert (field.count, field.nans) == (4, 1)


# --- life (12, 14, 15) --------------------------------------------------------------------------------------------


def test_12_when_it_stopped_all_is_there_and_again_is_harmless(sdk: Client) -> None:
    log = av.DataLogger("p", client=sdk, flush_every=3600, capture=False, within_s=None)
    log.start()
    log.write(x=[1, 2])
    assert log.stop()
    assert log.stop()
    assert stored(sdk, log.active_run, "x") == {"x": [1, 2]}


def test_14_a_replaced_run_is_another_line_under_the_same_handle(sdk: Client, begin: Begin) -> None:
    with begin(tags=["shown"]) as run:
        run.log({"x": 1})
        run.flush(60)
        sdk.set_attributes(run.id, {"lr": 0.1}, create=True)
    view: dict[str, Any] = {"runs": {"tags_any": ["shown"]}, "fields": ["x"]}
    seen = sdk.series_of(**view)
    before = sdk.node(run.id).attributes
    with begin(run=run.key, mode="replace", tags=["shown"]) as again:  # within the same second
        again.log({"x": 2})
    news = sdk.series_of(**view, token=seen.token)
    assert [(part.run, part.restart, part.columns["x"].tolist()) for part in news.runs] == [(run.id, True, [2])]
    after = sdk.node(run.id).attributes
    assert after["started"] > before["started"]  # type: ignore[operator]
    assert dict(sdk.attributes(run.id)) == {}


def test_15_a_deleted_run_is_gone_and_takes_nothing_more(sdk: Client, begin: Begin) -> None:
    run = begin(tags=["shown"])
    run.log({"x": 1})
    assert run.flush(60)
    view: dict[str, Any] = {"runs": {"tags_any": ["shown"]}, "fields": ["x"]}
    seen = sdk.series_of(**view)
    sdk.delete_run(run.id, force=True)
    news = sdk.series_of(**view, token=seen.token)
    assert (news.gone, news.of_runs) == ((run.id,), 0)
    assert sdk.find_runs(tags_any=["shown"]).runs == 0
    run.log({"x": 2})
    with pytest.raises(RunGone):
        run.finish()


# --- reading (17, 19) ---------------------------------------------------------------------------------------------


def test_17_searches_are_those_of_a_loop(sdk: Client) -> None:
    rng = random.Random(17)
    runs: dict[av.NodeId, dict[str, Any]] = {}
    for _ in range(60):
        facts: dict[str, Any] = {"tags": rng.sample("abcd", rng.randint(0, 3)), "n": rng.randint(0, 3)}
        facts["lr"] = rng.choice([None, 0.1, 0.5, 1])
        params = {name: facts[name] for name in ("lr", "n") if facts[name] is not None}
        runs[sdk.log_run(av.LoggedRun("script", project="p", tags=tuple(facts["tags"]), params=params))] = facts
    for _ in range(30):
        some, none = rng.sample("abcd", rng.randint(0, 2)), rng.sample("abcd", rng.randint(0, 1))
        least, values, missing = rng.choice([None, 0.5]), rng.sample(range(4), 2), rng.random() < 0.5
        lr = {"include_missing": missing} if least is None else {"minimum": least, "include_missing": missing}
        attributes = {"params.lr": lr, "params.n": values}
        found = sdk.find_runs(project="p", tags_any=some, tags_none=none, attributes=attributes, limit=100)
        wanted = {
            run
            for run, facts in runs.items()
            if (not some or set(some) & set(facts["tags"])) and not set(none) & set(facts["tags"])
            if (missing if facts["lr"] is None else least is None or facts["lr"] >= least) and facts["n"] in values
        }
        assert ({node.id for node in found.items}, found.runs) == (wanted, len(wanted))


def test_19_means_over_many_polls_are_those_of_numpy(sdk: Client, begin: Begin) -> None:
    values, size, stride = WINE[:, 0], 4, 3
    wish: dict[str, Any] = {"fields": ["step", "alcohol"], "window": size, "stride": stride, "order": "step"}
    run = begin()
    polled: list[float] = []
    cursor: str | None = None
    for first in range(0, len(values), 25):
        part = values[first : first + 25]
        run.write(step=np.arange(first, first + len(part)), alcohol=part)
        assert run.flush(60)
        answer = sdk.series(run.id, since=cursor, **wish)
        polled = ([] if answer.restart else polled) + answer.columns["alcohol"].tolist()
        cursor = answer.cursor
    run.finish()
    once = sdk.series(run.id, **wish).columns["alcohol"]
    means = [values[max(0, end - size + 1) : end + 1].mean() for end in range(len(values))]
    assert polled == once.tolist()
    assert np.allclose(once, means[stride - 1 :: stride], rtol=1e-13)


def test_19_thinned_out_the_extremes_stay_and_it_says_of_how_many(sdk: Client, begin: Begin) -> None:
    walk = np.cumsum(np.resize(WINE[:, 0] - WINE[:, 0].mean(), 5000))
    with begin() as run:
        run.write(step=np.arange(5000), walk=walk)
    rows = sdk.series(run.id, fields=["step", "walk"], decimate=200, x="step")
    assert (rows.of_points, rows.rows <= 200) == (5000, True)
    assert (rows.columns["walk"].min(), rows.columns["walk"].max()) == (walk.min(), walk.max())
