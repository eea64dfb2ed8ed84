"""The training of the autoencoder: slopes, stopping, going astray, and how well it finds anomalies."""

from itertools import pairwise
from statistics import mean

import numpy as np
import pytest
from sklearn.datasets import load_digits

from arangovis.anomaly import training_network
from arangovis.anomaly.base import Samples, no_progress
from arangovis.anomaly.network import RECTIFIER, TANH
from arangovis.anomaly.training import TrainingOptions, train
from arangovis.anomaly.training_network import NetworkOptions, train_network
from arangovis.domain.errors import ComputeFailed
from tests.unit.anomaly.tasks import CANCER, DIGITS, WINE, table, task

ROWS = load_digits().data[:200] / 16 - 0.3
SAMPLES = Samples(ROWS[:180], ROWS[180:])


def options(**changes: object) -> NetworkOptions:
    usual = {"hidden": (7, 3), "activation": TANH, "epochs": 5, "mini_batch_size": 16, "rate": 0.005}
    penalties = {"l1": 0.0, "l2": 0.0, "stopping_rounds": 0, "stopping_tolerance": 0.0}
    return NetworkOptions(**{**usual, **penalties, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("activation", [TANH, RECTIFIER])
def test_slopes_are_those_of_the_error(activation: str) -> None:
    trainer = training_network._Trainer(SAMPLES, options(activation=activation), np.random.default_rng(0))
    trainer._weights[:] = np.random.default_rng(1).normal(scale=0.3, size=trainer._weights.shape)
    picked = np.arange(16)
    before = trainer._weights.copy()
    trainer._learn(picked)
    slopes = trainer._gradient.copy()
    for position in np.random.default_rng(2).choice(len(before), 40, replace=False):
        apart = []
        for step in (1e-2, -1e-2):
            trainer._weights[:] = before
            trainer._weights[position] += step
            apart.append(trainer._error(trainer._rows[picked]))
        assert slopes[position] == pytest.approx((apart[0] - apart[1]) / 2e-2, abs=2e-4, rel=0.05)


def test_the_error_falls_and_the_best_weights_are_kept() -> None:
    trained = train_network(SAMPLES, options(epochs=40), seed=1, progress=no_progress)
    assert trained.history.shape == (40, 2)
    assert trained.history[-1, 0] < 0.5 * trained.history[0, 0]
    *_, output = trained.network.outputs(SAMPLES.held_out.T)
    assert ((output - SAMPLES.held_out.T) ** 2).mean() == pytest.approx(trained.history[:, 1].min(), rel=1e-4)


def test_training_stops_when_held_out_rows_gain_nothing() -> None:
    foreign = Samples(ROWS[:180], -ROWS[180:])
    stopped = train_network(foreign, options(epochs=100, stopping_rounds=3), seed=1, progress=no_progress)
    assert 70 <= len(stopped.history) < 100
    assert stopped.history[-1, 1] > stopped.history[:, 1].min()


def test_penalties_make_weights_smaller() -> None:
    sizes = [
        sum(np.abs(weights).sum() for weights in train_network(
            SAMPLES, options(epochs=30, **penalty), seed=1, progress=no_progress
        ).network.weights)
        for penalty in ({}, {"l1": 0.01}, {"l2": 0.1})
    ]  # fmt: skip
    assert sizes[1] < 0.8 * sizes[0]
    assert sizes[2] < 0.8 * sizes[0]


def test_a_training_that_goes_astray_fails() -> None:
    far = Samples(SAMPLES.training * 1e20, SAMPLES.held_out * 1e20)
    with pytest.raises(ComputeFailed, match="diverged"):
        train_network(far, options(activation=RECTIFIER, rate=1.0, epochs=50), seed=1, progress=no_progress)


def test_the_last_batch_may_be_smaller() -> None:
    trained = train_network(Samples(ROWS[:33], ROWS[180:]), options(mini_batch_size=32), seed=1, progress=no_progress)
    assert np.isfinite(trained.history).all()
    sizes = [64, *trained.network.layers, 64]
    assert [weights.shape for weights in trained.network.weights] == [(b, a) for a, b in pairwise(sizes)]


def test_the_default_output_can_follow_values_below_the_mean() -> None:
    digits = table(load_digits().data[:300])
    errors = {
        activation: train(digits, TrainingOptions(parameters={"activation": activation})).metrics.training_score
        for activation in (TANH, RECTIFIER)
    }
    assert errors[TANH] < errors[RECTIFIER]


@pytest.fixture(scope="module")
def medians() -> dict[tuple[str, int], float]:
    found = {name: task(*name) for name in (*CANCER, *WINE, *DIGITS)}
    return {
        name: task.median_auc("autoencoder", seeds=range(1, 6), parameters={"hidden": task.hidden})
        for name, task in found.items()
    }


def test_anomalies_of_real_data_are_found(medians: dict[tuple[str, int], float]) -> None:
    assert medians[CANCER[0]] >= 0.94
    assert mean(medians[name] for name in WINE) >= 0.96
    assert mean(medians[name] for name in DIGITS) >= 0.98
    assert min(medians.values()) >= 0.92


@pytest.mark.slow
@pytest.mark.parametrize(
    ("detector", "wine", "least"), [("knn", 0.96, 0.92), ("pca", 0.94, 0.90), ("isolation_forest", 0.94, 0.90)]
)
def test_baselines_are_as_good_as_is_known_of_them(detector: str, wine: float, least: float) -> None:
    medians = {}
    for name in (*CANCER, *WINE, *DIGITS):
        found = task(*name)
        parameters = {"k": found.hidden[1]} if detector == "pca" else {}
        medians[name] = found.median_auc(detector, seeds=range(1, 6), parameters=parameters)
    assert medians[CANCER[0]] >= 0.94
    assert mean(medians[name] for name in WINE) >= wine
    assert mean(medians[name] for name in DIGITS) >= 0.97
    assert min(medians.values()) >= least
