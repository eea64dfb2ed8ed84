"""What computed."""

from importlib.metadata import PackageNotFoundError, version

__all__ = ["engine_name"]


def engine_name(distribution: str) -> str:
    """Return a library and its version without importing it, such as `numpy 2.4.6`."""
    try:
        return f"{distribution} {version(distribution)}"
    except PackageNotFoundError:
        return f"{distribution} (not installed)"
