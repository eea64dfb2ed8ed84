"""What holds for every detector, on real data."""

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_wine
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.neighbors import NearestNeighbors

from arangovis.anomaly.adapting import Adapter
from arangovis.anomaly.frame import CategoricalColumn, NumericColumn, Table
from arangovis.anomaly.model import AnomalyModel, from_bundle, to_bundle
from arangovis.anomaly.registry import complete_parameters, names
from arangovis.anomaly.scoring import ScoringOptions, score
from arangovis.anomaly.training import TrainingOptions, train
from arangovis.domain.errors import Cancelled, IntegrityError, InvalidInput, NoData, NotSupported
from arangovis.tabular.bundle import ArrayBundle, from_bytes, to_bytes
from tests.unit.anomaly.tasks import table

WINE = load_wine()
MIXED = Table.of(
    *table(WINE.data).columns, CategoricalColumn.of("cultivar", [WINE.target_names[target] for target in WINE.target])
)
QUICK = {"autoencoder": {"epochs": 5}, "pca": {"k": 3}, "knn": {}, "isolation_forest": {"ntrees": 20}}


@pytest.fixture(scope="module", params=names())
def model(request: pytest.FixtureRequest) -> AnomalyModel:
    return train(MIXED, TrainingOptions(request.param, QUICK[request.param], seed=3))


def test_the_same_seed_gives_the_same_bytes(model: AnomalyModel) -> None:
    origin = model.origin
    again, other = (train(MIXED, TrainingOptions(origin.detector, origin.parameters, seed)) for seed in (3, 4))
    assert to_bytes(to_bundle(again)) == to_bytes(to_bundle(model))
    assert to_bytes(to_bundle(other)) != to_bytes(to_bundle(model))


def test_a_stored_model_scores_alike(model: AnomalyModel) -> None:
    stored = from_bundle(from_bytes(to_bytes(to_bundle(model))))
    assert (stored.origin, stored.expansion, stored.metrics) == (model.origin, model.expansion, model.metrics)
    assert score(stored, MIXED).score.tobytes() == score(model, MIXED).score.tobytes()


def test_a_row_scores_alike_whatever_stands_beside_it(model: AnomalyModel) -> None:
    whole = score(model, MIXED).score
    alone = [score(model, MIXED.take(np.array([row]))).score[0] for row in range(MIXED.rows)]
    np.testing.assert_allclose(alone, whole, rtol=1e-12)
    turned = score(model, MIXED.take(np.arange(MIXED.rows)[::-1])).score[::-1]
    np.testing.assert_allclose(turned, whole, rtol=1e-12)


def test_the_threshold_is_a_quantile_of_held_out_scores(model: AnomalyModel) -> None:
    assert (model.metrics.training_rows, model.metrics.held_out_rows) == (160, 18)
    found = score(model, MIXED)
    assert np.isclose(found.score, model.threshold, rtol=2e-6).any()
    assert found.is_anomaly.tolist() == (found.score > model.threshold).tolist()


