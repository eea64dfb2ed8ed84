"""Rows of a model without embeddings as vectors: each input encoded by what its profile says it means.

Learnt from training rows, applied to any. Numbers come first, then the slots of categories; the two blocks are scaled
so that `categorical_weight` is the share of the mean squared distance between training rows that categories have.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import orjson

from arangovis.domain.catalogue import SignatureField
from arangovis.domain.errors import IntegrityError, NotSupported
from arangovis.domain.json import Document, JsonValue, decode
from arangovis.domain.parameters import Parameter
from arangovis.domain.views import items, mapping
from arangovis.projections.base import Matrix
from arangovis.projections.encoded_columns import ColumnCode, coding_of, learn_column
from arangovis.tabular import Rows
from arangovis.tabular.bundle import ArrayBundle

__all__ = ["CATEGORICAL_WEIGHT", "COLUMNS_MIN", "ENCODER_VERSION", "WIDTH_MAX", "EncodedRows", "TableEncoder"]

ENCODER_VERSION = 1
"""Raised by hand when the same rows would be encoded otherwise."""
COLUMNS_MIN = 2
WIDTH_MAX = 4096
"""Slots of all columns together."""

CATEGORICAL_WEIGHT = Parameter(
    "categorical_weight",
    float,
    0.5,
    "Of models without embeddings: how much categories count against numbers; 0 not at all, 1 alone.",
    minimum=0.0,
    maximum=1.0,
    optional=True,
)

_DOCUMENT = "columns_json"


@dataclass(frozen=True, slots=True)
class EncodedRows:
    """Rows as float32 (n, slots), and what had to be adjusted, as (column, in words)."""

    matrix: Matrix
    adjusted: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class TableEncoder:
    """How rows become vectors: columns of numbers, then of categories.

    `left_out` says why inputs are not among them. `spreads` are the root mean squared distances between training rows
    by numbers alone and by categories alone, 0 without such columns.
    """

    columns: tuple[ColumnCode, ...]
    left_out: tuple[tuple[str, str], ...] = ()
    spreads: tuple[float, float] = field(default=(1.0, 1.0))

    @classmethod
    def learn(cls, inputs: Sequence[SignatureField], rows: Rows) -> "TableEncoder":
        """Learn from training rows.

        Raises:
            InvalidInput: a column of numbers holds something else.
            NotSupported: fewer than COLUMNS_MIN inputs can be encoded, or their levels make too many slots.

        """
        found: list[ColumnCode] = []
        left_out: list[tuple[str, str]] = []
        for column in inputs:
            code = _learnt(column, rows)
            if isinstance(code, ColumnCode):
                found.append(code)
            else:
                left_out.append((column.name, code))
        _check(found, left_out)
        ordered = tuple(sorted(found, key=lambda code: code.is_categorical))
        bare = cls(ordered, tuple(left_out))
        return cls(ordered, bare.left_out, bare._spreads(bare._blocks(rows)[0]))

    @property
    def split(self) -> int:
        """How many slots are numbers; those behind are of categories."""
        return sum(not column.is_categorical for column in self.columns)

    @property
    def slots(self) -> tuple[str, ...]:
        """The name of each slot: `column` or `column.level`."""
        return tuple(slot for column in self.columns for slot in column.slots)

    @property
    def is_mixed(self) -> bool:
        """Whether there are both numbers and categories."""
        return 0 < self.split < len(self.slots)

    def encode(self, rows: Rows, *, categorical_weight: float = 0.5) -> EncodedRows:
        """Return rows as vectors, the blocks weighted where there are two.

        Raises:
            InvalidInput: a column is missing or holds something else.

        """
        matrix, adjusted = self._blocks(rows)
        if self.is_mixed:
            weights = (1 - categorical_weight, categorical_weight)
            numbers, categories = (_factor(*pair) for pair in zip(weights, self.spreads, strict=True))
            matrix[:, : self.split] *= numbers
            matrix[:, self.split :] *= categories
        return EncodedRows(matrix.astype(np.float32), adjusted)

    def _blocks(self, rows: Rows) -> tuple[npt.NDArray[np.float64], tuple[tuple[str, str], ...]]:
        encoded = [(column.name, column.encode(rows)) for column in self.columns]
        adjusted = tuple((name, told) for name, part in encoded for told in part.adjusted)
        return np.hstack([part.values for _, part in encoded]), adjusted

    def _spreads(self, matrix: npt.NDArray[np.float64]) -> tuple[float, float]:
        variances = matrix.var(axis=0)
        numbers, categories = variances[: self.split].sum(), variances[self.split :].sum()
        return float(np.sqrt(2 * numbers)), float(np.sqrt(2 * categories))

    def to_bundle(self) -> ArrayBundle:
        """Return it as an array of JSON text: the bundle's facts are read by everybody, the levels are data."""
        document: dict[str, JsonValue] = {
            "columns": [dict(column.document()) for column in self.columns],
            "left_out": dict(self.left_out),
            "spreads": list(self.spreads),
        }
        written = np.frombuffer(orjson.dumps(document), dtype=np.uint8)
        facts = {"columns": len(self.columns), "slots": len(self.slots), "version": ENCODER_VERSION}
        return ArrayBundle({_DOCUMENT: written}, facts)

    @classmethod
    def from_bundle(cls, bundle: ArrayBundle) -> "TableEncoder":
        """Read what `to_bundle` wrote.

        Raises:
            IntegrityError: it holds something else.

        """
        try:
            document: Document = decode(bundle.arrays[_DOCUMENT].astype(np.uint8).tobytes())
            columns = tuple(ColumnCode.of(item) for item in items(document, "columns") if isinstance(item, dict))
            numbers, categories = (float(str(spread)) for spread in items(document, "spreads"))
        except (KeyError, ValueError, TypeError) as error:
            raise IntegrityError("the stored arrays are no encoder of a table") from error
        left_out = tuple((name, str(reason)) for name, reason in mapping(document, "left_out").items())
        return cls(columns, left_out, (numbers, categories))


def _learnt(column: SignatureField, rows: Rows) -> ColumnCode | str:
    coding = coding_of(column.profile)
    if coding is None:
        return f"its profile is {column.profile.value}"
    if not column.is_scalar:
        return "is not one value a row"
    return learn_column(column.name, coding, rows) if rows.has(column.name) else "is not in the training data"


def _check(found: Sequence[ColumnCode], left_out: Sequence[tuple[str, str]]) -> None:
    if len(found) < COLUMNS_MIN:
        told = "; ".join(f"{name} {reason}" for name, reason in left_out[:10])
        raise NotSupported(f"at least {COLUMNS_MIN} inputs must vary and be usable, there are {len(found)}: {told}")
    width = sum(len(code.slots) for code in found)
    if width > WIDTH_MAX:
        raise NotSupported(f"the inputs and their levels make {width} slots, more than {WIDTH_MAX}: project embeddings")


def _factor(weight: float, spread: float) -> float:
    return float(np.sqrt(weight)) / spread if spread > 0 else 0.0
