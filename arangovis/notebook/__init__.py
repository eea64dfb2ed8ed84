"""What notebooks show: widgets over a server of this process on the loopback address, started when it is needed."""

from arangovis.notebook.widgets import CompatibilityAnalysis, ModelComparison

__all__ = ["CompatibilityAnalysis", "ModelComparison"]
