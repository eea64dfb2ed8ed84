"""What a shift detection is asked, and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field

ROWS_MIN = 10
"""Rows that each side must have."""
ROWS_MAX = 20_000
"""Rows of each side that are looked at; more are sampled."""
THRESHOLD = 0.6
ALPHA = 0.01


@dataclass(frozen=True, slots=True)
class DriftOptions:
    """How to compare.

    Args:
        ignored: columns that are not looked at.
        times: columns of moments, which tell any two periods apart and so are not looked at either.
        rows_max: rows of each side that are looked at, a seeded sample if there are more.
        threshold: area under the curve from which a shift is one.
        alpha: significance that a shift, and each column's, must have.
        seed: of the sample, the folds and the classifier.

    """

    ignored: frozenset[str] = frozenset()
    times: frozenset[str] = frozenset()
    rows_max: int = ROWS_MAX
    threshold: float = THRESHOLD
    alpha: float = ALPHA
    seed: int = 0


@dataclass(frozen=True, slots=True)
class ColumnShift:
    """How much one column moved. Effects are 0 for none; `p_value` is corrected for the number of columns.

    Args:
        column: its name.
        kind: numeric, categorical, text or vector.
        test: what `statistic` is: `ks` (Kolmogorov-Smirnov, 0 to 1) or `cramers_v` (0 to 1).
        statistic: the size of the effect.
        p_value: Benjamini-Hochberg corrected.
        moved: whether the p-value is below alpha.
        psi: population stability index: under 0.1 little, over 0.25 much.
        distance: Wasserstein distance in standard deviations of the reference; None for levels and texts.
        missing: share of missing values in the reference and in the current table.
        importance: by how much the classifier's area falls without the column's information.

    """

    column: str
    kind: str
    test: str
    statistic: float
    p_value: float
    moved: bool
    psi: float
    distance: float | None
    missing: tuple[float, float]
    importance: float


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """Columns that only one side has, and those that have another type."""

    only_reference: tuple[str, ...] = ()
    only_current: tuple[str, ...] = ()
    retyped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DriftReport:
    """The answer.

    Args:
        auc: mean area under the ROC curve over the folds: 0.5 is no shift, 1 complete separation.
        auc_folds: of each fold.
        p_value: of an area this large if nothing moved, one-sided.
        shifted: `auc >= threshold` and `p_value < alpha`.
        rows: of the reference and the current table, as they are.
        rows_used: of them, those looked at.
        columns: the columns compared, the most important first.
        dropped: columns not compared, with the reason.
        schema: what differs in the columns themselves; it is no part of the area.

    """

    auc: float
    auc_folds: tuple[float, ...]
    p_value: float
    shifted: bool
    rows: tuple[int, int]
    rows_used: tuple[int, int]
    columns: tuple[ColumnShift, ...]
    dropped: Mapping[str, str] = field(default_factory=dict)
    schema: SchemaChange = field(default_factory=SchemaChange)

    @property
    def moved(self) -> tuple[str, ...]:
        """The columns that moved, the most important first."""
        return tuple(item.column for item in self.columns if item.moved)
