"""Kinds that services declare: none of them is written as users' data."""

import importlib
import pkgutil
from collections.abc import Iterator

from arangovis import services
from arangovis.domain.access import OF_ADMINS
from arangovis.services.catalogue.entities import OF_SERVICES
from arangovis_schema import VertexKind


def declared() -> Iterator[str]:
    for found in pkgutil.walk_packages(services.__path__, f"{services.__name__}."):
        module = importlib.import_module(found.name)
        yield from (value.name for value in vars(module).values() if isinstance(value, VertexKind) and value.custom)


def test_each_kind_of_a_service_has_who_keeps_it() -> None:
    assert set(declared()) == OF_SERVICES | OF_ADMINS
