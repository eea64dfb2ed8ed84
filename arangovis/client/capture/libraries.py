"""Versions of Python and of the libraries that are loaded, under the names by which they are installed."""

import importlib.metadata
import platform
import sys
from collections.abc import Collection, Mapping
from functools import cache

from arangovis.domain.json import Scalar

LIBRARIES_MAX = 1000


def library_facts() -> Mapping[str, Scalar]:
    """Return the versions of Python, of the system, and of each loaded library that was installed."""
    return {"python": platform.python_version(), "system": platform.platform(), **_versions(_loaded())}


def _loaded() -> Collection[str]:
    """Return the top-level modules that are loaded and do not come with Python."""
    tops = {name.partition(".")[0] for name in tuple(sys.modules)}
    return sorted(top for top in tops - sys.stdlib_module_names if top and not top.startswith("_"))[:LIBRARIES_MAX]


def _versions(modules: Collection[str]) -> dict[str, Scalar]:
    found: dict[str, Scalar] = {}
    for module in modules:
        for name in _distributions().get(module, ()):
            found[name] = importlib.metadata.version(name)
    return found


@cache
def _distributions() -> Mapping[str, list[str]]:
    """Return which installed libraries a module belongs to; to look takes a tenth of a second."""
    return importlib.metadata.packages_distributions()
