"""URLs of ArangoDB stores, and that their password goes nowhere else."""

import pytest

from arangovis.domain.errors import InvalidInput
from arangovis.stores.arango import ArangoStore
from arangovis.stores.arango.address import Address, parse
from arangovis.stores.registry import is_arango, open_store


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("arango+http://ada@db:8530/graph", Address("http://db:8530", "graph", "ada")),
        ("arango+https://db/graph_2", Address("https://db:8529", "graph_2", "root")),
        ("arango+http://a%40b@[::1]:8529/graph", Address("http://[::1]:8529", "graph", "a@b")),
    ],
)
def test_a_url_is_read(url: str, address: Address) -> None:
    assert parse(url) == address
    assert is_arango(url)


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("arango+http://ada:secret@db/graph", "has a password in it"),
        ("arango+http://db", "names no database"),
        ("arango+http://db/a/b", "names no database"),
        ("arango+http://db/_system", "names no database"),
        ("arango+http:///graph", "is not of the form"),
        ("arango+http://db:many/graph", "is not of the form"),
        ("arango+http://db/graph?x=1", "is not of the form"),
    ],
)
def test_a_wrong_url_is_refused(url: str, problem: str) -> None:
    with pytest.raises(InvalidInput, match=f"store: {problem}") as refusal:
        open_store(url)
    assert "secret" not in str(refusal.value)


def test_the_registry_opens_it_without_asking_the_server() -> None:
    store = open_store("arango+http://ada@127.0.0.1:9/graph", "top-secret")
    assert isinstance(store, ArangoStore)
    assert "top-secret" not in repr(parse("arango+http://ada@127.0.0.1:9/graph", "top-secret"))
    store.close()
    store.close()
