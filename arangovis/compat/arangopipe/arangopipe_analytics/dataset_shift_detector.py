"""Under the name of its module in arangopipe."""

from arangovis.compat.arangopipe import DatasetShiftDetector

__all__ = ["DatasetShiftDetector"]