def test_progress_never_falls_and_can_cancel(model: AnomalyModel) -> None:
    options = TrainingOptions(model.origin.detector, model.origin.parameters)
    told: list[float] = []
    train(MIXED, options, told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0

    def cancel(fraction: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        train(MIXED, options, cancel)
    with pytest.raises(Cancelled):
        score(model, MIXED, progress=cancel)


def test_errors_explain_scores_where_there_are_errors(model: AnomalyModel) -> None:
    wanted = ScoringOptions(squared_errors=True, reconstruction=True, top=1)
    if not model.scorer.reconstructs:
        with pytest.raises(NotSupported, match="isolation_forest gives a score a row, but no errors"):
            score(model, MIXED, wanted)
        assert score(model, MIXED).metrics.mse is None
        return
    found = score(model, MIXED, wanted)
    assert found.squared_errors is not None
    np.testing.assert_allclose(found.squared_errors.mean(axis=1), found.score, rtol=1e-12)


def test_deep_features_where_there_are_hidden_layers(model: AnomalyModel) -> None:
    layers = tuple(range(len(model.scorer.layers)))
    found = score(model, MIXED, ScoringOptions(layers=layers)).deep_features
    expected = {"autoencoder": [20, 10, 20], "pca": [3], "knn": [], "isolation_forest": []}[model.origin.detector]
    assert [found[layer].shape for layer in layers] == [(178, units) for units in expected]
    if not layers:
        with pytest.raises(NotSupported, match="no hidden layers"):
            score(model, MIXED, ScoringOptions(layers=(0,)))


def test_damaged_models_are_found(model: AnomalyModel) -> None:
    bundle = to_bundle(model)
    for name in bundle.arrays.keys() - {"history"}:
        array = bundle.arrays[name]
        wrong = [array.astype(str), array[None], np.full(array.shape, np.nan)]
        wrong += [] if name == "roots" else [array[..., :-1]]
        wrong += [np.full_like(array, -7)] if name in ("low", "high", "roots") else []
        for changed in wrong:
            with pytest.raises(IntegrityError):
                from_bundle(ArrayBundle({**bundle.arrays, name: changed}, bundle.facts))
    with pytest.raises(IntegrityError):
        from_bundle(ArrayBundle(bundle.arrays, {**bundle.facts, "anomaly_model": "{}"}))
    with pytest.raises(IntegrityError):
        from_bundle(ArrayBundle(bundle.arrays, {}))


def test_pca_is_the_usual_one() -> None:
    digits = table(load_digits().data[:500])
    model = train(digits, TrainingOptions("pca", {"k": 8}, seed=1))
    slots = Adapter(model.expansion, digits).matrix()
    order = np.random.default_rng(1).permutation(500)
    reference = PCA(8).fit(slots[np.sort(order[50:])])
    errors = (reference.inverse_transform(reference.transform(slots)) - slots) ** 2
    np.testing.assert_allclose(score(model, digits).score, errors.mean(axis=1), rtol=1e-9)


def test_neighbours_are_the_nearest() -> None:
    digits = table(load_digits().data[:600])
    model = train(digits, TrainingOptions("knn", {"n_neighbors": 4}))
    slots = Adapter(model.expansion, digits).matrix()
    distances, _ = NearestNeighbors(n_neighbors=4, algorithm="brute").fit(model.state.arrays["rows"]).kneighbors(slots)
    expected = (distances**2).mean(axis=1) / slots.shape[1]
    np.testing.assert_allclose(score(model, digits).score, expected, rtol=1e-9, atol=1e-15)


def test_the_forest_scores_as_its_library() -> None:
    digits = table(load_digits().data[:600])
    model = train(digits, TrainingOptions("isolation_forest", {"ntrees": 50}, seed=5))
    slots = Adapter(model.expansion, digits).matrix()
    order = np.random.default_rng(5).permutation(600)
    reference = IsolationForest(n_estimators=50, max_samples=256, random_state=5).fit(slots[np.sort(order[60:])])
    np.testing.assert_allclose(score(model, digits).score, -reference.score_samples(slots), rtol=1e-9)


@pytest.mark.parametrize(
    ("detector", "parameters", "reason"),
    [
        ("autoencoder", {"hidden": [20, 0]}, "parameters.hidden: '20,0' is not 1 to 8 whole numbers from 1 to 4096"),
        ("autoencoder", {"hidden": "1e3"}, "parameters.hidden: '1e3' is not 1 to 8"),
        ("autoencoder", {"hidden": [1.5]}, "parameters.hidden: .*is not text"),
        ("autoencoder", {"epochs": 0}, "parameters.epochs: 0 is not between 1 and 100000"),
        ("autoencoder", {"activation": "Maxout"}, "'Maxout' is not one of Tanh, Rectifier"),
        ("autoencoder", {"epoch": 5}, "parameters.epoch: is not a parameter of autoencoder; these are hidden, "),
        ("knn", {"n_neighbors": "5"}, "parameters.n_neighbors: '5' is not an integer"),
        ("svm", {}, "detector: 'svm' is not one of autoencoder, pca, knn, isolation_forest"),
    ],
)
def test_wrong_parameters_are_named(detector: str, parameters: dict[str, object], reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        complete_parameters(detector, parameters)


@pytest.mark.parametrize("hidden", [[8, 4, 8], "8,4,8", "[8, 4, 8]", " 8 , 4,8"])
def test_hidden_layers_may_be_a_list_or_text(hidden: object) -> None:
    assert complete_parameters("autoencoder", {"hidden": hidden})["hidden"] == "8,4,8"


def test_what_cannot_be_trained_on_is_refused() -> None:
    for rows, error in ((0, NoData), (9, NotSupported)):
        with pytest.raises(error, match="rows"):
            train(MIXED.take(np.arange(rows)), TrainingOptions("pca"))
    with pytest.raises(NotSupported, match="no column of the training data has two different values"):
        train(Table.of(NumericColumn("same", np.ones(20))), TrainingOptions("pca"))
    with pytest.raises(NotSupported, match="pca needs at least two slots"):
        train(Table.of(NumericColumn("only", np.arange(20.0))), TrainingOptions("pca"))
    infinite = np.arange(20.0)
    infinite[[7, 9]] = np.inf, 1e200
    with pytest.raises(InvalidInput, match=r"n: is infinite or beyond 1e\+150 in 2 rows, first in row 7"):
        train(Table.of(NumericColumn("n", infinite)), TrainingOptions("pca"))
