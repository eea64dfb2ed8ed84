"""Connections to ArangoDB and S3 that end at any byte, hang, or are refused: what is done is done once, or not."""

import random
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from hashlib import sha256

import pytest

from arangovis.artifacts.registry import open_artifacts
from arangovis.domain.errors import Conflict, StoreUnavailable
from arangovis.domain.graph import Direction
from arangovis.stores.arango import ArangoStore
from arangovis.stores.arango.address import parse
from arangovis.stores.arango.connection import Patience
from arangovis.testing.samples import SAMPLES, act, create, dataset, edge, run
from tests.arango_databases import PATIENCE, Server, drop
from tests.broken_link import BrokenLink, broken_link
from tests.s3_server import running_s3

HASTY = Patience(connect_s=5, read_s=1.5, deadline_s=10, tries_max=2, pause_s=0.01)
WRITES = 60


@pytest.fixture
def link(arango: Server) -> Iterator[BrokenLink]:
    with broken_link(arango.url, random.Random(7)) as link:
        yield link


@pytest.fixture
def store(arango: Server, link: BrokenLink) -> Iterator[ArangoStore]:
    address = arango.fresh()
    with closing(ArangoStore(address, patience=PATIENCE)) as direct:
        direct.migrate()
    url = Server(link.url, arango.root_password).store_url(address.database)
    store = ArangoStore(parse(url, arango.root_password), patience=HASTY)
    create(store, dataset("digits"))
    yield store
    link.heal(late=False)
    store.close()
    drop(address)


def write(store: ArangoStore, name: str) -> None:
    """Write a run and an edge to it in one action."""

    def action(transaction) -> None:  # type: ignore[no-untyped-def]
        transaction.create_new(run(name), None, SAMPLES["run"])
        transaction.link(edge("input_to", dataset("digits"), run(name)))

    act(store, action)


def written(store: ArangoStore, names: list[str]) -> set[str]:
    """Return which runs are there, and check that each has its edge and one version."""
    found = store.get_many([run(name) for name in names])
    for node in found:
        assert len(store.history(node)) == 1
        assert len(store.edges_of([node], Direction.UPSTREAM)) == 1
    return {node.key for node in found}


def test_connections_cut_at_any_byte_lose_and_repeat_nothing(store: ArangoStore, link: BrokenLink) -> None:
    names, taken = [f"run-{number}" for number in range(WRITES)], set()
    link.cut()
    for name in names:
        with suppress(StoreUnavailable):
            write(store, name)
            taken.add(name)
    link.heal()
    there = written(store, names)
    assert link.met > WRITES / 4
    assert 0 < len(taken) <= len(there)
    assert taken <= there
    assert store.change_number() == 1 + len(there)


@pytest.mark.parametrize("late", [True, False])
def test_what_hung_arrives_late_and_is_not_done_twice(store: ArangoStore, link: BrokenLink, late: bool) -> None:
    link.hang()
    with pytest.raises(StoreUnavailable):
        write(store, "hung")
    link.heal(late=late)
    with suppress(Conflict):  # it came after all
        write(store, "hung")
    assert written(store, ["hung"]) == {"hung"}
    assert store.change_number() == 2


def test_a_refused_connection_is_an_error_and_the_next_one_is_opened(store: ArangoStore, link: BrokenLink) -> None:
    link.refuse()
    with pytest.raises(StoreUnavailable):
        write(store, "refused")
    link.heal()
    assert written(store, ["refused"]) == set()
    write(store, "refused")
    assert written(store, ["refused"]) == {"refused"}


def test_an_answer_that_ends_in_its_head_is_none(store: ArangoStore, link: BrokenLink) -> None:
    """The library under the driver takes it for one without a body: it must be asked for again."""
    link.cut_answer_after(60)
    assert store.get(dataset("digits")).attributes == SAMPLES["dataset"]
    assert link.met == 1


@pytest.mark.parametrize("size", [17, 60, 200])
def test_an_answer_of_s3_that_ends_in_its_head_is_none(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """A listing would be of nothing, and an object without a length."""
    with running_s3() as server, broken_link(server.endpoint, random.Random(7)) as link:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        artifacts = open_artifacts(replace(server, endpoint=link.url).url(server.new_bucket(), "p"))
        artifacts.prepare()
        digest = artifacts.put(b"all of it")
        for call, expected in (
            (lambda: artifacts.read(digest), b"all of it"),
            (lambda: artifacts.exists(digest), True),
            (lambda: [blob.digest for blob in artifacts.blobs()], [digest]),
            (lambda: artifacts.put(b"more"), sha256(b"more").hexdigest()),
        ):
            before = link.met
            link.cut_answer_after(size)
            assert call() == expected
            assert link.met == before + 1
            link.heal()
