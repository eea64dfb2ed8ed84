"""The whole comparison of two tables."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import numpy as np

from arangovis.domain.errors import Fault, InvalidInput, NoData, NotSupported
from arangovis.drift.classifier import Separation, separate
from arangovis.drift.encoding import VECTOR, Encoded, encode, encode_vector, identifier, stacked
from arangovis.drift.univariate import Difference, corrected, of_levels, of_numbers
from arangovis.drift.values import ROWS_MIN, ColumnShift, DriftOptions, DriftReport, SchemaChange
from arangovis.tabular.frame_columns import NUMERIC, PlainColumn

Progress = Callable[[float], None]


def detect(
    reference: Sequence[PlainColumn],
    current: Sequence[PlainColumn],
    options: DriftOptions | None = None,
    progress: Progress = lambda _: None,
) -> DriftReport:
    """Say whether `current` comes from where `reference` came from, and which columns moved.

    The tables are left as they are. Columns that only one has, or that number or name the rows, are not compared.

    Raises:
        NoData: a table has fewer than ROWS_MIN rows.
        NotSupported: no column is left to compare.
        InvalidInput: a column to ignore is in neither table.

    """
    wanted = options or DriftOptions()
    _check(reference, current, wanted)
    rows = len(reference[0]), len(current[0])
    schema = _schema(reference, current)
    left, right = _sampled(reference, schema, wanted, 0), _sampled(current, schema, wanted, 1)
    used = len(left[0]), len(right[0])
    dropped = dict.fromkeys(sorted(wanted.ignored), "it is ignored")
    dropped |= dict.fromkeys(sorted(wanted.times), "it is a time")
    encoded = _encoded(stacked(left, right), used[0], wanted, dropped)
    if not encoded:
        raise NotSupported("the tables have no column that can be compared")
    found = _separated(encoded, used, wanted.seed, progress)
    return DriftReport(
        auc=found.area,
        auc_folds=found.areas,
        p_value=found.p_value,
        shifted=found.area >= wanted.threshold and found.p_value < wanted.alpha,
        rows=rows,
        rows_used=used,
        columns=_shifts(encoded, found, used[0], wanted.alpha),
        dropped=dropped,
        schema=schema,
    )


def _check(reference: Sequence[PlainColumn], current: Sequence[PlainColumn], wanted: DriftOptions) -> None:
    for side, columns in (("reference", reference), ("current", current)):
        count = len(columns[0]) if columns else 0
        if count < ROWS_MIN:
            raise NoData(f"the {side} table has {count} rows; at least {ROWS_MIN} are compared")
    names = {column.vector or column.name for column in (*reference, *current)}
    unknown = sorted(wanted.ignored - names)
    if unknown:
        raise InvalidInput.of(*(Fault("ignored", f"{name!r:.80} is a column of neither table") for name in unknown))


def _schema(reference: Sequence[PlainColumn], current: Sequence[PlainColumn]) -> SchemaChange:
    left, right = ({column.name: _form(column) for column in side} for side in (reference, current))
    return SchemaChange(
        only_reference=tuple(name for name in left if name not in right),
        only_current=tuple(name for name in right if name not in left),
        retyped=tuple(name for name in left if name in right and left[name] != right[name]),
    )


def _form(column: PlainColumn) -> bool:
    """Tell numbers from texts; levels and free texts differ by how many there are, which is no change of type."""
    return column.kind == NUMERIC


def _sampled(
    columns: Sequence[PlainColumn], schema: SchemaChange, wanted: DriftOptions, side: int
) -> list[PlainColumn]:
    apart = {*schema.only_reference, *schema.only_current, *schema.retyped, *wanted.ignored, *wanted.times}
    kept = [c for c in columns if c.name not in apart and (c.vector or c.name) not in wanted.ignored]
    if not kept:
        raise NotSupported("the tables have no column in common that may be compared")
    if len(kept[0]) <= wanted.rows_max:
        return kept
    random = np.random.default_rng([wanted.seed, side])
    rows = np.sort(random.choice(len(kept[0]), wanted.rows_max, replace=False))
    return [column.take(rows) for column in kept]


def _encoded(
    columns: Sequence[PlainColumn], split: int, wanted: DriftOptions, dropped: dict[str, str]
) -> list[Encoded]:
    vectors: dict[str, list[PlainColumn]] = {}
    found: list[Encoded] = []
    for column in columns:
        reason = None if column.vector else identifier(column, split)
        if column.vector:
            vectors.setdefault(column.vector, []).append(column)
        elif reason:
            dropped[column.name] = reason
        else:
            found.append(encode(column, wanted.seed))
    return [*found, *(encode_vector(name, members, wanted.seed) for name, members in vectors.items())]


def _separated(encoded: Sequence[Encoded], used: tuple[int, int], seed: int, progress: Progress) -> Separation:
    ends = np.cumsum([0, *(item.features.shape[1] for item in encoded)])
    groups = [np.arange(start, end) for start, end in pairwise(ends)]
    levels = np.concatenate([np.full(item.features.shape[1], item.kind == "categorical") for item in encoded])
    labels = np.concatenate([np.zeros(used[0], np.int8), np.ones(used[1], np.int8)])
    matrix = np.concatenate([item.features for item in encoded], axis=1)
    return separate(matrix, labels, groups=groups, levels=levels, seed=seed, progress=progress)


def _shifts(encoded: Sequence[Encoded], found: Separation, split: int, alpha: float) -> tuple[ColumnShift, ...]:
    differences = [_difference(item, split) for item in encoded]
    p_values = corrected(np.array([item.p_value for item in differences]))
    shifts = [
        _shift(item, difference, (p_value, alpha), importance, split)
        for item, difference, p_value, importance in zip(
            encoded, differences, p_values.tolist(), found.importances, strict=True
        )
    ]
    return tuple(sorted(shifts, key=lambda shift: (-round(shift.importance, 3), -shift.statistic, shift.column)))


def _shift(
    item: Encoded, difference: Difference, significance: tuple[float, float], importance: float, split: int
) -> ColumnShift:
    missing = np.isnan(item.features[:, 0])
    p_value, alpha = significance
    return ColumnShift(
        column=item.name,
        kind=item.kind,
        test=difference.test,
        statistic=difference.statistic,
        p_value=p_value,
        moved=p_value < alpha,
        psi=difference.psi,
        distance=difference.distance,
        missing=(float(missing[:split].mean()), float(missing[split:].mean())),
        importance=importance,
    )


def _difference(item: Encoded, split: int) -> Difference:
    """Compare a column; of several features the one that moved most, its p-value times their number (Bonferroni)."""
    if item.kind == "categorical" and item.codes is not None:
        return of_levels(item.codes[:split], item.codes[split:], item.levels)
    each = [of_numbers(feature[:split], feature[split:]) for feature in item.features.T]
    most = min(each, key=lambda difference: (difference.p_value, -difference.statistic))
    distance = most.distance if item.kind in (NUMERIC, VECTOR) else None
    return Difference(most.test, most.statistic, min(1.0, most.p_value * len(each)), most.psi, distance)


def report_facts(report: DriftReport) -> Mapping[str, float | bool | str]:
    """Return what a person asks first, by name."""
    return {
        "auc": report.auc,
        "p_value": report.p_value,
        "shifted": report.shifted,
        "columns_moved": len(report.moved),
        "most_moved": report.moved[0] if report.moved else "",
    }
