"""What the threads beside a user's job would import, imported before they start."""

import importlib


def import_here() -> None:
    """Import pyarrow in this thread.

    Libraries such as scikit-learn look whether it is loaded, and fail on it while another thread is still loading it.
    """
    importlib.import_module("pyarrow")
