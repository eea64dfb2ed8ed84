"""Frames that are not like the training data: what still gets a score, what is warned of, what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arangovis.anomaly.adapting import BLOCK_ROWS, STATUS_NAMES, AdaptationWarning, Adapter
from arangovis.anomaly.expansion import learn
from arangovis.anomaly.frame import CategoricalColumn, Column, NumericColumn, Table
from arangovis.anomaly.scoring import ScoringOptions, score
from arangovis.domain.errors import InvalidInput, NotSupported
from tests.unit.anomaly import toy

TEXTS = st.one_of(st.none(), st.text("abcé=\"'\n", max_size=3))
NUMBERS = st.one_of(st.none(), st.floats(-1e6, 1e6))


@st.composite
def tables(draw: st.DrawFn) -> Table:
    rows = draw(st.integers(1, 12))
    names = draw(st.lists(st.text(max_size=4), min_size=1, max_size=5, unique=True))
    columns: list[Column] = []
    for name in names:
        if draw(st.booleans()):
            columns.append(CategoricalColumn.of(name, draw(st.lists(TEXTS, min_size=rows, max_size=rows))))
        else:
            columns.append(NumericColumn.of(name, draw(st.lists(NUMBERS, min_size=rows, max_size=rows))))
    return Table.of(*columns)


@given(table=tables())
def test_an_expansion_can_be_undone(table: Table) -> None:
    try:
        expansion = learn(table, ignore_constant=True)
    except NotSupported:  # nothing varies
        return
    slots = Adapter(expansion, table, strict=True).matrix()
    columns = table.by_name()
    for spec, span in zip(expansion.columns, expansion.spans, strict=True):
        part, column = slots[:, span], columns[spec.name]
        if isinstance(column, CategoricalColumn):
            assert (part.sum(axis=1) == 1).all()
            found = part.argmax(axis=1)
            assert np.where(found == len(spec.levels), -1, found).tolist() == column.codes.tolist()
        else:
            values = part[:, 0] / spec.scale + spec.mean
            known = ~column.missing()
            np.testing.assert_allclose(values[known], column.values[known], atol=1e-9 * (spec.maximum - spec.minimum))
            assert (part[~known] == 0).all()
    assert len(expansion.slot_names) == expansion.width == slots.shape[1]


@given(order=st.permutations(range(4)), extra=st.booleans())
def test_order_and_extra_columns_change_no_bit(order: list[int], extra: bool) -> None:
    columns = (*toy.TABLE.columns, NumericColumn.of("extra", [1, 2, np.inf, None]))
    picked = [columns[position] for position in order if extra or position < 3]
    found = score(toy.MODEL, Table.of(*picked))
    assert found.score.tobytes() == score(toy.MODEL, toy.TABLE).score.tobytes()
    assert ("extra_column" in {warning.kind for warning in found.warnings}) == extra


def test_categorical_columns_come_first_those_with_most_levels_before_others() -> None:
    table = Table.of(
        NumericColumn.of("n", [1, 2, 3]),
        CategoricalColumn.of("two", ["x", "y", "x"]),
        CategoricalColumn.of("three", ["u", "v", "w"]),
        CategoricalColumn.of("also two", ["x", None, "y"]),
        NumericColumn.of("m", [3, 2, 5]),
    )
    expansion = learn(table, ignore_constant=True)
    three, two, also = (
        [f"{name}.{level}" for level in (*levels, "missing(NA)")]
        for name, levels in (("three", "uvw"), ("two", "xy"), ("also two", "xy"))
    )
    assert list(expansion.slot_names) == [*three, *two, *also, "n", "m"]
    assert [expansion.slot_names[span] for span in expansion.spans] == [
        ("n",), tuple(two), tuple(three), tuple(also), ("m",),
    ]  # fmt: skip


def test_what_training_learns_of_columns() -> None:
    table = Table.of(
        NumericColumn.of("n", [1.0, None, 4.0, 4.0]),
        NumericColumn.of("same", [7.0, 7.0, None, 7.0]),
        NumericColumn.of("nothing", [None] * 4),
        CategoricalColumn.of("one level", ["x"] * 4),
        CategoricalColumn.of("one and missing", ["x", None, "x", "x"]),
    )
    expansion = learn(table, ignore_constant=True)
    n, _ = expansion.columns
    assert (n.mean, n.minimum, n.maximum, n.missing) == (3.0, 1.0, 4.0, 1)
    assert expansion.ignored == ("same", "nothing", "one level")
    whole = learn(table, ignore_constant=False)
    assert whole.ignored == ()
    assert Adapter(whole, table).matrix()[:, -2:].tolist() == [[0.0, 0.0]] * 4


def test_an_unseen_level_is_a_missing_value_or_refused() -> None:
    found = score(toy.MODEL, toy.TABLE)
    assert found.warnings == (AdaptationWarning("unseen_level", "e", "zzz", 1, (1,)),)
    missing = Table.of(CategoricalColumn.of("e", ["a", None, "b", None]), *toy.TABLE.columns[1:])
    assert score(toy.MODEL, missing).score.tobytes() == found.score.tobytes()
    with pytest.raises(InvalidInput, match=r"e: has the level 'zzz' in 1 rows \(row 1\)"):
        score(toy.MODEL, toy.TABLE, ScoringOptions(strict=True))


def test_many_unseen_levels_are_counted() -> None:
    texts = [f"level {i:03}" for i in range(100)]
    warnings = score(toy.MODEL, Table.of(CategoricalColumn.of("e", texts))).warnings
    unseen = [warning for warning in warnings if warning.kind == "unseen_level"]
    assert [(w.level, w.count, w.rows) for w in unseen[:2]] == [("level 000", 1, (0,)), ("level 001", 1, (1,))]
    assert (unseen[-1].level, unseen[-1].count, unseen[-1].rows) == (None, 80, (20, 21, 22, 23, 24))


def test_numbers_beyond_sense_have_a_status_and_spoil_nothing() -> None:
    rows = BLOCK_ROWS + 100
    good = np.linspace(0, 2, rows)
    spoilt = good.copy()
    wrong = {3: np.inf, 4: -np.inf, 5: 1e308, BLOCK_ROWS + 1: -1e308, BLOCK_ROWS + 2: 1e30}
    for row, value in wrong.items():
        spoilt[row] = value
    found, clean = (score(toy.MODEL, Table.of(NumericColumn("n1", values))) for values in (spoilt, good))
    status = {row: STATUS_NAMES[found.status[row]] for row in np.flatnonzero(found.status)}
    assert status == {row: "non_finite" if np.isinf(value) else "out_of_range" for row, value in wrong.items()}
    others = np.setdiff1d(np.arange(rows), list(wrong))
    assert found.score[others].tobytes() == clean.score[others].tobytes()
    assert np.isnan(found.score[list(wrong)]).all()
    assert found.is_anomaly[list(wrong)].all()
    assert found.metrics.mse == pytest.approx(clean.score[others].mean(), rel=1e-12)
    assert found.metrics.flagged == 5
    told = {(w.kind, w.count, w.rows) for w in found.warnings if w.column == "n1"}
    assert told == {("non_finite", 2, (3, 4)), ("out_of_range", 3, (5, BLOCK_ROWS + 1, BLOCK_ROWS + 2))}


def test_a_frame_of_flagged_rows_has_no_mean() -> None:
    found = score(toy.MODEL, Table.of(NumericColumn.of("n1", [np.inf])))
    assert found.metrics == type(found.metrics)(1, 1, None, None, None)


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        (NumericColumn.of("e", [1, 2]), "e: has numbers; the model was trained on text"),
        (CategoricalColumn.of("n1", ["1", "2"]), "n1: has text; the model was trained on numbers"),
        (NumericColumn.of("N1", [1, 2]), "no column in common with the training data, which had 'e', 'n1', 'n2'"),
    ],
)
def test_another_kind_of_column_is_refused(column: Column, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        score(toy.MODEL, Table.of(column))


def test_a_column_without_values_is_of_any_kind() -> None:
    missing = [NumericColumn.of("e", [None]), CategoricalColumn.of("n1", [None]), CategoricalColumn.of("n2", [""])]
    assert score(toy.MODEL, Table.of(*missing)).score == pytest.approx([toy.SCORES[3]], rel=1e-12)


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ([NumericColumn.of("a", [1]), NumericColumn.of("a", [1])], "'a' occurs more than once"),
        ([NumericColumn.of("a", [1]), NumericColumn.of("b", [1, 2])], "'b' has 2 rows, the table 1"),
        ([CategoricalColumn("a", np.array([1], np.int32), ("x",))], "codes that are not int32 from -1 to 0"),
        ([CategoricalColumn("a", np.array([0], np.int32), ("",))], "level that is empty"),
        ([CategoricalColumn.of("a", ["\ud800"])], "level that is not Unicode text"),
        ([NumericColumn("a\ud800", np.zeros(1))], "is not Unicode text"),
        ([NumericColumn("a", np.zeros(1, np.float32))], "not one float64 a row"),
    ],
)
def test_what_is_no_table_is_refused(columns: list[Column], reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        Table.of(*columns)
