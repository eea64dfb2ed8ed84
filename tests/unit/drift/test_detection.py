"""Shift is found where there is one, whatever the sizes, and not where there is none."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from arangovis.domain.errors import InvalidInput, NoData, NotSupported
from arangovis.drift.detection import detect, report_facts
from arangovis.drift.values import DriftOptions, DriftReport
from arangovis.tabular.frame_columns import NUMERIC, PlainColumn
from tests.unit.drift.photos import pixels, table, texts

NO_SHIFT = (0.45, 0.55)


def shuffled(seed: int = 0, rows: int = 4000) -> npt.NDArray[np.float64]:
    return np.random.default_rng(seed).permutation(pixels())[:rows]


def split(share: float, seed: int = 0) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    rows = shuffled(seed, 15_000 if share > 0.95 else 4000)  # so that one in a hundred are some
    count = int(len(rows) * share)
    return rows[:count], rows[count:]


def compared(
    left: npt.NDArray[np.float64], right: npt.NDArray[np.float64], options: DriftOptions | None = None
) -> DriftReport:
    return detect(table(left), table(right), options)


@pytest.mark.parametrize("share", [0.5, 0.95, 0.99])
def test_parts_of_one_table_show_no_shift_whatever_their_sizes(share: float) -> None:
    areas = [compared(*split(share, seed), DriftOptions(seed=seed, rows_max=3000)) for seed in range(3)]
    assert NO_SHIFT[0] <= np.median([report.auc for report in areas]) <= NO_SHIFT[1]
    assert not any(report.shifted for report in areas)


@pytest.mark.parametrize("share", [0.5, 0.99])
def test_a_column_that_doubled_is_found_and_named(share: float) -> None:
    left, right = split(share)
    doubled = right.copy()
    doubled[:, 3] *= 2  # the brightness no longer fits the colours, so even few rows tell
    report = compared(left, doubled)
    assert report.auc >= 0.9
    assert report.shifted
    assert report.moved[0] == "brightness"


def test_a_split_by_place_is_complete() -> None:
    rows = shuffled()
    report = compared(rows[rows[:, 5] < 300], rows[rows[:, 5] >= 300])
    assert report.auc >= 0.99
    assert report.columns[0].column == "x"
    assert report.columns[0].statistic == pytest.approx(1.0)


def test_identical_tables_do_not_alarm() -> None:
    rows = shuffled()[:2000]
    report = compared(rows, rows)
    assert report.auc == pytest.approx(0.5)
    assert not report.shifted
    assert report.moved == ()


def test_missing_values_that_appear_are_a_shift_of_their_column() -> None:
    left, right = split(0.5)
    holed = right.copy()
    holed[::3, 4] = np.nan
    report = compared(left, holed)
    shift = {item.column: item for item in report.columns}["contrast"]
    assert report.moved == ("contrast",)
    assert shift.missing == (0.0, pytest.approx(1 / 3, abs=1e-3))


def test_a_level_that_only_one_side_has_is_found() -> None:
    left, right = split(0.5)
    columns = table(right)
    changed = replace(columns[-1], levels=("red", "green", "violet"))
    report = detect(table(left), [*columns[:-1], changed])
    shift = {item.column: item for item in report.columns}["strongest"]
    assert shift.moved
    assert shift.test == "cramers_v"
    assert shift.psi > 0.25


def test_texts_are_compared_by_their_words() -> None:
    from sklearn.datasets import load_breast_cancer, load_wine

    cancer, wine = str(load_breast_cancer().DESCR).split("."), str(load_wine().DESCR).split(".")
    words = [[f"{text.strip()} {number}" for number in range(4) for text in source] for source in (cancer, wine)]
    apart = detect([texts(words[0])], [texts(words[1])])
    assert apart.shifted
    assert apart.columns[0].kind == "text"
    halves = detect([texts(words[0][::2])], [texts(words[0][1::2])])
    assert not halves.shifted


def test_vectors_are_one_column() -> None:
    from sklearn.datasets import load_digits

    digits = load_digits()
    low, high = digits.data[digits.target < 5], digits.data[digits.target >= 5]

    def vectors(rows: npt.NDArray[np.float64]) -> list[PlainColumn]:
        return [PlainColumn(f"embedding_{n}", NUMERIC, values=rows[:, n].copy(), vector="embedding") for n in range(64)]

    report = detect(vectors(low), vectors(high))
    assert [item.column for item in report.columns] == ["embedding"]
    assert report.auc > 0.9
    with pytest.raises(NotSupported):
        detect(vectors(low), vectors(high), DriftOptions(ignored=frozenset({"embedding"})))


def test_row_numbers_and_keys_are_left_out_and_said() -> None:
    left, right = split(0.5)
    numbered = [
        [
            *table(rows),
            PlainColumn("index", NUMERIC, values=np.arange(len(rows)) + start),
            texts([f"k{start + row}" for row in range(len(rows))], "key"),
        ]
        for rows, start in ((left, 0.0), (right, 1e6))
    ]
    report = detect(*numbered)
    assert not report.shifted
    assert report.dropped == {"index": "it numbers the rows", "key": "it is different in every row"}


def test_other_columns_are_told_apart_from_a_shift() -> None:
    left, right = split(0.5)
    fewer = table(right)[1:]
    retyped = [*fewer[:-1], PlainColumn("strongest", NUMERIC, values=np.zeros(len(right)))]
    report = detect(table(left), [*retyped, PlainColumn("new", NUMERIC, values=np.zeros(len(right)))])
    assert (report.schema.only_reference, report.schema.only_current) == (("red",), ("new",))
    assert report.schema.retyped == ("strongest",)
    assert not report.shifted


def test_the_tables_are_left_as_they_are_and_the_answer_is_repeated() -> None:
    left, right = table(split(0.5)[0]), table(split(0.5)[1])
    before = [column.values.copy() for column in (*left, *right) if column.values is not None]
    assert detect(left, right, DriftOptions(rows_max=800)) == detect(left, right, DriftOptions(rows_max=800))
    after = [column.values for column in (*left, *right) if column.values is not None]
    assert all(np.array_equal(one, other) for one, other in zip(before, after, strict=True))


def test_what_cannot_be_compared_is_refused() -> None:
    left = table(pixels()[:50])
    with pytest.raises(NoData, match="current table has 9 rows"):
        detect(left, table(pixels()[:9]))
    with pytest.raises(InvalidInput, match="nothing"):
        detect(left, left, DriftOptions(ignored=frozenset({"nothing"})))
    with pytest.raises(NotSupported):
        detect([texts(["a b"] * 20, "one")], [texts(["a b"] * 20, "other")])


def test_infinite_values_do_no_harm() -> None:
    left, right = split(0.5)
    odd = right.copy()
    odd[0, 0], odd[1, 0] = np.inf, -np.inf
    assert not compared(left, odd).shifted


def test_the_facts_say_what_a_person_asks_first() -> None:
    rows = shuffled()
    facts = report_facts(compared(rows[rows[:, 5] < 300], rows[rows[:, 5] >= 300]))
    assert facts["shifted"] is True
    assert facts["most_moved"] == "x"
