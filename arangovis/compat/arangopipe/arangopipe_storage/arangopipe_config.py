"""Under the name of its module in arangopipe."""

from arangovis.compat.arangopipe import ArangoPipeConfig

__all__ = ["ArangoPipeConfig"]
