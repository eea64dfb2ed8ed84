import numba
import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.neighbors import KNeighborsClassifier

from arangovis.domain.errors import Cancelled, ComputeFailed, IntegrityError, InvalidInput, NotSupported
from arangovis.projections import fastumap_library, umap_library
from arangovis.projections.base import Fitted, Neighbours, Progress, no_progress
from arangovis.projections.neighbours import NeighbourIndex, nearest_neighbours
from arangovis.projections.pca import Pca
from arangovis.projections.quality import mean_displacement, trustworthiness
from arangovis.projections.start import principal_start
from arangovis.projections.umap_engines import Plan
from arangovis.projections.umap_method import MIN_ROWS, Densmap, Umap
from arangovis.tabular.bundle import ArrayBundle, from_bytes, to_bytes

FITTED = load_digits().data[:1200].astype(np.float32)
NEW = load_digits().data[1200:].astype(np.float32)
LABELS = load_digits().target.astype(np.int64)
UMAP = Umap()
ENGINES = ("fastumap", "umap-learn")


def fit(rows: np.ndarray, *, progress: Progress = no_progress, **parameters: object) -> Fitted:
    return UMAP.fit(rows, parameters, neighbours=None, seed=3, progress=progress)


def plan(rows: np.ndarray, count: int = 14, **changes: object) -> Plan:
    start = principal_start(rows, 2, size=10.0, seed=3)
    return Plan(
        **{
            "rows": rows,
            "neighbours": nearest_neighbours(rows, count),
            "start": start,
            "min_dist": 0.1,
            "seed": 3,
            **changes,
        }
    )


@pytest.fixture(scope="module")
def neighbours() -> Neighbours:
    return nearest_neighbours(FITTED, 14)


@pytest.fixture(scope="module")
def fitted(neighbours: Neighbours) -> Fitted:
    return UMAP.fit(FITTED, UMAP.parameters.defaults(), neighbours=neighbours, seed=3, progress=no_progress)


@pytest.fixture(scope="module")
def placed(fitted: Fitted) -> np.ndarray:
    return UMAP.transform(fitted.transformer, NEW, seed=3, progress=no_progress)


def test_umap_learn_lays_out_as_when_used_by_hand(neighbours: Neighbours) -> None:
    ours = UMAP.fit(FITTED, {"engine": "umap-learn"}, neighbours=neighbours, seed=3, progress=no_progress)
    import umap  # once it was imported with its warnings held down

    asked = plan(FITTED)
    model = umap.UMAP(
        random_state=3, n_jobs=1, precomputed_knn=(*asked.with_themselves, None), init=asked.start.astype(np.float32)
    )
    with pytest.warns(UserWarning, match="not an NNDescent object"):
        model.fit(FITTED)
    assert np.array_equal(ours.coordinates, model.embedding_)


def test_fastumap_lays_out_as_when_used_by_hand(fitted: Fitted) -> None:
    from fastumap.projection import umap_project

    asked = plan(FITTED)
    by_hand = umap_project(
        FITTED.astype(np.float64), precomputed_knn=asked.with_themselves, init=asked.start, random_state=3
    )
    assert np.array_equal(fitted.coordinates, by_hand.astype(np.float32))


def test_the_engine_is_asked_for_or_chosen_and_recorded(fitted: Fitted) -> None:
    assert str(fitted.transformer.facts["engine"]).startswith("fastumap 0.2.")
    assert "engine" not in UMAP.parameters.defaults()
    assert UMAP.engine({"engine": "umap-learn"}).startswith("umap-learn 0.5.")
    assert Densmap().engine({}).startswith("umap-learn 0.5.")
    assert Densmap().engine({"engine": "fastumap"}).startswith("fastumap 0.2.")
    asked = fit(FITTED[:60], engine="umap-learn").transformer.facts
    assert (asked["engine"], asked["algorithm_version"]) == (UMAP.engine({"engine": "umap-learn"}), 2)
    with pytest.raises(InvalidInput, match=r"engine.*'torch' is not one of auto, fastumap, umap-learn"):
        fit(FITTED[:60], engine="torch")


