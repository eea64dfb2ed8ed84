"""Real data: scikit-learn's 1,797 handwritten digits, and small classifiers trained on a part of them.

The hidden layer of a classifier is the embedding. The digits it never saw are its production traffic, each with the
class it gave, its confidence, and a novelty score: the distance to the nearest training embedding, in units of the
median distance among the training data.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from arangovis.projections.neighbours import NeighbourIndex

TRAINING_ROWS = 1100
HIDDEN_UNITS = 32
SIDE = 8
"""Pixels, in height and width."""
Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class TrainedClassifier:
    """A trained classifier and what it says of its data. Pixels (rows, 64), embeddings float32 (rows, HIDDEN_UNITS)."""

    training_pixels: npt.NDArray[np.uint8]
    production_pixels: npt.NDArray[np.uint8]
    training_embedding: Matrix
    training_class: npt.NDArray[np.int64]
    production_embedding: Matrix
    production_class: npt.NDArray[np.int64]
    production_truth: npt.NDArray[np.int64]
    production_confidence: npt.NDArray[np.float64]
    production_novelty: npt.NDArray[np.float64]
    novelty_threshold: float
    accuracy: float
    epochs: int
    seed: int
    losses: tuple[float, ...]
    """Of the training data, after each epoch."""


def train(*, epochs: int, seed: int) -> TrainedClassifier:
    """Train a classifier with one hidden layer of rectified units. Same arguments, same result."""
    import warnings

    from sklearn.datasets import load_digits
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    digits = load_digits()
    pixels = (digits.data / 16.0).astype(np.float64)
    order = np.random.Generator(np.random.PCG64(0)).permutation(len(pixels))
    seen, unseen = order[:TRAINING_ROWS], order[TRAINING_ROWS:]
    model = MLPClassifier((HIDDEN_UNITS,), max_iter=epochs, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # few epochs are the point of the first version
        model.fit(pixels[seen], digits.target[seen])
    hidden = np.maximum(pixels @ model.coefs_[0] + model.intercepts_[0], 0).astype(np.float32)
    probabilities = model.predict_proba(pixels[unseen])
    threshold, novelty = _novelty(hidden[seen], hidden[unseen])
    return TrainedClassifier(
        training_pixels=digits.data[seen].astype(np.uint8),
        production_pixels=digits.data[unseen].astype(np.uint8),
        training_embedding=hidden[seen],
        training_class=digits.target[seen].astype(np.int64),
        production_embedding=hidden[unseen],
        production_class=model.classes_[probabilities.argmax(axis=1)].astype(np.int64),
        production_truth=digits.target[unseen].astype(np.int64),
        production_confidence=probabilities.max(axis=1),
        production_novelty=novelty,
        novelty_threshold=threshold,
        accuracy=float(model.score(pixels[unseen], digits.target[unseen])),
        epochs=epochs,
        seed=seed,
        losses=tuple(map(float, model.loss_curve_)),
    )


def _novelty(known: Matrix, new: Matrix) -> tuple[float, npt.NDArray[np.float64]]:
    index = NeighbourIndex(known, metric="euclidean")
    own = index.among(1).neighbours.distances[:, 0].astype(np.float64)
    unit = float(np.median(own))
    found = index.query(new, 1).distances[:, 0].astype(np.float64)
    return float(np.quantile(own, 0.95)) / unit, found / unit
