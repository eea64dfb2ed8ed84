"""Embedders that are an ONNX file, run by onnxruntime. The graph runs in memory: it opens no file beside its own."""

import os
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from arangovis.domain.errors import ComputeFailed, MissingExtra, NotSupported
from arangovis.embedders.base import Columns, InputColumn, Matrix, as_vectors, rows_of

if TYPE_CHECKING:
    import onnxruntime

__all__ = ["OnnxEmbedder"]

_TYPES: dict[str, Any] = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(float16)": np.float16,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(uint8)": np.uint8,
    "tensor(bool)": np.bool_,
    "tensor(string)": np.object_,
}
_PLACE = re.compile(r"/\S+:\d+ \S+ |/\S+")
_FATAL = 4
"""The level from which onnxruntime writes to the log itself: what goes wrong is an error of the run."""


class OnnxEmbedder:
    """A graph whose inputs are filled with columns.

    A graph of one input takes all columns, side by side, in the shape that it declares; one of several takes for each
    the column of its name.
    """

    def __init__(self, data: bytes, *, output: str = "") -> None:
        """Read the graph; `output` is the name of the output with the vectors, needed if there are several.

        Raises:
            MissingExtra: onnxruntime is not installed.
            NotSupported: it is no ONNX file, or one that this onnxruntime cannot run.

        """
        runtime = _runtime()
        self.engine = f"onnxruntime {runtime.__version__}"
        self._session = _session(runtime, data)
        self._inputs = self._session.get_inputs()
        self._output = self._chosen_output(output)

    def __call__(self, columns: Columns) -> Matrix:
        """See `Embed`."""
        rows = rows_of(columns)
        feeds = self._feeds(columns, rows)
        fixed = self._fixed_rows()
        if fixed is None:
            return as_vectors(self._run(feeds), rows, "the ONNX embedder")
        parts = [self._run(_padded(feeds, start, fixed)) for start in range(0, rows, fixed)]
        return as_vectors(np.concatenate(parts)[:rows], rows, "the ONNX embedder")

    def _run(self, feeds: dict[str, npt.NDArray[Any]]) -> npt.NDArray[Any]:
        try:
            return np.asarray(self._session.run([self._output], feeds)[0])
        except Exception as error:  # onnxruntime has no common class for what a graph may do
            raise ComputeFailed(f"the ONNX embedder failed: {_first_line(error)}") from error

    def _chosen_output(self, name: str) -> str:
        names: list[str] = [output.name for output in self._session.get_outputs()]
        if name in names:
            return name
        if name or len(names) > 1:
            wanted = f"has no output {name!r}" if name else "has several outputs, and none was named"
            raise NotSupported(f"the ONNX embedder {wanted}; it has {', '.join(names)}")
        return names[0]

    def _feeds(self, columns: Columns, rows: int) -> dict[str, npt.NDArray[Any]]:
        if len(self._inputs) == 1:
            (graph_input,) = self._inputs
            return {graph_input.name: _filled(graph_input, columns, rows)}
        if missing := [item.name for item in self._inputs if item.name not in columns]:
            raise NotSupported(f"the ONNX embedder reads {', '.join(missing)}, which are not among its columns")
        return {item.name: _filled(item, {item.name: columns[item.name]}, rows) for item in self._inputs}

    def _fixed_rows(self) -> int | None:
        """Return how many rows the graph takes at once if it does not take any number."""
        first = [item.shape[0] for item in self._inputs if item.shape]
        return next((size for size in first if isinstance(size, int) and size > 0), None)


def _runtime() -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingExtra("an ONNX embedder needs onnxruntime: install arangovis[embedders]") from error
    return onnxruntime


def _session(runtime: Any, data: bytes) -> "onnxruntime.InferenceSession":
    options = runtime.SessionOptions()
    options.intra_op_num_threads = int(os.environ.get("OMP_NUM_THREADS") or 0)
    options.inter_op_num_threads = 1
    options.log_severity_level = _FATAL
    try:
        return runtime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # as above
        raise NotSupported(f"the embedder's file is no ONNX graph that can be run: {_first_line(error)}") from error


def _filled(graph_input: Any, columns: Columns, rows: int) -> npt.NDArray[Any]:
    """Return columns side by side as one input of the graph."""
    if graph_input.type not in _TYPES:
        raise NotSupported(f"the input {graph_input.name} of the ONNX embedder is a {graph_input.type}")
    wanted = _TYPES[graph_input.type]
    flat = np.concatenate([_table(name, values, wanted) for name, values in columns.items()], axis=1)
    inner = [size if isinstance(size, int) and size > 0 else -1 for size in graph_input.shape[1:]]
    if inner.count(-1) > 1:
        raise NotSupported(f"the input {graph_input.name} of the ONNX embedder leaves its shape open: {inner}")
    try:
        return flat.reshape(rows, *inner)
    except ValueError as error:
        shape = " x ".join(["rows", *("any" if size < 0 else str(size) for size in inner)])
        problem = f"the input {graph_input.name} of the ONNX embedder is {shape}; its columns are {flat.shape[1]} wide"
        raise NotSupported(problem) from error


def _table(name: str, values: InputColumn, wanted: Any) -> npt.NDArray[Any]:
    is_text = not isinstance(values, np.ndarray)
    if is_text != (wanted is np.object_):
        held, read = ("text", "numbers") if is_text else ("numbers", "text")
        raise NotSupported(f"the column {name} holds {held}; the ONNX embedder reads {read} there")
    with np.errstate(invalid="ignore", over="ignore"):
        return np.asarray(values, dtype=wanted).reshape(len(values), -1)


def _padded(feeds: dict[str, npt.NDArray[Any]], start: int, fixed: int) -> dict[str, npt.NDArray[Any]]:
    """Return so many rows from `start` on, the last one repeated where there are no more."""
    return {
        name: values[np.minimum(np.arange(start, start + fixed), len(values) - 1)] for name, values in feeds.items()
    }


def _first_line(error: Exception) -> str:
    """Return what onnxruntime says of an error, without the places in its own code."""
    line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return _PLACE.sub("", line.split("] : ", 1)[-1])[:200]
