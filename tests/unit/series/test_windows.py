"""The moving mean against a loop that does what the words say."""

from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_wine

from arangovis.domain.errors import InvalidInput
from arangovis.series.windows import Window, WindowState, windowed

WINE = load_wine()
TABLE = pa.table(
    {
        "step": np.random.default_rng(0).permutation(len(WINE.data)),
        "kind": [WINE.target_names[target] for target in WINE.target],
        "alcohol": WINE.data[:, 0],
        "magnesium": WINE.data[:, 4].astype(np.int64),
        "strong": WINE.data[:, 0] > 13,
    }
)


def reference(table: pa.Table, window: Window) -> list[dict[str, Any]]:
    rows = table.to_pylist()
    if window.order is not None:
        rows.sort(key=lambda row: row[window.order])
    lines: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows:
        lines.setdefault(tuple(row[name] for name in window.group), []).append(row)
    answer = []
    for line in lines.values():
        for end in range(window.stride, len(line) + 1, window.stride):
            frame = line[max(0, end - window.size) : end]
            answer.append({name: _reference_value(frame, name, window) for name in table.column_names})
    return answer


def _reference_value(frame: list[dict[str, Any]], name: str, window: Window) -> Any:
    values = [row[name] for row in frame]
    if name in window.group or isinstance(values[0], bool | str):
        return values[0]
    return float(np.mean(np.array(values, dtype=np.float64)))


def in_order(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return sorted((tuple(row.values()) for row in rows), key=repr)


def assert_alike(found: pa.Table, wanted: list[dict[str, Any]]) -> None:
    assert found.num_rows == len(wanted)
    for name in found.column_names:
        ours, theirs = found[name].to_pylist(), [row[name] for row in wanted]
        if pa.types.is_floating(found.schema.field(name).type):
            np.testing.assert_allclose(ours, theirs, rtol=1e-12)
        else:
            assert ours == theirs


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50, 178, 1000])
@pytest.mark.parametrize("stride", [1, 2, 5, 300])
@pytest.mark.parametrize("order", [None, "step"])
def test_the_mean_of_exactly_so_many_rows(size: int, stride: int, order: str | None) -> None:
    window = Window(size, stride, order=order)
    assert_alike(windowed(TABLE, window).table, reference(TABLE, window))


def test_groups_are_windows_of_their_own() -> None:
    window = Window(5, 2, ("kind",), "step")
    found, wanted = windowed(TABLE, window).table, reference(TABLE, window)
    assert found["kind"].to_pylist().count("class_1") == 71 // 2
    by_kind = sorted(range(len(wanted)), key=lambda place: list(WINE.target_names).index(wanted[place]["kind"]))
    order = np.argsort([list(WINE.target_names).index(kind) for kind in found["kind"].to_pylist()], kind="stable")
    assert_alike(found.take(order), [wanted[place] for place in by_kind])


@given(cuts=st.lists(st.integers(0, 178), max_size=12), size=st.integers(1, 60), stride=st.integers(1, 20))
def test_many_polls_give_what_one_gives(cuts: list[int], size: int, stride: int) -> None:
    table = TABLE.sort_by("step")
    for window in (Window(size, stride), Window(size, stride, ("kind",), "step")):
        state, parts = WindowState(), []
        edges = [0, *sorted(cuts), table.num_rows]
        for begin, end in pairwise(edges):
            answer = windowed(table.slice(begin, end - begin), window, state)
            assert not answer.late
            state = answer.state
            parts += answer.table.to_pylist()
        assert in_order(parts) == in_order(windowed(table, window).table.to_pylist())  # to the last bit


def test_what_is_kept_is_bounded_by_the_window() -> None:
    state = WindowState()
    for _ in range(50):
        state = windowed(TABLE, Window(10), state).state
    assert state.groups[()].tail.num_rows < 20
    assert state.groups[()].rows == 50 * 178
    assert state.bytes < 5000


def test_a_late_row_is_said_so() -> None:
    early, late = TABLE.sort_by("step").slice(0, 100), TABLE.sort_by("step").slice(50, 10)
    window = Window(3, order="step")
    state = windowed(early, window).state
    assert windowed(late, window, state).late
    assert not windowed(late, Window(3), windowed(early, Window(3)).state).late
    tie = TABLE.sort_by("step").slice(99, 3)
    assert not windowed(tie, window, state).late
    assert windowed(tie, window, state, ties_are_late=True).late
    assert not windowed(TABLE.sort_by("step").slice(100, 3), window, state, ties_are_late=True).late


def test_nan_spoils_its_windows_and_no_other() -> None:
    values = np.arange(20.0)
    values[7], values[15] = np.nan, np.inf
    means = windowed(pa.table({"v": values}), Window(3)).table["v"].to_numpy()
    assert np.flatnonzero(np.isnan(means)).tolist() == [7, 8, 9]
    assert np.flatnonzero(np.isinf(means)).tolist() == [15, 16, 17]
    assert means[19] == 18.0


def test_times_are_averaged_to_times() -> None:
    moments = pa.array([0, 1_000_000, 5_000_000], pa.timestamp("us", "UTC"))
    found = windowed(pa.table({"at": moments}), Window(2)).table["at"]
    assert found.type == pa.timestamp("us", "UTC")
    assert found.cast(pa.int64()).to_pylist() == [0, 500_000, 3_000_000]


def test_no_rows_give_no_means_of_the_same_kinds() -> None:
    empty = windowed(TABLE.slice(0, 0), Window(3)).table
    assert empty.num_rows == 0
    assert empty.schema.equals(windowed(TABLE, Window(3)).table.schema)


def test_rows_without_a_number_are_one_group() -> None:
    table = pa.table({"g": [float("nan"), 1.0, float("nan")], "v": [1.0, 10.0, 3.0]})
    first = windowed(table, Window(2, group=("g",)))
    assert sorted(first.table["v"].to_pylist()) == [1.0, 2.0, 10.0]
    second = windowed(table.slice(0, 1), Window(2, group=("g",)), first.state)
    assert second.table["v"].to_pylist() == [2.0]


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: Window(0), "window"),
        (lambda: Window(2, 0), "stride"),
        (lambda: windowed(TABLE, Window(2, group=("colour",))), "group"),
        (lambda: windowed(TABLE, Window(2, order="time")), "order"),
    ],
)
def test_what_cannot_be(make, field) -> None:
    with pytest.raises(InvalidInput) as caught:
        make()
    assert caught.value.faults[0].field == field
