"""Attributes of runs: one value of a field each."""

import math
from pathlib import Path

import pytest

from arangovis.domain.errors import InvalidInput, RunReplaced
from arangovis.domain.series import FieldKind
from arangovis.services.series.fields import FieldChange
from tests.unit.services.series.logged import PROJECT, LoggingWorld
from tests.unit.services.world import ADA


@pytest.fixture
def world(tmp_path: Path) -> LoggingWorld:
    world = LoggingWorld.open(tmp_path)
    for kind in FieldKind:
        world.service.series.fields.create(PROJECT, f"a {kind}", kind, ADA)
    return world


def put(world: LoggingWorld, values: dict[str, object], **how: bool) -> dict[str, object]:
    return dict(world.service.series.attributes.put(world.run, values, ADA, **how).attributes)  # type: ignore[arg-type]


def test_a_value_of_each_kind_is_kept(world: LoggingWorld) -> None:
    values = {"a int": 2**62, "a float": 0.1, "a text": "sgd", "a bool": True, "a timestamp": 5}
    assert put(world, values) == values
    assert put(world, {"a int": 1}) == {**values, "a int": 1}
    assert world.service.series.attributes.of(world.run).attributes == {**values, "a int": 1}


def test_values_are_promoted_where_nothing_is_lost(world: LoggingWorld) -> None:
    found = put(world, {"a float": 3, "a timestamp": "1970-01-01T00:00:01+00:00"})
    assert found == {"a float": 3.0, "a timestamp": 1_000_000}
    assert math.isnan(float(str(put(world, {"a float": "NaN"})["a float"])))


def test_all_faults_are_listed_and_nothing_is_written(world: LoggingWorld) -> None:
    put(world, {"a int": 1})
    before = world.service.store.change_number()
    wrong: dict[str, object] = {
        "a int": 1.5,
        "a float": True,
        "a text": 1,
        "a bool": 0,
        "a timestamp": "noon",
        "another": 1,
    }
    with pytest.raises(InvalidInput) as refused:
        put(world, {**wrong, "fine": 1})
    assert [fault.field for fault in refused.value.faults] == [*wrong, "fine"]
    for value in (True, 2**63, None, [1], "1"):
        with pytest.raises(InvalidInput, match="is not a value of kind int"):
            put(world, {"a int": value})
    with pytest.raises(InvalidInput):
        put(world, {"a float": 2**53 + 1})
    assert world.service.store.change_number() == before
    assert world.service.series.attributes.of(world.run).attributes == {"a int": 1}


def test_fields_are_made_if_asked(world: LoggingWorld) -> None:
    assert put(world, {"rate": 0.1, "depth": 3, "name": "x", "on": False}, create=True) == {
        "rate": 0.1,
        "depth": 3,
        "name": "x",
        "on": False,
    }
    made = world.service.series.fields.list(PROJECT).items
    assert {field.name: field.kind.value for field in made if not field.name.startswith("a ")} == {
        "rate": "float",
        "depth": "int",
        "name": "text",
        "on": "bool",
    }
    with pytest.raises(InvalidInput, match="not a number, a text or a boolean"):
        put(world, {"new": [1]}, create=True)


def test_a_renamed_field_keeps_its_values(world: LoggingWorld) -> None:
    put(world, {"a int": 7})
    run = world.service.store.get(world.run)
    field = world.service.series.fields.named(run.project, ["a int"])["a int"]
    world.service.series.fields.change(field.node, FieldChange(name="depth"), ADA)
    assert world.service.series.attributes.of(world.run).attributes == {"depth": 7}


def test_the_generation_is_checked(world: LoggingWorld) -> None:
    with pytest.raises(RunReplaced):
        world.service.series.attributes.put(world.run, {"a int": 1}, ADA, generation=1)
