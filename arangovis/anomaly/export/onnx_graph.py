"""The ONNX graph of a detector: numbers and levels in, scores out, with everything between.

Inputs: `numbers` double (n, numeric columns), NaN for a missing one, and `levels` text (n, categorical columns), any
text that is no level for a missing one; both in the order of schema.json. Outputs: `score` double (n), NaN for a row
whose `status` is not 0, `is_anomaly`, and where the detector has them `squared_errors`, `reconstruction` in original
units, and `deep_features_<layer>`. Arithmetic is double, so that small errors are not lost in the rounding.
Names of columns are nowhere in the graph; levels are its data.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from arangovis.anomaly.adapting import EXPANDED_MAX, NON_FINITE, OUT_OF_RANGE
from arangovis.anomaly.base import RowScorer
from arangovis.anomaly.expansion import ColumnSpec
from arangovis.anomaly.forest_detector import Forest
from arangovis.anomaly.knn_detector import Neighbours
from arangovis.anomaly.model import AnomalyModel
from arangovis.anomaly.network import LINEAR, RECTIFIER, Network
from arangovis.domain.errors import MissingExtra, NotSupported

if TYPE_CHECKING:
    import onnx

__all__ = ["onnx_bytes"]

OPSET, OPSET_TREES, IR_VERSION = 17, 3, 8
_TREES = "ai.onnx.ml"


def onnx_bytes(model: AnomalyModel) -> bytes:
    """Return the graph as the bytes of a .onnx file; the same for the same model.

    Raises:
        MissingExtra: onnx is not installed.

    """
    try:
        import onnx
    except ImportError as error:
        raise MissingExtra("an ONNX file is written with onnx: install arangovis[anomaly]") from error
    graph = _Graph()
    slots, flagged = _expanded(graph, model)
    _detector(graph, model, slots, flagged)
    made = onnx.helper.make_model(
        graph.finished(),
        opset_imports=[onnx.helper.make_opsetid("", OPSET), onnx.helper.make_opsetid(_TREES, OPSET_TREES)],
        ir_version=IR_VERSION,
        producer_name="arangovis",
    )
    onnx.checker.check_model(made)
    return bytes(made.SerializeToString(deterministic=True))


class _Graph:
    """Nodes as they are added; each method returns the name of what it made."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []

    def add(self, operator: str, *inputs: str, **attributes: Any) -> str:  # attributes are of many types
        from onnx import helper

        name = f"v{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, list(inputs), [name], **attributes))
        return name

    def constant(self, values: npt.ArrayLike, dtype: type[np.generic] = np.float64) -> str:
        from onnx import numpy_helper

        name = f"c{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(values, dtype=dtype), name))
        return name

    def largest(self, values: str, count: int) -> str:
        """Return the positions of the largest of each row, largest first, of equal ones the first."""
        from onnx import helper

        name = f"v{len(self._nodes)}"
        inputs = [values, self.constant([count], np.int64)]
        self._nodes.append(helper.make_node("TopK", inputs, [f"{name}_values", name], axis=1))
        return name

    def scalar(self, value: float) -> str:
        return self.constant(np.array([value]))

    def input(self, name: str, *, width: int, is_text: bool) -> str:
        from onnx import TensorProto, helper

        kind = TensorProto.STRING if is_text else TensorProto.DOUBLE
        self._inputs.append(helper.make_tensor_value_info(name, kind, ["rows", width]))
        return name

    def output(self, name: str, value: str, *, kind: str = "DOUBLE", width: int | None = None) -> None:
        from onnx import TensorProto, helper

        self._nodes.append(helper.make_node("Identity", [value], [name]))
        shape: list[str | int | None] = ["rows"] if width is None else ["rows", width]
        self._outputs.append(helper.make_tensor_value_info(name, getattr(TensorProto, kind), shape))

    def any_of(self, truths: str) -> str:
        """Return (n, 1): whether any of (n, m) is true."""
        from onnx import TensorProto

        numbers = self.add("Cast", truths, to=TensorProto.DOUBLE)
        return self.add("Greater", self.add("ReduceMax", numbers, axes=[1], keepdims=1), self.scalar(0.0))

    def flat(self, values: str) -> str:
        """Return (n,) of (n, 1)."""
        return self.add("Reshape", values, self.constant([-1], np.int64))

    def finished(self) -> "onnx.GraphProto":
        from onnx import helper

        return helper.make_graph(self._nodes, "anomaly_detector", self._inputs, self._outputs, self._constants)


