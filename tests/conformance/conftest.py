"""The server that stores of ArangoDB are tested on: one for all tests of a process."""

from collections.abc import Iterator

import pytest

from tests.arango_databases import Server, running_server


@pytest.fixture(scope="session")
def arango() -> Iterator[Server]:
    with running_server() as server:
        yield server
