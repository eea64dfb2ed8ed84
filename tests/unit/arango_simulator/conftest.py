"""A simulator for all tests here, and a database for each."""

import itertools
from collections.abc import Iterator

import pytest
import requests
from arango import ArangoClient
from arango.database import StandardDatabase

from tests.arango_simulator.process import Simulator, running_simulator

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def simulator() -> Iterator[Simulator]:
    with running_simulator() as simulator:
        yield simulator


@pytest.fixture(scope="session")
def client(simulator: Simulator) -> Iterator[ArangoClient]:
    client = ArangoClient(hosts=simulator.url)
    yield client
    client.close()


@pytest.fixture(scope="session")
def system(client: ArangoClient, simulator: Simulator) -> StandardDatabase:
    return client.db("_system", "root", simulator.root_password)


@pytest.fixture
def database(client: ArangoClient, system: StandardDatabase, simulator: Simulator) -> Iterator[StandardDatabase]:
    """A database of its own for the test."""
    name = f"test{next(_numbers)}"
    assert system.create_database(name)
    yield client.db(name, "root", simulator.root_password)
    simulator.clear_faults()
    assert system.delete_database(name)


@pytest.fixture
def raw(simulator: Simulator, database: StandardDatabase) -> Iterator["Raw"]:
    """Plain HTTP on the test's database, without a driver."""
    with requests.Session() as session:
        yield Raw(session, f"{simulator.url}/_db/{database.name}", simulator.root_password)


class Raw:
    """Sends requests as root."""

    def __init__(self, session: requests.Session, prefix: str, password: str) -> None:
        self._session = session
        self._prefix = prefix
        session.auth = ("root", password)

    def __call__(self, method: str, path: str, body: object = None, **headers: str) -> requests.Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._session.request(method, self._prefix + path, json=body, headers=sent, timeout=30)


def numbers_of(errors: list[object]) -> list[int]:
    """Return the error numbers in the answer of a driver's `*_many` method, 0 where there was none."""
    return [getattr(error, "error_code", 0) for error in errors]
