"""Under the name of its module in arangopipe."""

from arangovis.compat.arangopipe import ArangoPipe

__all__ = ["ArangoPipe"]
