"""Registering and finding named things."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from arangovis.domain.catalogue import Profile, Signature, SignatureField
from arangovis.domain.errors import AlreadyExists, InvalidInput, NotFound
from arangovis.domain.graph import Direction
from arangovis.domain.ids import NodeId
from arangovis.services.catalogue import NAME_LENGTH_MAX, RegisteredVersion
from arangovis.settings import Settings
from arangovis.wiring import build
from tests.unit.services.world import ADA, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World.at(tmp_path)
    world.service.catalogue.register_project("demo", ADA)
    world.service.catalogue.register_model("demo", "digits", ADA)
    return world


def signature(dimension: int) -> Signature:
    return Signature(outputs=(SignatureField("embedding", (1, dimension), "float32", Profile.NUMERICAL),))


def register(world: World, dimension: int = 2, version: str | None = None) -> RegisteredVersion:
    return world.service.catalogue.register_version("demo", "digits", signature(dimension), ADA, version=version)


def together(act: Callable[[], object], times: int = 20) -> list[object]:
    """Do something in many threads at once."""
    found: list[object] = []
    barrier = threading.Barrier(times)

    def run() -> None:
        barrier.wait()
        found.append(act())

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == times
    return found


def test_twenty_threads_that_register_one_name_get_one_node(tmp_path: Path) -> None:
    service = build(Settings(home=tmp_path))
    catalogue = service.catalogue
    try:
        projects = together(lambda: catalogue.register_project("demo", ADA))
        models = together(lambda: catalogue.register_model("demo", "digits", ADA))
        versions = together(lambda: catalogue.register_version("demo", "digits", signature(2), ADA))
        for answers in (projects, models, versions):
            assert len({answer.node for answer in answers}) == 1  # type: ignore[attr-defined]
            assert sum(answer.created for answer in answers) == 1  # type: ignore[attr-defined]
        numbers = together(
            lambda: (
                catalogue.register_version(
                    "demo", "digits", signature(3), ADA, version=threading.current_thread().name
                ).number
            )
        )
        assert sorted(numbers) == list(range(2, 22))  # type: ignore[type-var]
    finally:
        service.close()


def test_a_repeat_is_the_same_node_and_writes_nothing(world: World) -> None:
    first = world.service.catalogue.register_project("other", ADA, facts={"description": "mine"})
    before = world.service.store.change_number()
    second = world.service.catalogue.register_project("other", ADA, facts={"description": "mine"})
    assert (first.created, second.created, first.node) == (True, False, second.node)
    assert world.service.store.change_number() == before
    with pytest.raises(AlreadyExists):
        world.service.catalogue.register_project("other", ADA, facts={"description": "yours"})


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "a\0b", "x" * (NAME_LENGTH_MAX + 1)])
def test_names_are_checked(world: World, name: str) -> None:
    catalogue = world.service.catalogue
    register(world)
    acts: list[Callable[[], object]] = [
        lambda: catalogue.register_project(name, ADA),
        lambda: catalogue.register_model("demo", name, ADA),
        lambda: register(world, version=name) if name else catalogue.register_project(name, ADA),
        lambda: catalogue.register_metric_spec(1, name, ADA, threshold=1.0, operation="Less"),
    ]
    for act in acts:
        with pytest.raises(InvalidInput, match="printable"):
            act()


def test_any_printable_name_will_do(world: World) -> None:
    name = 'résumé 模型 / v1.0 ("a")'
    model = world.service.catalogue.register_model("demo", name, ADA)
    assert world.service.store.get(model.node).attributes["name"] == name


# --- versions -----------------------------------------------------------------------------------------------------


def test_versions_are_numbered_for_all_models_and_named_for_each(world: World) -> None:
    world.service.catalogue.register_model("demo", "other", ADA)
    first = register(world, 2)
    other = world.service.catalogue.register_version("demo", "other", signature(2), ADA)
    second = register(world, 3)
    assert [(v.number, v.version) for v in (first, other, second)] == [(1, "1"), (2, "1"), (3, "2")]
    edges = world.service.store.edges_of((first.node,), Direction.DOWNSTREAM, ("succeeded_by",))
    assert [edge.id.target for edge in edges] == [second.node]


def test_the_same_signature_again_is_the_same_version(world: World) -> None:
    first = register(world)
    assert register(world) == RegisteredVersion(first.node, first.number, first.version, created=False)


def test_a_version_keeps_its_signature(world: World) -> None:
    first = register(world, 2, "final")
    assert register(world, 2, "final").node == first.node
    with pytest.raises(AlreadyExists, match="another signature"):
        register(world, 3, "final")


def test_an_implied_version_passes_by_names_that_are_taken(world: World) -> None:
    register(world, 2, "1")
    register(world, 3, "2")
    implied = register(world, 4)
    assert (implied.version, implied.created) == ("3", True)


def test_going_back_to_an_earlier_signature_is_a_new_version(world: World) -> None:
    assert [register(world, dimension).version for dimension in (2, 3, 2)] == ["1", "2", "3"]


def test_a_deleted_newest_version_does_not_stand_in_the_way(world: World) -> None:
    register(world, 2)
    newest = register(world, 3)
    world.service.store.transact(lambda tx: tx.delete(newest.node, force=True), ADA)
    fresh = register(world, 3)
    assert (fresh.version, fresh.created) == ("3", True)
    with pytest.raises(NotFound):
        world.service.catalogue.version(newest.number)


def test_what_is_missing_is_named(world: World) -> None:
    catalogue = world.service.catalogue
    for act, text in (
        (lambda: catalogue.register_model("none", "digits", ADA), "'none'"),
        (lambda: catalogue.register_version("none", "digits", signature(2), ADA), "'none'"),
        (lambda: catalogue.register_version("demo", "none", signature(2), ADA), "'none'"),
        (lambda: catalogue.version(7), "7"),
        (lambda: catalogue.register_metric_spec(7, "m", ADA, threshold=1.0, operation="Less"), "7"),
        (lambda: catalogue.version_named("digits", "9"), "'9'"),
    ):
        with pytest.raises(NotFound, match=text):
            act()


def test_versions_are_found_by_number_by_name_and_in_pages(world: World) -> None:
    catalogue = world.service.catalogue
    for dimension in (2, 3, 4):
        world.clock.now += 1
        register(world, dimension)
    assert catalogue.version(2).signature.embedding_dimension == 3
    assert catalogue.version_named("digits", "2").number == 2
    page = catalogue.versions(limit=2)
    rest = catalogue.versions(limit=2, cursor=page.next_cursor)
    assert [version.number for version in (*page.items, *rest.items)] == [3, 2, 1]
    assert rest.next_cursor is None


# --- metric specs -------------------------------------------------------------------------------------------------


def test_metric_specs_of_a_version_by_name(world: World) -> None:
    catalogue = world.service.catalogue
    register(world)
    for name in ("z", "a"):
        catalogue.register_metric_spec(1, name, ADA, threshold=6.0, operation="Less")
    specs = catalogue.metric_specs(catalogue.version(1))
    assert [(spec.name, spec.threshold, spec.operation) for spec in specs] == [("a", 6.0, "Less"), ("z", 6.0, "Less")]
    world.service.store.transact(lambda tx: tx.delete(specs[0].id, force=True), ADA)
    assert [spec.name for spec in catalogue.metric_specs(catalogue.version(1))] == ["z"]


@pytest.mark.parametrize(
    ("threshold", "operation", "error"),
    [
        (7.0, "Less", AlreadyExists),
        (6.0, "Greater", AlreadyExists),
        (float("nan"), "Less", InvalidInput),
        (float("inf"), "Less", InvalidInput),
        (6.0, "Sideways", (AlreadyExists, InvalidInput)),
    ],
)
def test_a_metric_spec_does_not_change(world: World, threshold: float, operation: str, error: type[Exception]) -> None:
    catalogue = world.service.catalogue
    register(world)
    first = catalogue.register_metric_spec(1, "m", ADA, threshold=6.0, operation="Less")
    assert catalogue.register_metric_spec(1, "m", ADA, threshold=6, operation="Less").node == first.node
    with pytest.raises(error):
        catalogue.register_metric_spec(1, "m", ADA, threshold=threshold, operation=operation)


def test_an_unknown_operation_is_refused(world: World) -> None:
    register(world)
    with pytest.raises(InvalidInput, match="operation"):
        world.service.catalogue.register_metric_spec(1, "m", ADA, threshold=1.0, operation="Sideways")
    assert world.service.store.find(NodeId("metric_spec", "m")) is None
