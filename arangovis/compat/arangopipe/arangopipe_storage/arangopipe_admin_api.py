"""Under the name of its module in arangopipe."""

from arangovis.compat.arangopipe import ArangoPipeAdmin

__all__ = ["ArangoPipeAdmin"]
