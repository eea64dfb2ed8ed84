"""Real ONNX embedders, made of real data: a projection of digits onto their principal axes, and words of texts."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

DIMENSIONS = 12


def axes() -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return the mean of scikit-learn's digits and their principal axes, float32 (64,) and (64, 12)."""
    from sklearn.datasets import load_digits
    from sklearn.decomposition import PCA

    fitted = PCA(DIMENSIONS, random_state=0).fit(load_digits().data / 16)
    return fitted.mean_.astype(np.float32), fitted.components_.T.astype(np.float32)


def digits_encoder(shape: Sequence[int | None] = (None, 64), *, outputs: int = 1) -> bytes:
    """Return an encoder of digits as an ONNX file; it takes pixels in this shape, rows first."""
    from onnx import TensorProto, helper, numpy_helper

    mean, components = axes()
    flat = helper.make_node("Reshape", ["pixels", "flat"], ["rows"])
    nodes = [flat, helper.make_node("Sub", ["rows", "mean"], ["centred"])]
    nodes.append(helper.make_node("MatMul", ["centred", "axes"], ["vectors"]))
    constants = {"flat": np.array([-1, 64]), "mean": mean, "axes": components}
    graph = helper.make_graph(
        nodes,
        "digits",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, list(shape))],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, width])
            for name, width in (("vectors", DIMENSIONS), ("centred", 64))[:outputs]
        ],
        [numpy_helper.from_array(values, name) for name, values in constants.items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    return bytes(made.SerializeToString())


def words_encoder(texts: Sequence[str]) -> bytes:
    """Return an encoder of texts as an ONNX file: which of the words of `texts` a text has, and how often."""
    from onnx import TensorProto, helper

    known = sorted({word for text in texts for word in text.lower().split()})
    nodes = [
        helper.make_node("StringNormalizer", ["text"], ["lower"], case_change_action="LOWER", locale="C"),
        helper.make_node("Reshape", ["lower", "column"], ["shaped"]),
        helper.make_node("StringSplit", ["shaped"], ["words", "counts"]),
        helper.make_node(
            "LabelEncoder",
            ["words"],
            ["codes"],
            domain="ai.onnx.ml",
            keys_strings=known,
            values_int64s=list(range(1, len(known) + 1)),
            default_int64=0,
        ),
        helper.make_node("OneHot", ["codes", "depth", "values"], ["hot"], axis=-1),
        helper.make_node("ReduceSum", ["hot", "axis"], ["summed"], keepdims=0),
        helper.make_node("Slice", ["summed", "from", "to", "last"], ["vectors"]),
    ]
    integers = {
        "column": [-1],
        "depth": [len(known) + 1],
        "axis": [1],
        "from": [1],
        "to": [len(known) + 1],
        "last": [1],
    }
    constants = [helper.make_tensor(name, TensorProto.INT64, [1], values) for name, values in integers.items()]
    constants.append(helper.make_tensor("values", TensorProto.FLOAT, [2], [0.0, 1.0]))
    graph = helper.make_graph(
        nodes,
        "words",
        [helper.make_tensor_value_info("text", TensorProto.STRING, [None])],
        [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, [None, len(known)])],
        constants,
    )
    opsets = [helper.make_opsetid("", 20), helper.make_opsetid("ai.onnx.ml", 3)]
    return bytes(helper.make_model(graph, opset_imports=opsets, ir_version=9).SerializeToString())
