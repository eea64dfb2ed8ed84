"""What notebooks show: views of the page and widgets, over a server of this process that starts when it is needed."""

from arangovis.notebook.widgets import CompatibilityAnalysis, ModelComparison

__all__ = ["CompatibilityAnalysis", "ModelComparison"]