def _expanded(graph: _Graph, model: AnomalyModel) -> tuple[str, str | None]:
    """Return the slots (n, width), and (n, 1) which rows are flagged, if there are numbers."""
    categorical, numeric = model.expansion.categorical(), model.expansion.numeric()
    parts = []
    if categorical:
        texts = graph.input("levels", width=len(categorical), is_text=True)
        parts = [_one_hot(graph, texts, position, spec) for position, spec in enumerate(categorical)]
    flagged = None
    if numeric:
        numbers, flagged = _numbers(graph, numeric)
        parts.append(numbers)
    slots = graph.add("Concat", *parts, axis=1)
    if flagged is None:
        return slots, None
    return graph.add("Where", flagged, graph.scalar(0.0), slots), flagged


def _one_hot(graph: _Graph, texts: str, position: int, spec: ColumnSpec) -> str:
    from onnx import TensorProto

    missing = len(spec.levels)
    column = graph.add("Gather", texts, graph.constant([position], np.int64), axis=1)
    levels, codes = (list(spec.levels), list(range(missing))) if spec.levels else ([""], [0])
    code = graph.add(
        "LabelEncoder", column, domain=_TREES, keys_strings=levels, values_int64s=codes, default_int64=missing
    )
    every = graph.constant(np.arange(missing + 1).reshape(1, -1), np.int64)
    return graph.add("Cast", graph.add("Equal", code, every), to=TensorProto.DOUBLE)


def _numbers(graph: _Graph, specs: tuple[ColumnSpec, ...]) -> tuple[str, str]:
    """Return the slots of numbers, and (n, 1) which rows are flagged; `status` becomes an output."""
    numbers = graph.input("numbers", width=len(specs), is_text=False)
    centred = graph.add("Sub", numbers, graph.constant([[spec.mean for spec in specs]]))
    scaled = graph.add("Mul", centred, graph.constant([[spec.scale for spec in specs]]))
    slots = graph.add("Where", graph.add("IsNaN", scaled), graph.scalar(0.0), scaled)
    far = graph.any_of(graph.add("Greater", graph.add("Abs", slots), graph.scalar(EXPANDED_MAX)))
    infinite = graph.any_of(graph.add("IsInf", numbers))
    beyond = graph.add("Where", far, graph.constant([OUT_OF_RANGE], np.int64), graph.constant([0], np.int64))
    status = graph.add("Where", infinite, graph.constant([NON_FINITE], np.int64), beyond)
    graph.output("status", graph.flat(status), kind="INT64")
    return slots, graph.add("Or", far, infinite)


def _detector(graph: _Graph, model: AnomalyModel, slots: str, flagged: str | None) -> None:
    scorer = model.scorer
    if isinstance(scorer, Forest):
        score = _forest(graph, scorer, slots)
    else:
        errors, normal = _reconstruction(graph, scorer, slots, flagged)
        score = graph.add("ReduceMean", errors, axes=[1], keepdims=1)
        graph.output("squared_errors", _unless(graph, flagged, errors), width=model.expansion.width)
        units = _units(graph, model, normal)
        graph.output("reconstruction", _unless(graph, flagged, units), width=model.expansion.width)
    above = graph.add("Greater", score, graph.scalar(model.threshold))
    is_anomaly = above if flagged is None else graph.add("Or", above, flagged)
    graph.output("score", graph.flat(_unless(graph, flagged, score)))
    graph.output("is_anomaly", graph.flat(is_anomaly), kind="BOOL")


def _reconstruction(graph: _Graph, scorer: RowScorer, slots: str, flagged: str | None) -> tuple[str, str]:
    """Return (squared errors, reconstruction), both (n, width)."""
    if isinstance(scorer, Neighbours):
        return _neighbours(graph, scorer, slots)
    if isinstance(scorer, Network):
        return _network(graph, scorer, slots, flagged)
    raise NotSupported(f"{type(scorer).__name__} cannot be written as ONNX")


