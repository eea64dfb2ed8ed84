"""Embedders that are Python functions."""

import numpy as np
import pytest

from arangovis.domain.errors import ComputeFailed, InvalidInput, NotSupported
from arangovis.embedders.functions import FunctionEmbedder
from tests.embedding_functions import halves
from tests.pixel_rows import PIXELS, pixel_rows

MODULE = "tests.embedding_functions"


def of(name: str) -> FunctionEmbedder:
    return FunctionEmbedder(f"{MODULE}:{name}", setting=f"other:thing, {MODULE}:{name}")


def columns() -> dict[str, np.ndarray]:
    held = pixel_rows(0, 6)
    return {name: held[name] for name in PIXELS}


def test_a_function_gets_columns_and_gives_vectors() -> None:
    np.testing.assert_array_equal(of("halves")(columns()), halves(columns()).astype(np.float32))


def test_only_functions_that_the_settings_name_are_used() -> None:
    with pytest.raises(InvalidInput, match="embedder_functions names: none are"):
        FunctionEmbedder("os:system", setting="")


@pytest.mark.parametrize("name", ["nothing", "Columns.missing"])
def test_one_that_is_not_there_is_said(name: str) -> None:
    with pytest.raises(NotSupported, match=f"no function {MODULE}:{name}"):
        of(name)


def test_one_that_is_no_function_is_said() -> None:
    with pytest.raises(NotSupported, match="is not a function"):
        FunctionEmbedder("tests.pixel_rows:PIXELS", setting="tests.pixel_rows:PIXELS")


def test_what_it_raises_stays_in_the_log() -> None:
    with pytest.raises(ComputeFailed, match="failed with RuntimeError; the worker's log has more") as failed:
        of("broken")(columns())
    assert "secret" not in str(failed.value)


def test_it_must_give_a_vector_for_each_row() -> None:
    with pytest.raises(ComputeFailed, match="gave 5 x 16 numbers for 6 rows"):
        of("too_few")(columns())
