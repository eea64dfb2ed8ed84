"""Isolation forest: a row is as anomalous as few random cuts set it apart.

scikit-learn grows the trees; they are kept as arrays, and scored here in the way that scikit-learn does it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt

from arangovis.anomaly.base import COMMON, Detector, Examined, Progress, Samples, Wanted, array_of
from arangovis.anomaly.engines import engine_name
from arangovis.anomaly.frame import Doubles
from arangovis.domain.errors import IntegrityError, MissingExtra
from arangovis.domain.json import Scalar
from arangovis.domain.parameters import Parameter, ParameterSet
from arangovis.tabular.bundle import ArrayBundle

__all__ = ["PARAMETERS", "Forest", "ForestDetector", "average_path"]

PARAMETERS = ParameterSet(
    (
        Parameter("ntrees", int, 100, "Trees.", 1, 2000),
        Parameter("sample_size", int, 256, "Training rows that a tree is grown from, at most.", 2, 100_000),
        *COMMON,
    )
)

_STATE = ("feature", "cut", "low", "high", "path")
_DAMAGED = "the stored detector is not a forest"


@dataclass(frozen=True, slots=True, eq=False)
class Forest:
    """All nodes of all trees in one row.

    Args:
        feature: the slot that a node looks at; -1 for a leaf.
        cut: a row goes low if its slot, rounded to float32, is at most this.
        low: the next node, a leaf's own position.
        high: likewise.
        path: how many cuts a row has passed at a leaf, with what the rows that remain there would take.
        roots: the first node of each tree.
        typical: the path length that has a score of one half.

    """

    feature: npt.NDArray[np.int64]
    cut: Doubles
    low: npt.NDArray[np.int64]
    high: npt.NDArray[np.int64]
    path: Doubles
    roots: npt.NDArray[np.int64]
    typical: float

    @property
    def reconstructs(self) -> bool:
        """Never: it knows how rare a row is, not what would be normal in its place."""
        return False

    @property
    def layers(self) -> tuple[int, ...]:
        """None."""
        return ()

    def examine(self, block: Doubles, wanted: Wanted) -> Examined:
        """Score a block, 0 to 1; nothing else can be wanted."""
        del wanted
        rounded = block.astype(np.float32).astype(np.float64)
        columns = np.arange(block.shape[1])
        total = np.zeros(block.shape[1])
        for root in self.roots:
            total += self.path[self._leaves(root, rounded, columns)]
        return Examined(np.exp2(-total / (len(self.roots) * self.typical)), None, None, {})

    def _leaves(self, root: int, block: Doubles, columns: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        nodes = np.full(block.shape[1], root)
        while (self.feature[nodes] >= 0).any():
            goes_low = block[self.feature[nodes], columns] <= self.cut[nodes]
            nodes = np.where(goes_low, self.low[nodes], self.high[nodes])
        return nodes


class ForestDetector(Detector):
    """The usual isolation forest, in the expanded space."""

    name = "isolation_forest"
    parameters = PARAMETERS
    algorithm_version = 1

    def engine(self) -> str:
        """Return the library and its version."""
        return engine_name("scikit-learn")

    def fit(self, samples: Samples, parameters: Mapping[str, Scalar], *, seed: int, progress: Progress) -> ArrayBundle:
        """Grow the trees.

        Raises:
            MissingExtra: scikit-learn is not installed.

        """
        try:
            from sklearn.ensemble import IsolationForest
        except ImportError as error:
            raise MissingExtra("isolation_forest needs scikit-learn: install arangovis[anomaly]") from error
        progress(0.0)
        size = min(cast("int", parameters["sample_size"]), len(samples.training))
        grown = IsolationForest(
            n_estimators=cast("int", parameters["ntrees"]), max_samples=size, random_state=seed % 2**32
        ).fit(samples.training)
        trees = [_tree(estimator.tree_) for estimator in grown.estimators_]
        progress(1.0)
        return _joined(trees, typical=float(average_path(np.array([size]))[0]))

    def scorer(self, state: ArrayBundle, *, width: int) -> Forest:
        """Return the trees."""
        feature, cut, low, high, path = (array_of(state, name, dimensions=1) for name in _STATE)
        roots, typical = array_of(state, "roots", dimensions=1).astype(np.int64), state.facts.get("typical")
        count = len(feature)
        if {len(array) for array in (cut, low, high, path)} != {count}:
            raise IntegrityError(_DAMAGED)
        nodes = np.arange(count)
        inner = feature >= 0
        downwards = (low[inner] > nodes[inner]).all() and (high[inner] > nodes[inner]).all()  # so that walks end
        inside = all(((array >= 0) & (array < count)).all() for array in (low, high, roots)) and len(roots)
        if not (inside and downwards and (feature < width).all() and isinstance(typical, float)):
            raise IntegrityError(_DAMAGED)
        whole = [array.astype(np.int64) for array in (feature, low, high)]
        return Forest(whole[0], cut, whole[1], whole[2], path, roots, typical)


def average_path(rows: npt.NDArray[np.int64]) -> Doubles:
    """Return the mean depth at which random cuts set one of so many rows apart."""
    many = np.maximum(rows, 3).astype(np.float64)
    found = 2.0 * (np.log(many - 1.0) + np.euler_gamma) - 2.0 * (many - 1.0) / many
    return np.where(rows <= 1, 0.0, np.where(rows == 2, 1.0, found))


@dataclass(frozen=True, slots=True, eq=False)
class _Tree:
    feature: npt.NDArray[np.int64]
    cut: Doubles
    low: npt.NDArray[np.int64]
    high: npt.NDArray[np.int64]
    path: Doubles


def _tree(grown: "object") -> _Tree:
    feature, low, high = (np.array(getattr(grown, name)) for name in ("feature", "children_left", "children_right"))
    leaf, nodes = low < 0, np.arange(len(low))
    depth = np.zeros(len(low))
    for node in np.flatnonzero(~leaf):  # parents stand before their children
        depth[[low[node], high[node]]] = depth[node] + 1.0
    path = np.where(leaf, depth + average_path(np.array(grown.n_node_samples)), 0.0)  # type: ignore[attr-defined]
    cut = np.where(leaf, 0.0, np.array(grown.threshold))  # type: ignore[attr-defined]
    return _Tree(np.where(leaf, -1, feature), cut, np.where(leaf, nodes, low), np.where(leaf, nodes, high), path)


def _joined(trees: list[_Tree], *, typical: float) -> ArrayBundle:
    roots = np.cumsum([0, *(len(tree.cut) for tree in trees[:-1])])
    arrays: dict[str, npt.NDArray[np.generic]] = {
        "feature": np.concatenate([tree.feature for tree in trees]).astype(np.int32),
        "cut": np.concatenate([tree.cut for tree in trees]),
        "low": np.concatenate([tree.low + root for tree, root in zip(trees, roots, strict=True)]).astype(np.int32),
        "high": np.concatenate([tree.high + root for tree, root in zip(trees, roots, strict=True)]).astype(np.int32),
        "path": np.concatenate([tree.path for tree in trees]),
        "roots": roots.astype(np.int32),
    }
    return ArrayBundle(arrays, {"typical": typical})
