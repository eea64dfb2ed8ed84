"""Fields and series: names, kinds, and what is fixed."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from arangovis.domain.errors import AlreadyExists, Conflict, InUse, InvalidInput, NotFound, TooLarge
from arangovis.domain.ids import NodeId
from arangovis.domain.series import FIELDS_MAX, FieldKind, SeriesField
from arangovis.services.series.fields import FieldChange
from tests.unit.services.series.logged import KINDS, PROJECT, LoggingWorld, rows
from tests.unit.services.world import ADA


@pytest.fixture
def world(tmp_path: Path) -> LoggingWorld:
    return LoggingWorld.open(tmp_path)


def make(world: LoggingWorld, name: str, kind: FieldKind = FieldKind.FLOAT, **more: str) -> SeriesField:
    return world.service.series.fields.create(PROJECT, name, kind, ADA, **more).field


def change(world: LoggingWorld, field: SeriesField, **wanted: object) -> SeriesField:
    return world.service.series.fields.change(field.node, FieldChange(**wanted), ADA)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", FieldKind)
def test_a_field_of_each_kind_is_made_once(world: LoggingWorld, kind: FieldKind) -> None:
    fields = world.service.series.fields
    first, again = (fields.create(PROJECT, "x", kind, ADA, description="it") for _ in range(2))
    assert (first.created, again.created) == (True, False)
    assert first.field == again.field == fields.get(first.field.node)
    assert fields.named(first.field.project, ["x", "y"]) == {"x": first.field}


def test_a_name_is_of_one_field(world: LoggingWorld) -> None:
    make(world, "x", description="one")
    with pytest.raises(AlreadyExists, match="exists already as float, not int"):
        make(world, "x", FieldKind.INT)
    with pytest.raises(AlreadyExists, match="another description"):
        make(world, "x", description="two")
    assert make(world, "x").description == "one"


def test_what_is_no_kind_and_no_name_is_told(world: LoggingWorld) -> None:
    assert FieldKind.of("string") is FieldKind.TEXT
    with pytest.raises(InvalidInput, match="'complex' is not one of int, float, text, bool, timestamp"):
        FieldKind.of("complex")
    with pytest.raises(InvalidInput, match="name"):
        make(world, "")
    with pytest.raises(NotFound, match="no project 'nowhere'"):
        world.service.series.fields.create("nowhere", "x", FieldKind.INT, ADA)


def test_a_renamed_field_keeps_its_data_and_frees_its_name(world: LoggingWorld) -> None:
    world.send(0)
    fields = world.service.series.fields
    loss = fields.named(world.logged()[0].data.project, ["loss"])["loss"]
    renamed = change(world, loss, name="training loss", description="cross entropy")
    assert (renamed.node, renamed.description) == (loss.node, "cross entropy")
    assert world.read()["training loss"] == rows(0, 1).column("loss").to_pylist()
    fresh = make(world, "loss", FieldKind.TEXT)
    assert fresh.node != loss.node
    assert change(world, renamed, description="").description == ""
    with pytest.raises(AlreadyExists):
        change(world, fresh, name="training loss")


def test_a_kind_is_fixed_once_a_value_was_logged(world: LoggingWorld) -> None:
    field = make(world, "loss", FieldKind.INT)
    assert change(world, field, kind=FieldKind.FLOAT).kind is FieldKind.FLOAT
    world.send(0)
    with pytest.raises(Conflict, match="has values of kind float"):
        change(world, field, kind=FieldKind.INT)


def test_a_kind_is_fixed_by_an_attribute_too(world: LoggingWorld) -> None:
    field = make(world, "rate")
    world.service.series.attributes.put(world.run, {"rate": 0.5}, ADA)
    with pytest.raises(Conflict):
        change(world, field, kind=FieldKind.TEXT)


# --- series -------------------------------------------------------------------------------------------------------


def test_a_series_is_a_fixed_set_of_fields(world: LoggingWorld) -> None:
    for name, kind in KINDS.items():
        make(world, name, kind)
    definitions = world.service.series.definitions
    made = definitions.create(PROJECT, "training", list(KINDS), ADA)
    again = definitions.create(PROJECT, "training", list(reversed(KINDS)), ADA)
    assert (made.created, again.created) == (True, False)
    assert [field.name for field in again.series.fields] == list(KINDS)
    assert definitions.named(made.series.project, "training") == definitions.get(made.series.node) == made.series
    with pytest.raises(AlreadyExists, match="its fields are fixed"):
        definitions.create(PROJECT, "training", ["loss"], ADA)


def test_all_unknown_fields_of_a_series_are_listed(world: LoggingWorld) -> None:
    make(world, "loss")
    with pytest.raises(InvalidInput) as refused:
        world.service.series.definitions.create(PROJECT, "s", ["a", "loss", "b"], ADA)
    assert [fault.field for fault in refused.value.faults] == ["a", "b"]


@pytest.mark.parametrize(
    ("names", "error"),
    [([], InvalidInput), (["loss", "loss"], InvalidInput), ([str(n) for n in range(FIELDS_MAX + 1)], TooLarge)],
)
def test_sets_that_are_none_are_refused(world: LoggingWorld, names: list[str], error: type[Exception]) -> None:
    with pytest.raises(error):
        world.service.series.definitions.create(PROJECT, "s", names, ADA)


def test_a_series_is_deleted_while_it_is_empty(world: LoggingWorld) -> None:
    for name, kind in KINDS.items():
        make(world, name, kind)
    definitions = world.service.series.definitions
    empty = definitions.create(PROJECT, "empty", ["loss"], ADA).series
    full = definitions.create(PROJECT, "full", list(KINDS), ADA).series
    world.send(0, series="full")
    definitions.delete(empty.node, ADA)
    assert definitions.create(PROJECT, "empty", ["step"], ADA).created
    with pytest.raises(InUse, match="not empty: 1 runs logged to it") as refused:
        definitions.delete(full.node, ADA)
    assert refused.value.dependants == (str(world.logged()[0].data.node),)
    with pytest.raises(NotFound):
        definitions.delete(NodeId("series", "0" * 32), ADA)


def test_eight_first_writers_make_one_implicit_series(world: LoggingWorld) -> None:
    def first(number: int) -> NodeId:
        return world.send(0, logger=f"rank-{number}").stored.series

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(first, range(8)))) == 1
    (found,) = world.service.series.definitions.list(PROJECT).items
    assert (found.implicit, found.name) == (True, None)
    assert sorted(field.name for field in found.fields) == sorted(KINDS)
    assert len(world.service.series.fields.list(PROJECT).items) == 3
