"""Pixels of the two photographs that scikit-learn ships, as tables: real numbers, many rows."""

from functools import cache

import numpy as np
import numpy.typing as npt

from arangovis.tabular.frame_columns import NUMERIC, TEXT, PlainColumn

HUES = ("red", "green", "blue")


@cache
def pixels(photo: int = 0) -> npt.NDArray[np.float64]:
    """Return every third pixel: its colours, its brightness, contrast to the right, and its place; (n, 7)."""
    from sklearn.datasets import load_sample_images

    image = load_sample_images().images[photo].astype(np.float64)
    grey = image.mean(axis=2)
    contrast = np.abs(np.diff(grey, axis=1, append=grey[:, -1:]))
    y, x = np.indices(grey.shape)
    return np.column_stack([image.reshape(-1, 3), grey.ravel(), contrast.ravel(), x.ravel(), y.ravel()])[::13]


def table(rows: npt.NDArray[np.float64]) -> list[PlainColumn]:
    """Return pixels as columns, with the strongest colour as a level."""
    names = (*HUES, "brightness", "contrast", "x", "y")
    numbers = [PlainColumn(name, NUMERIC, values=rows[:, place].copy()) for place, name in enumerate(names)]
    strongest = np.argmax(rows[:, :3], axis=1).astype(np.int32)
    return [*numbers, PlainColumn("strongest", "categorical", codes=strongest, levels=HUES)]


def texts(values: list[str | None], name: str = "text") -> PlainColumn:
    """Return a column of texts."""
    levels = tuple(sorted({value for value in values if value}))
    places = {level: place for place, level in enumerate(levels)}
    codes = np.array([places.get(value or "", -1) for value in values], dtype=np.int32)
    return PlainColumn(name, TEXT, codes=codes, levels=levels)
