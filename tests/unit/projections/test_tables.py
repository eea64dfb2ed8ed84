"""Encoders of tables and the distance of mixed rows, on real tumours."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arangovis.domain.catalogue import Profile, SignatureField
from arangovis.domain.errors import IntegrityError, NotSupported
from arangovis.projections.encoded_columns import LEVELS_MAX, Coding, ColumnCode, learn_column
from arangovis.projections.metrics import MetricChoice
from arangovis.projections.mixed import MixedChoice
from arangovis.projections.neighbours import NeighbourIndex
from arangovis.projections.table_encoder import TableEncoder
from arangovis.tabular import Rows
from arangovis.tabular.bundle import ArrayBundle, from_bytes, to_bytes
from tests.api.tables import CATEGORIES, MIXED, tumours

FIELDS = [SignatureField(f["name"], (), f["dtype"], Profile(f["profile"])) for f in MIXED["inputs"]]
ROWS = Rows(pa.table(tumours(0, 300)))
NEW = Rows(pa.table(tumours(300, 340)))


def column(values: list[object]) -> Rows:
    return Rows(pa.table({"_id": [str(place) for place in range(len(values))], "c": values}))


def test_an_encoder_is_the_same_after_it_was_stored() -> None:
    encoder = TableEncoder.learn(FIELDS, ROWS)
    restored = TableEncoder.from_bundle(from_bytes(to_bytes(encoder.to_bundle())))
    assert restored == encoder
    np.testing.assert_array_equal(restored.encode(NEW).matrix, encoder.encode(NEW).matrix)
    assert encoder.slots[5:] == tuple(
        f"{name}.{level}" for name, levels in CATEGORIES.items() for level in sorted(levels)
    )


def test_other_arrays_are_no_encoder() -> None:
    for arrays in ({}, {"columns_json": np.frombuffer(b'{"columns": 3}', dtype=np.uint8)}):
        with pytest.raises(IntegrityError):
            TableEncoder.from_bundle(ArrayBundle(arrays, {}))


@pytest.mark.parametrize("weight", [0.0, 0.25, 1.0])
def test_the_weight_is_the_share_of_the_squared_distances(weight: float) -> None:
    encoder = TableEncoder.learn(FIELDS, ROWS)
    variances = encoder.encode(ROWS, categorical_weight=weight).matrix.var(axis=0, dtype=float)
    categories = variances[encoder.split :].sum()
    np.testing.assert_allclose(categories / variances.sum(), weight, atol=1e-6)


def test_an_ordinal_level_that_was_not_seen_lies_between_its_neighbours() -> None:
    learnt = learn_column("c", Coding.ORDINAL, column([1, 2, 4, 8, 8, 2]))
    assert isinstance(learnt, ColumnCode)
    codes, told = learnt.codes(column([1, 3, 8, 100, None]))
    np.testing.assert_array_equal(codes, [0, 1.5, 3, 3, np.nan])
    assert told == ("row 4 has no value: the median stands in",)
    words = learn_column("c", Coding.ORDINAL, column(["a", "b", "c"]))
    assert isinstance(words, ColumnCode)
    assert words.encode(column(["b", "z"])).values.tolist() == [[0.0], [0.0]]


def test_of_very_many_levels_the_frequent_ones_have_slots() -> None:
    values: list[object] = [f"rare {place}" for place in range(LEVELS_MAX + 50)] + ["often"] * 5
    learnt = learn_column("c", Coding.ONE_HOT, column(values))
    assert isinstance(learnt, ColumnCode)
    assert len(learnt.levels) == LEVELS_MAX
    assert "often" in learnt.levels


def test_too_many_slots_are_refused() -> None:
    fields = [SignatureField(f"c{place}", (), "string", Profile.NOMINAL) for place in range(30)]
    table = {"_id": [str(row) for row in range(200)]} | {f.name: [f"{row}" for row in range(200)] for f in fields}
    with pytest.raises(NotSupported, match="6000 slots, more than 4096"):
        TableEncoder.learn(fields, Rows(pa.table(table)))


@given(st.lists(st.none() | st.text(max_size=3) | st.integers(-3, 3).map(str), min_size=2, max_size=20))
def test_one_hot_is_one_slot_a_row_or_none(values: list[str | None]) -> None:
    rows = column([*values, "x", "y"])
    learnt = learn_column("c", Coding.ONE_HOT, rows)
    assert isinstance(learnt, ColumnCode)
    assert ColumnCode.of(learnt.document()) == learnt
    found = learnt.encode(rows).values
    assert found.sum(axis=1).tolist() == [float(value is not None) for value in (*values, "x", "y")]


@pytest.mark.parametrize("metric", ["euclidean", "manhattan", "cosine"])
def test_neighbours_of_mixed_rows_are_those_of_all_distances(metric: str) -> None:
    encoder = TableEncoder.learn(FIELDS, ROWS)
    choice = MixedChoice.of(MetricChoice(metric), encoder.split, 0.5)
    fitted, new = encoder.encode(ROWS).matrix, encoder.encode(NEW).matrix
    index = NeighbourIndex(fitted, metric=choice)
    found = index.query(new, 9)
    apart = choice.space(fitted).distances(new).astype(np.float32)
    np.testing.assert_array_equal(found.indices, np.argsort(apart, axis=1, kind="stable")[:, :9])
    among = index.among(9).neighbours
    assert not (among.indices == np.arange(len(fitted))[:, None]).any()
    assert (among.distances[:, 0] >= 0).all()


def test_at_the_ends_one_kind_of_columns_decides() -> None:
    encoder = TableEncoder.learn(FIELDS, ROWS)
    numbers = encoder.encode(ROWS, categorical_weight=0.0).matrix
    alone = NeighbourIndex(numbers[:, : encoder.split], metric="euclidean").among(10).neighbours
    mixed = NeighbourIndex(numbers, metric=MixedChoice.of(MetricChoice("euclidean"), encoder.split, 0.0)).among(10)
    np.testing.assert_array_equal(mixed.neighbours.indices, alone.indices)
    kinds = list(zip(*(tumours(0, 300)[name] for name in CATEGORIES), strict=True))
    slots = encoder.encode(ROWS, categorical_weight=1.0).matrix
    found = NeighbourIndex(slots, metric=MixedChoice.of(MetricChoice("euclidean"), encoder.split, 1.0)).among(3)
    assert all(kinds[near] == kinds[row] for row, near in enumerate(found.neighbours.indices[:, 0]))
