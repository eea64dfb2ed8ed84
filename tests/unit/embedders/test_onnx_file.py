"""Embedders that are ONNX files, run on digits and on the text that describes them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits

from arangovis.domain.errors import ComputeFailed, NotSupported
from arangovis.embedders.onnx_file import OnnxEmbedder
from tests.onnx_embedders import DIMENSIONS, axes, digits_encoder, words_encoder
from tests.pixel_rows import PIXELS, pixel_rows

ROWS = 7


def columns(rows: int = ROWS) -> dict[str, Any]:
    held = pixel_rows(0, rows)
    return {name: held[name] for name in PIXELS}


def wanted(rows: int = ROWS) -> Any:
    mean, components = axes()
    return (load_digits().data[:rows].astype(np.float32) / 16 - mean) @ components


@pytest.mark.parametrize("shape", [(None, 64), (None, 1, 8, 8), (None, None), (3, 64), (1, 64)])
def test_columns_fill_the_shape_that_the_graph_declares(shape: Sequence[int | None]) -> None:
    found = OnnxEmbedder(digits_encoder(shape))(columns())
    assert (found.shape, found.dtype) == ((ROWS, DIMENSIONS), np.float32)
    np.testing.assert_allclose(found, wanted(), atol=1e-5)


def test_a_column_of_lists_is_as_good_as_many_columns() -> None:
    pixels = np.asarray(load_digits().data[:ROWS] / 16)
    np.testing.assert_allclose(OnnxEmbedder(digits_encoder())({"pixels": pixels}), wanted(), atol=1e-5)


def test_texts_are_read() -> None:
    sentences = [line.strip() for line in str(load_digits().DESCR).splitlines() if len(line.split()) > 3]
    embedder = OnnxEmbedder(words_encoder(sentences[1:]))
    found = embedder({"text": sentences})
    assert found[1:].sum(axis=1).tolist() == [len(line.split()) for line in sentences[1:]]
    assert found[0].sum() <= len(sentences[0].split()), "words that it does not know count nothing"
    np.testing.assert_array_equal(embedder({"text": [sentences[1].upper()]})[0], found[1])


def test_the_output_is_chosen_by_name_if_there_are_several() -> None:
    both = digits_encoder(outputs=2)
    assert OnnxEmbedder(both, output="centred")(columns()).shape == (ROWS, 64)
    with pytest.raises(NotSupported, match="several outputs, and none was named; it has vectors, centred"):
        OnnxEmbedder(both)
    with pytest.raises(NotSupported, match="no output 'other'"):
        OnnxEmbedder(both, output="other")


@pytest.mark.parametrize("data", [b"", b"no graph", digits_encoder()[:200]])
def test_what_is_no_onnx_file_is_refused(data: bytes) -> None:
    with pytest.raises(NotSupported, match="no ONNX graph that can be run") as refused:
        OnnxEmbedder(data)
    assert "/" not in str(refused.value), "no path"


def test_columns_that_do_not_fit_are_refused() -> None:
    embedder = OnnxEmbedder(digits_encoder())
    with pytest.raises(NotSupported, match="is rows x 64; its columns are 63 wide"):
        embedder({name: values for name, values in columns().items() if name != "pixel_9"})
    with pytest.raises(NotSupported, match="pixel_0 holds text; the ONNX embedder reads numbers"):
        embedder({**columns(), "pixel_0": ["a"] * ROWS})


def test_a_graph_that_fails_says_what_failed() -> None:
    with pytest.raises(ComputeFailed, match="the ONNX embedder failed"):
        OnnxEmbedder(digits_encoder((None, None)))({"pixels": np.zeros((ROWS, 5))})