def _unless(graph: _Graph, flagged: str | None, values: str) -> str:
    return values if flagged is None else graph.add("Where", flagged, graph.scalar(np.nan), values)


def _units(graph: _Graph, model: AnomalyModel, normal: str) -> str:
    categorical = model.expansion.numeric_start
    numeric = model.expansion.numeric()
    scales = [1.0] * categorical + [spec.scale for spec in numeric]
    means = [0.0] * categorical + [spec.mean for spec in numeric]
    return graph.add("Add", graph.add("Div", normal, graph.constant([scales])), graph.constant([means]))


def _network(graph: _Graph, network: Network, slots: str, flagged: str | None) -> tuple[str, str]:
    """Return (squared errors, reconstruction); the hidden layers become outputs."""
    values = slots
    for layer, (weights, biases) in enumerate(zip(network.weights, network.biases, strict=True)):
        values = graph.add("Gemm", values, graph.constant(weights), graph.constant(biases), transB=1)
        if network.activation != LINEAR:
            values = graph.add("Relu" if network.activation == RECTIFIER else "Tanh", values)
        if layer < len(network.layers):
            graph.output(f"deep_features_{layer}", _unless(graph, flagged, values), width=len(biases))
    difference = graph.add("Sub", values, slots)
    return graph.add("Mul", difference, difference), values


def _neighbours(graph: _Graph, neighbours: Neighbours, slots: str) -> tuple[str, str]:
    """Return (mean squared differences, means) of the nearest rows."""
    rows = graph.constant(neighbours.rows)
    lengths = graph.constant((neighbours.rows**2).sum(axis=1))
    rough = graph.add("Gemm", slots, rows, lengths, transB=1, alpha=-2.0)
    near = graph.add("Gather", rows, graph.largest(graph.add("Neg", rough), neighbours.count), axis=0)
    difference = graph.add("Sub", near, graph.add("Unsqueeze", slots, graph.constant([1], np.int64)))
    squares = graph.add("Mul", difference, difference)
    errors, means = (graph.add("ReduceMean", values, axes=[1], keepdims=0) for values in (squares, near))
    return errors, means


def _forest(graph: _Graph, forest: Forest, slots: str) -> str:
    """Return the scores (n, 1)."""
    from onnx import TensorProto, helper

    counts = np.diff([*forest.roots, len(forest.feature)])
    trees = np.repeat(np.arange(len(counts)), counts)
    own = np.arange(len(trees)) - forest.roots[trees]
    leaf = forest.feature < 0
    rounded = graph.add("Cast", graph.add("Cast", slots, to=TensorProto.FLOAT), to=TensorProto.DOUBLE)
    ids = own[leaf].tolist()
    path = graph.add(
        "TreeEnsembleRegressor",
        rounded,
        domain=_TREES,
        n_targets=1,
        aggregate_function="SUM",
        nodes_treeids=trees.tolist(),
        nodes_nodeids=own.tolist(),
        nodes_featureids=np.maximum(forest.feature, 0).tolist(),
        nodes_modes=np.where(leaf, "LEAF", "BRANCH_LEQ").tolist(),
        nodes_values_as_tensor=helper.make_tensor("cuts", TensorProto.DOUBLE, [len(trees)], forest.cut.tolist()),
        nodes_truenodeids=(forest.low - forest.roots[trees]).tolist(),
        nodes_falsenodeids=(forest.high - forest.roots[trees]).tolist(),
        target_treeids=trees[leaf].tolist(),
        target_nodeids=ids,
        target_ids=[0] * len(ids),
        target_weights_as_tensor=helper.make_tensor(
            "paths", TensorProto.DOUBLE, [len(ids)], forest.path[leaf].tolist()
        ),
    )
    typical = graph.scalar(-len(forest.roots) * forest.typical)
    return graph.add(
        "Pow", graph.scalar(2.0), graph.add("Div", graph.add("Cast", path, to=TensorProto.DOUBLE), typical)
    )
