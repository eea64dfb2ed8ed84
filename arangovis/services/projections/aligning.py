"""Pictures of one model that stay alike: a new layout is turned to lie as the one before it.

The fit itself is not touched: how it was turned is an artifact of its own, made from the fit and from the earlier
layout, which both are inputs of the run.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from arangovis.domain.catalogue import Dataset
from arangovis.domain.ids import NodeId
from arangovis.domain.json import digest_of
from arangovis.domain.runs import Run
from arangovis.domain.views import optional_text
from arangovis.projections.alignment import Alignment, align
from arangovis.projections.base import Matrix
from arangovis.services.datasets import Datasets
from arangovis.services.snapshots import Snapshots
from arangovis.services.stages import Stages
from arangovis.tabular.bundle import ArrayBundle
from arangovis.tabular.sampling import Positions

__all__ = ["FITTED", "FITTED_NODE", "FITTED_ON", "REFERENCE", "Aligning", "Shown"]

FITTED = "fitted_coordinates"
"""Array: where the fitted rows are shown."""
FITTED_ON = "fitted_on"
"""Fact: the digest of the data set that was fitted on."""
FITTED_NODE = "fitted_rows_of"
"""Fact: the node id of a data set of that digest."""
REFERENCE = "reference"
"""Option of a run, and role of its input: the layout that this one is turned to."""

_VERSION = 1
_ROWS, _RESIDUAL, _FINGERPRINTS = "rows_in_common", "residual", "fingerprints"
_IN_COMMON_MIN = 10
"""Rows; fewer say too little of how a picture lies."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A fitted projection and how it is shown.

    Args:
        transformer: as it was fitted; new rows are placed by it, then turned by `alignment`.
        key: the stage key of what is shown.
        fitted: float32 (n, m), where the fitted rows are shown, or None if that is not known.
        fitted_on: digest of their data set.
        alignment: how it was turned, or None for as it was fitted.

    """

    transformer: ArrayBundle
    key: str
    fitted: Matrix | None
    fitted_on: str | None
    alignment: Alignment | None = None

    @classmethod
    def of(cls, transformer: ArrayBundle, key: str) -> "Shown":
        """Return a fit shown as it was made."""
        fitted, fitted_on = transformer.arrays.get(FITTED), transformer.facts.get(FITTED_ON)
        coordinates = None if fitted is None else np.asarray(fitted, dtype=np.float32)
        return cls(transformer, key, coordinates, None if fitted_on is None else str(fitted_on))

    def fitted_coordinates(self, dataset: Dataset | None) -> Matrix | None:
        """Return where the rows of a data set are shown, or None if the projection was not fitted on them."""
        return self.fitted if dataset is not None and dataset.digest == self.fitted_on else None

    def turned(self, points: Matrix) -> Matrix:
        """Return placed points where they are shown."""
        return points if self.alignment is None else self.alignment(points)

    @property
    def facts(self) -> Mapping[str, float]:
        """Return what is measured of the alignment, as metrics of the run."""
        if self.alignment is None:
            return {}
        return {"alignment_residual": self.alignment.residual, "alignment_rows": float(self.alignment.rows)}


class Aligning:
    """Turns the layout of a run to the one that it refers to."""

    def __init__(self, datasets: Datasets, snapshots: Snapshots) -> None:
        self._datasets = datasets
        self._snapshots = snapshots

    def __call__(self, run: Run, stages: Stages, fit: tuple[ArrayBundle, str]) -> Shown:
        """Return a fit as the run shows it: turned to its reference, if they have enough rows in common.

        Raises:
            IntegrityError: the reference is damaged or gone.

        """
        plain = Shown.of(*fit)
        transformer, coordinates, reference = plain.transformer, plain.fitted, optional_text(run.options, REFERENCE)
        if reference is None or coordinates is None:
            return plain
        earlier, earlier_key = stages.given(NodeId.parse(reference))
        layout_key = digest_of(["layout", _VERSION, plain.key, earlier_key])
        layout = stages.bundle("layout", layout_key, lambda: self._layout(transformer, coordinates, earlier))
        if "turn" not in layout.arrays:
            return plain
        rows, residual = int(layout.facts[_ROWS] or 0), float(layout.facts[_RESIDUAL] or 0.0)
        turn, shift = (layout.arrays[name].astype(np.float64, copy=False) for name in ("turn", "shift"))
        alignment = Alignment(turn, shift, rows=rows, residual=residual)
        return replace(plain, key=layout_key, fitted=alignment(coordinates), alignment=alignment)

    def _layout(self, transformer: ArrayBundle, coordinates: Matrix, earlier: ArrayBundle) -> ArrayBundle:
        facts = {name: transformer.facts.get(name) for name in (FITTED_ON, FITTED_NODE)}
        lain = np.asarray(earlier.arrays[FITTED], dtype=np.float32)
        ours, theirs = self._in_common(transformer, earlier)
        kept: dict[str, npt.NDArray[np.generic]] = {_FINGERPRINTS: _fingerprints(transformer)}
        if len(ours) < _IN_COMMON_MIN or lain.shape[1] != coordinates.shape[1]:
            return ArrayBundle({**kept, FITTED: coordinates}, {**facts, _ROWS: len(ours)})
        found = align(coordinates[ours], lain[theirs])
        kept |= {FITTED: found(coordinates), "turn": found.turn, "shift": found.shift}
        return ArrayBundle(kept, {**facts, _ROWS: found.rows, _RESIDUAL: found.residual})

    def _in_common(self, one: ArrayBundle, other: ArrayBundle) -> tuple[Positions, Positions]:
        """Return where rows that both were fitted on stand in each.

        Samples of one source have rows in common by id; data sent anew by what the rows hold.
        """
        if one.facts.get(FITTED_ON) == other.facts.get(FITTED_ON):
            everybody = np.arange(len(one.arrays[FITTED]))
            return everybody, everybody
        ours, theirs = self._sample(one), self._sample(other)
        if ours is None or theirs is None or ours.source is None or ours.source != theirs.source:
            return _matched(_fingerprints(one).tolist(), _fingerprints(other).tolist())
        return _matched(self._snapshots.ids(ours), self._snapshots.ids(theirs))

    def _sample(self, bundle: ArrayBundle) -> Dataset | None:
        node = bundle.facts.get(FITTED_NODE)
        return None if node is None else self._datasets.find(NodeId.parse(str(node)))


def _fingerprints(bundle: ArrayBundle) -> npt.NDArray[np.uint64]:
    """Return a number for each fitted row that says what it holds, uint64 (n,); none where the rows were not kept."""
    kept = bundle.arrays.get(_FINGERPRINTS)
    if kept is not None:
        return kept.astype(np.uint64, copy=False)
    rows = np.ascontiguousarray(bundle.arrays.get("rows", np.empty((0, 1))), dtype=np.float32)
    digests = b"".join(blake2b(row.tobytes(), digest_size=8).digest() for row in rows)
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)


def _matched(ours: Sequence[str | int], theirs: Sequence[str | int]) -> tuple[Positions, Positions]:
    known = {row: position for position, row in enumerate(theirs)}
    pairs = [(position, known[row]) for position, row in enumerate(ours) if row in known]
    both = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return both[:, 0], both[:, 1]
