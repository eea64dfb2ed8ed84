import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer, load_digits

from arangovis.domain.errors import InvalidInput
from arangovis.series.decimation import POINTS_MIN, Decimation, decimate

PIXELS = load_digits().data.reshape(-1)
"""115,008 grey values of handwritten digits: a line with many peaks."""


def line(values: np.ndarray) -> pa.Table:
    return pa.table({"step": np.arange(len(values)), "value": values})


def test_a_short_line_stays_as_it_is() -> None:
    table = line(PIXELS[:100])
    answer = decimate(table, Decimation(100, "step"))
    assert answer.table.equals(table)
    assert answer.of_points == 100


def test_the_extremes_of_every_column_stay() -> None:
    data = load_breast_cancer()
    columns = {name: data.data[:, place] for place, name in enumerate(data.feature_names)}
    table = pa.table({"step": np.arange(len(data.data)), **columns})
    answer = decimate(table, Decimation(200, "step"))
    assert answer.of_points == 569
    assert answer.table.num_rows <= 200
    for name, values in columns.items():
        kept = answer.table[name].to_numpy()
        assert (kept.min(), kept.max()) == (values.min(), values.max())


def test_rows_are_kept_whole_and_in_order() -> None:
    values = np.random.default_rng(0).permutation(PIXELS)
    steps = np.random.default_rng(1).permutation(len(values))
    table = pa.table({"step": steps, "value": values, "word": [f"w{step}" for step in steps]})
    kept = decimate(table, Decimation(2000, "step")).table
    assert kept.num_rows <= 2000
    at = kept["step"].to_numpy()
    assert (np.diff(at) > 0).all()
    assert kept["word"].to_pylist() == [f"w{step}" for step in at]
    by_step = dict(zip(steps.tolist(), values.tolist(), strict=True))
    assert kept["value"].to_pylist() == [by_step[step] for step in at.tolist()]


def test_each_stretch_keeps_its_peak() -> None:
    values = np.zeros(100_000, dtype=np.float32)
    values[1234::5000] = np.arange(1, 21)
    kept = decimate(line(values), Decimation(2000, "step")).table
    peaks = kept.filter(pa.array(kept["value"].to_numpy() > 0))
    assert peaks["step"].to_pylist() == list(range(1234, 100_000, 5000))


def test_a_gap_stays_a_gap() -> None:
    values = PIXELS[:50_000].copy()
    values[20_000:20_010] = np.nan
    values[30_000] = np.inf
    kept = decimate(line(values), Decimation(1000, "step")).table
    finite = np.isfinite(kept["value"].to_numpy())
    gaps = kept["step"].to_numpy()[~finite]
    assert gaps.tolist() == [20_000, 30_000]
    assert kept["value"].to_numpy()[finite].max() == 16.0


def test_times_and_whole_numbers_have_extremes_too() -> None:
    moments = np.arange(10_000).astype("datetime64[us]")
    huge = np.full(10_000, 2**60, dtype=np.int64)
    huge[7777] += 1
    kept = decimate(pa.table({"at": moments, "count": huge}), Decimation(100, "at")).table
    assert 2**60 + 1 in kept["count"].to_pylist()
    assert kept["at"].to_numpy()[0] == moments[0]
    assert kept["at"].to_numpy()[-1] == moments[-1]


def test_every_line_of_a_group_keeps_its_ends() -> None:
    rank = np.repeat(np.arange(4), 10_000)
    steps = np.tile(np.arange(10_000), 4)
    table = pa.table({"rank": rank, "step": steps, "value": PIXELS[:40_000]})
    kept = decimate(table, Decimation(400, "step", ("rank",))).table
    assert kept.num_rows <= 400
    for number in range(4):
        found = kept.filter(pa.array(kept["rank"].to_numpy() == number))
        assert (found["step"][0].as_py(), found["step"][-1].as_py()) == (0, 9999)
        assert found["value"].to_numpy().max() == PIXELS[:40_000][rank == number].max()


def test_many_lines_keep_one_stretch_each() -> None:
    table = pa.table({"rank": np.arange(1000) % 100, "step": np.arange(1000), "value": PIXELS[:1000]})
    kept = decimate(table, Decimation(POINTS_MIN, "step", ("rank",))).table
    assert len(set(kept["rank"].to_pylist())) == 100
    assert kept.num_rows <= 400


def test_only_texts_can_be_thinned_out() -> None:
    kept = decimate(pa.table({"word": [str(number) for number in range(100)]}), Decimation(10)).table
    assert kept["word"].to_pylist() == ["0", "99"]


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        (lambda: Decimation(3), "decimate"),
        (lambda: Decimation(10, "nothing"), "x"),
        (lambda: Decimation(10, None, ("a", "b")), "group"),
    ],
)
def test_what_cannot_be(asked, field) -> None:
    with pytest.raises(InvalidInput) as caught:
        decimate(line(PIXELS), asked())
    assert caught.value.faults[0].field == field


NUMBERS = st.floats(allow_nan=True, allow_infinity=True, width=32)


@given(values=st.lists(NUMBERS, max_size=300), points=st.integers(POINTS_MIN, 400))
def test_never_more_than_asked_and_never_without_the_extremes(values: list[float], points: int) -> None:
    array = np.array(values, dtype=np.float32)
    answer = decimate(line(array), Decimation(points, "step"))
    kept = answer.table["value"].to_numpy()
    assert answer.of_points == len(values)
    assert len(kept) <= max(points, 5)  # the ends, both extremes and a gap: one stretch
    finite = array[np.isfinite(array)]
    if len(finite):
        assert kept[np.isfinite(kept)].min() == finite.min()
        assert kept[np.isfinite(kept)].max() == finite.max()
    assert np.isfinite(kept).all() == np.isfinite(array).all()