def test_without_fastumap_the_reference_takes_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arangovis.projections.umap_engines.find_spec", lambda name: None)
    assert UMAP.engine().startswith("umap-learn ")
    assert str(fit(FITTED[:60]).transformer.facts["engine"]).startswith("umap-learn ")


@pytest.mark.parametrize("engine", ENGINES)
def test_the_engines_keep_neighbours_alike(engine: str, neighbours: Neighbours) -> None:
    found = UMAP.fit(FITTED, {"engine": engine}, neighbours=neighbours, seed=3, progress=no_progress)
    assert trustworthiness(FITTED, found.coordinates) >= 0.98


def accuracy(known: np.ndarray, asked: np.ndarray) -> float:
    return KNeighborsClassifier(15).fit(known, LABELS[:1200]).score(asked, LABELS[1200:])


def test_new_rows_land_among_their_like(fitted: Fitted, placed: np.ndarray) -> None:
    assert accuracy(fitted.coordinates, placed) > 0.93


def test_a_new_row_is_placed_alike_alone_and_among_others(fitted: Fitted, placed: np.ndarray) -> None:
    alone = [UMAP.transform(fitted.transformer, NEW[i : i + 1], seed=3, progress=no_progress) for i in range(5)]
    np.testing.assert_allclose(np.concatenate(alone), placed[:5], atol=1e-5)
    restored = from_bytes(to_bytes(fitted.transformer))
    assert np.array_equal(UMAP.transform(restored, NEW, seed=3, progress=no_progress), placed)


def test_a_fitted_row_among_new_ones_lands_where_it_lies(fitted: Fitted) -> None:
    again = UMAP.transform(fitted.transformer, np.concatenate([FITTED[:100], NEW[:1]]), seed=3, progress=no_progress)
    apart = np.linalg.norm(again[:100] - fitted.coordinates[:100], axis=1)
    assert np.median(apart) < 0.05 * np.linalg.norm(fitted.coordinates - fitted.coordinates.mean(axis=0), axis=1).mean()


@pytest.mark.slow
def test_new_rows_land_as_well_as_by_umap_learn(fitted: Fitted, placed: np.ndarray) -> None:
    import umap

    own = umap.UMAP(random_state=3, n_jobs=1).fit(FITTED)
    theirs = accuracy(own.embedding_, own.transform(NEW))
    assert accuracy(fitted.coordinates, placed) >= theirs - 0.02


def test_another_seed_gives_another_layout_of_the_same_picture(fitted: Fitted, neighbours: Neighbours) -> None:
    other = UMAP.fit(FITTED, {}, neighbours=neighbours, seed=4, progress=no_progress).coordinates
    assert not np.array_equal(other, fitted.coordinates)
    huge = UMAP.fit(FITTED[:30], {}, neighbours=None, seed=2**63 - 1, progress=no_progress)
    assert huge.transformer.facts["seed"] == 2**63 - 1


@pytest.mark.slow
def test_seeds_differ_less_from_a_pca_start_than_from_a_spectral_one(neighbours: Neighbours) -> None:
    import umap

    def spectral(seed: int) -> np.ndarray:
        model = umap.UMAP(random_state=seed, n_jobs=1, precomputed_knn=(*plan(FITTED).with_themselves, None))
        with pytest.warns(UserWarning, match="not an NNDescent object"):
            return model.fit(FITTED).embedding_

    def ours(seed: int) -> np.ndarray:
        return UMAP.fit(FITTED, {}, neighbours=neighbours, seed=seed, progress=no_progress).coordinates

    pairs = [(0, 1), (2, 3), (4, 5)]
    by_pca = np.median([mean_displacement(ours(a), ours(b)) for a, b in pairs])
    assert by_pca < np.median([mean_displacement(spectral(a), spectral(b)) for a, b in pairs])


