"""Two tables as one matrix that a classifier of trees reads, with missing values and levels as what they are."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from arangovis.tabular.frame_columns import NUMERIC, TEXT, PlainColumn

LEVELS_MAX = 254
"""Levels that are told apart, the most frequent ones; a tree has bins for so many. The others are one."""
TEXT_LEVELS_SHARE = 0.5
"""Texts of which more than this share are different are free text, fewer are levels."""
TEXT_COMPONENTS = 8
VECTOR_COMPONENTS = 16
_HASHED_WORDS = 2**12
_HUGE = 1e300
VECTOR = "vector"

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Encoded:
    """One column of both tables, the reference's rows first: float64 (rows, width).

    `codes` are its levels, int32 (rows,), or None where it has numbers.
    """

    name: str
    kind: str
    features: Doubles
    codes: npt.NDArray[np.int32] | None = None
    levels: int = 0


def stacked(reference: Sequence[PlainColumn], current: Sequence[PlainColumn]) -> list[PlainColumn]:
    """Return the columns of both tables, which have the same names and kinds, one table on top of the other."""
    by_name = {column.name: column for column in current}
    return [_joined(column, by_name[column.name]) for column in reference]


def encode(column: PlainColumn, seed: int) -> Encoded:
    """Return a column of numbers, levels or texts as features."""
    if column.kind == NUMERIC:
        return Encoded(column.name, NUMERIC, np.clip(_values(column), -_HUGE, _HUGE)[:, None])
    if column.kind == TEXT and _is_free(column):
        return Encoded(column.name, TEXT, _text_features(column, seed), np.minimum(_codes(column), 0), 1)
    codes, levels = _frequent(_codes(column), len(column.levels))
    return Encoded(column.name, "categorical", np.where(codes < 0, np.nan, codes)[:, None], codes, levels)


def encode_vector(name: str, members: Sequence[PlainColumn], seed: int) -> Encoded:
    """Return a column of vectors as its principal components; a vector that is missing has none."""
    from sklearn.decomposition import PCA

    matrix = np.clip(np.stack([_values(member) for member in members], axis=1), -_HUGE, _HUGE)
    present = ~np.isnan(matrix).any(axis=1)
    size = min(VECTOR_COMPONENTS, matrix.shape[1], int(present.sum()))
    found = np.full((len(matrix), max(1, size)), np.nan)
    if size:
        found[present] = PCA(size, random_state=seed).fit_transform(matrix[present])
    return Encoded(name, VECTOR, found)


def identifier(column: PlainColumn, split: int) -> str | None:
    """Say why a column says nothing about its row's content, or None: row numbers and keys separate any two tables."""
    sides = (slice(None, split), slice(split, None))
    if column.kind == NUMERIC:
        values = _values(column)
        return "it numbers the rows" if all(_counts_up(values[side]) for side in sides) else None
    codes = _codes(column)
    if column.kind != TEXT or any(" " in level.strip() for level in column.levels):
        return None
    distinct = all(len(np.unique(codes[side])) > 0.99 * (codes[side].size) for side in sides)
    return "it is different in every row" if distinct else None


def _joined(first: PlainColumn, second: PlainColumn) -> PlainColumn:
    if first.kind == NUMERIC:
        return replace(first, values=np.concatenate([_values(first), _values(second)]))
    levels = tuple(sorted({*first.levels, *second.levels}))
    places = {level: place for place, level in enumerate(levels)}
    moved = [_moved(column, places) for column in (first, second)]
    return replace(first, codes=np.concatenate(moved), levels=levels)


def _moved(column: PlainColumn, places: dict[str, int]) -> npt.NDArray[np.int32]:
    table = np.array([*(places[level] for level in column.levels), -1], dtype=np.int32)
    return table[_codes(column)]  # a missing one is -1, which is the last place


def _frequent(codes: npt.NDArray[np.int32], levels: int) -> tuple[npt.NDArray[np.int32], int]:
    if levels <= LEVELS_MAX:
        return codes, levels
    counts = np.bincount(codes[codes >= 0], minlength=levels)
    places = np.full(levels + 1, LEVELS_MAX, dtype=np.int32)
    places[np.argsort(-counts, kind="stable")[:LEVELS_MAX]] = np.arange(LEVELS_MAX)
    places[-1] = -1
    return places[codes], LEVELS_MAX + 1


def _is_free(column: PlainColumn) -> bool:
    present = int((_codes(column) >= 0).sum())
    return len(column.levels) > max(LEVELS_MAX, TEXT_LEVELS_SHARE * present)


def _text_features(column: PlainColumn, seed: int) -> Doubles:
    """Return length, words, and the strongest directions of the hashed words, of each text."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import HashingVectorizer

    hashed = HashingVectorizer(n_features=_HASHED_WORDS).transform(column.levels)
    components = TruncatedSVD(TEXT_COMPONENTS, random_state=seed).fit_transform(hashed)
    sizes = [(len(level), len(level.split())) for level in column.levels]
    table = np.column_stack([np.array(sizes, dtype=np.float64), components])
    return np.vstack([table, np.full(table.shape[1], np.nan)])[_codes(column)]


def _counts_up(values: Doubles) -> bool:
    if len(values) < 2 or np.isnan(values).any() or (values != np.floor(values)).any():
        return False
    steps = np.diff(values)
    return bool((steps > 0).all() or (steps < 0).all())


def _values(column: PlainColumn) -> Doubles:
    return np.zeros(0) if column.values is None else column.values


def _codes(column: PlainColumn) -> npt.NDArray[np.int32]:
    return np.zeros(0, np.int32) if column.codes is None else column.codes
