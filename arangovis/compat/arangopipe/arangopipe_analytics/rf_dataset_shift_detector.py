"""Under the name of its module in arangopipe."""

from arangovis.compat.arangopipe import RF_DatasetShiftDetector

__all__ = ["RF_DatasetShiftDetector"]
