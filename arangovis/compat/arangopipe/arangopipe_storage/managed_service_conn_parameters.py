"""Under the name of its module in arangopipe."""

from arangovis.compat.arangopipe import ManagedServiceConnParam

__all__ = ["ManagedServiceConnParam"]
