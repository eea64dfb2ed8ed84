"""What a backend gives to the suite."""

from collections.abc import Iterator
from typing import ClassVar

import pytest

from arangovis.stores.base import GraphStore


class StoreContract:
    """The base of all parts of the suite: the store under test, and whether it can be opened again."""

    __test__ = False

    supports_reopen: ClassVar[bool] = False
    """Whether what was written is still there after `reopen`."""

    @pytest.fixture
    def store(self) -> Iterator[GraphStore]:
        """Yield a fresh, migrated store, and close it afterwards. A backend overrides this."""
        raise NotImplementedError

    def reopen(self, store: GraphStore) -> GraphStore:
        """Close the store and open what it stored again. A backend that supports it overrides this."""
        raise NotImplementedError