@pytest.mark.parametrize("engine", ENGINES)
def test_known_classes_draw_rows_together(engine: str) -> None:
    cells = load_breast_cancer()
    rows, labels = cells.data[:300].astype(np.float32), cells.target[:300].astype(np.int64)
    told = np.where(np.arange(300) % 4 == 0, -1, labels)

    def points(**parameters: object) -> np.ndarray:
        asked = {"engine": engine, **parameters}
        return UMAP.fit(rows, asked, neighbours=None, seed=3, progress=no_progress, labels=told).coordinates

    def purity(found: np.ndarray) -> float:
        return (labels[nearest_neighbours(found, 5).indices] == labels[:, None])[told >= 0].mean()

    alone = UMAP.fit(rows, {"engine": engine}, neighbours=None, seed=3, progress=no_progress).coordinates
    assert np.array_equal(points(), alone)
    assert purity(points(label_weight=0.9)) > purity(alone) + 0.03


def test_classes_that_are_wanted_and_missing_are_named() -> None:
    for labels in (None, np.full(50, -1)):
        with pytest.raises(NotSupported, match="label_weight is above 0, but the rows have no classes"):
            UMAP.fit(FITTED[:50], {"label_weight": 0.5}, neighbours=None, seed=3, progress=no_progress, labels=labels)
    with pytest.raises(InvalidInput, match="one label of each of 50 rows"):
        UMAP.fit(FITTED[:50], {"label_weight": 0.5}, neighbours=None, seed=3, progress=no_progress, labels=LABELS[:49])


def test_densmap_keeps_which_digits_are_dense() -> None:
    rows = FITTED[:600]
    near = nearest_neighbours(rows, 30).distances.mean(axis=1)

    def kept(method: Umap) -> float:
        points = method.fit(rows, {}, neighbours=None, seed=3, progress=no_progress).coordinates
        return np.corrcoef(np.log(near), np.log(nearest_neighbours(points, 30).distances.mean(axis=1)))[0, 1]

    assert kept(Densmap()) > kept(UMAP) + 0.1


@pytest.mark.parametrize("components", [2, 3])
@pytest.mark.parametrize("rows", range(MIN_ROWS, 17, 3))
@pytest.mark.parametrize("engine", ENGINES)
def test_few_rows_suffice(rows: int, components: int, engine: str) -> None:
    found = fit(FITTED[:rows], n_components=components, engine=engine)
    assert found.coordinates.shape == (rows, components)
    assert found.transformer.facts["n_neighbours"] == 15
    assert found.transformer.facts["neighbours_used"] == min(15, rows - 1)
    placed = UMAP.transform(found.transformer, NEW[:3], seed=3, progress=no_progress)
    assert np.isfinite(placed).all()


def test_one_row_less_is_refused() -> None:
    with pytest.raises(NotSupported, match="umap needs at least 5 rows, there are 4"):
        fit(FITTED[: MIN_ROWS - 1])


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "rows",
    [np.ones((300, 8), np.float32), np.repeat(FITTED[:3], 40, axis=0), np.repeat(FITTED[:12], 25, axis=0)],
    ids=["all equal", "three clumps", "twelve clumps"],
)
def test_equal_rows_get_finite_coordinates(rows: np.ndarray, engine: str) -> None:
    assert np.isfinite(fit(rows, engine=engine).coordinates).all()


@pytest.mark.parametrize(
    "parameters", [{"n_neighbours": 2}, {"n_neighbours": 200}, {"min_dist": 0.0}, {"min_dist": 0.99}]
)
@pytest.mark.parametrize("engine", ENGINES)
def test_limits_of_the_parameters(parameters: dict[str, object], engine: str) -> None:
    assert np.isfinite(fit(FITTED[:250], engine=engine, **parameters).coordinates).all()


