"""Embedders that are Python functions, which the operator of the workers installed and named."""

import importlib
import logging
import platform
from collections.abc import Callable
from typing import cast

from arangovis.domain.errors import ArangovisError, ComputeFailed, NotSupported
from arangovis.embedders.allowed import check_function
from arangovis.embedders.base import Columns, InputColumn, Matrix, as_vectors, rows_of

__all__ = ["FunctionEmbedder"]

_log = logging.getLogger("arangovis.embedders")


class FunctionEmbedder:
    """A function `module:function` that takes a mapping of columns and returns a vector for each row."""

    def __init__(self, name: str, *, setting: str) -> None:
        """Find the function.

        Raises:
            InvalidInput: the setting does not name it.
            NotSupported: this worker has no such function.

        """
        check_function(name, setting)
        self.engine = f"python {platform.python_version()}"
        self._name = name
        self._function = _found(name)

    def __call__(self, columns: Columns) -> Matrix:
        """See `Embed`."""
        try:
            found = self._function(dict(columns))
        except ArangovisError:
            raise
        except Exception as error:
            _log.exception("the embedder %s failed", self._name)
            problem = f"the embedder {self._name} failed with {type(error).__name__}; the worker's log has more"
            raise ComputeFailed(problem) from error
        return as_vectors(found, rows_of(columns), f"the embedder {self._name}")


def _found(name: str) -> Callable[[dict[str, InputColumn]], object]:
    module, _, function = name.partition(":")
    try:
        found = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise NotSupported(f"this worker has no function {name}") from error
    if not callable(found):
        raise NotSupported(f"{name} is not a function")
    return cast("Callable[[dict[str, InputColumn]], object]", found)