@pytest.mark.parametrize("metric", ["cosine", "manhattan", "mahalanobis", "seuclidean", "braycurtis"])
def test_metrics_shape_the_layout_and_the_placing(metric: str) -> None:
    cells = load_breast_cancer().data.astype(np.float32)
    found = fit(cells[:200], metric=metric)
    assert np.isfinite(found.coordinates).all()
    assert not np.array_equal(found.coordinates, fit(cells[:200]).coordinates)
    nearest = NeighbourIndex(cells[:200], metric=metric).query(cells[200:230], 1).indices[:, 0]
    placed = UMAP.transform(found.transformer, cells[200:230], seed=3, progress=no_progress)
    apart = np.linalg.norm(placed - found.coordinates[nearest], axis=1)
    anywhere = np.linalg.norm(placed - np.roll(placed, 7, axis=0), axis=1)
    assert np.median(apart) < 0.75 * np.median(anywhere)


def test_rows_at_the_largest_distance_from_all_others_keep_finite_coordinates() -> None:
    ink = (FITTED[:200] > 8).astype(np.float32)
    ink[:, 32:] *= (np.arange(200) < 150)[:, None]
    ink[17] = 0
    for engine in ENGINES:
        assert np.isfinite(fit(ink, metric="jaccard", engine=engine).coordinates).all()


@pytest.mark.parametrize("metric", ["haversine", "jaccard", "hamming"])
def test_data_that_do_not_suit_the_metric_are_refused(metric: str) -> None:
    with pytest.raises(NotSupported, match=f"the metric {metric} does not suit these data"):
        fit(FITTED[:50] + np.float32(0.5), metric=metric)


def test_neighbours_must_belong_to_the_rows(neighbours: Neighbours) -> None:
    for rows, given in (
        (FITTED[:50], neighbours),
        (FITTED, Neighbours(neighbours.indices[:, :5], neighbours.distances)),
    ):
        with pytest.raises(InvalidInput, match="neighbours of each of"):
            UMAP.fit(rows, {}, neighbours=given, seed=3, progress=no_progress)


def test_more_neighbours_than_needed_change_nothing(fitted: Fitted) -> None:
    more = nearest_neighbours(FITTED, 100)
    again = UMAP.fit(FITTED, {}, neighbours=more, seed=3, progress=no_progress)
    assert np.array_equal(again.coordinates, fitted.coordinates)


def test_the_progress_of_umap_learn_follows_the_epochs() -> None:
    told: list[float] = []
    umap_library.lay_out(plan(FITTED), told.append)
    assert told == sorted(told)
    assert told[0] == 0.0
    assert told[-1] == 1.0
    assert len(told) >= 3


def test_cancelling_between_epochs_stops_and_frees_the_threads() -> None:
    before = numba.get_num_threads()
    told: list[float] = []

    def cancel(fraction: float) -> None:
        told.append(fraction)
        if fraction > 0.2:
            raise Cancelled("the run was cancelled")

    with pytest.raises(Cancelled):
        fit(FITTED, progress=cancel, engine="umap-learn")
    assert 0.2 < told[-1] < 0.9
    assert numba.get_num_threads() == before


def test_what_a_library_raises_is_wrapped_with_its_message() -> None:
    rows = FITTED[:50]
    nothing = plan(rows, 4, start=np.empty((50, 0)))
    with pytest.raises(ComputeFailed, match="umap-learn: Found array with 0 feature"):
        umap_library.lay_out(nothing, no_progress)
    with pytest.raises(ComputeFailed, match="fastumap: dimensions must be >= 1"):
        fastumap_library.lay_out(nothing, no_progress)


def test_the_transformer_of_another_method_is_refused(fitted: Fitted) -> None:
    other = Pca().fit(FITTED, {}, neighbours=None, seed=0, progress=no_progress).transformer
    torn = ArrayBundle({"rows": FITTED}, fitted.transformer.facts)
    for transformer in (other, torn):
        with pytest.raises(IntegrityError, match="not a fitted umap projection"):
            UMAP.transform(transformer, NEW, seed=0, progress=no_progress)
    with pytest.raises(IntegrityError, match="not fitted principal components"):
        Pca().transform(fitted.transformer, NEW, seed=0, progress=no_progress)
