import numba
import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.neighbors import KNeighborsClassifier

from arangovis.domain.errors import Cancelled, ComputeFailed, IntegrityError, InvalidInput, NotSupported
from arangovis.projections import umap_library
from arangovis.projections.base import Fitted, Neighbours, Progress, no_progress
from arangovis.projections.neighbours import NeighbourIndex, nearest_neighbours
from arangovis.projections.pca import Pca
from arangovis.projections.umap_method import MIN_ROWS, Umap
from arangovis.tabular.bundle import ArrayBundle, from_bytes, to_bytes

FITTED = load_digits().data[:1200].astype(np.float32)
NEW = load_digits().data[1200:].astype(np.float32)
LABELS = load_digits().target
UMAP = Umap()


def fit(rows: np.ndarray, *, progress: Progress = no_progress, **parameters: object) -> Fitted:
    return UMAP.fit(rows, parameters, neighbours=None, seed=3, progress=progress)


@pytest.fixture(scope="module")
def neighbours() -> Neighbours:
    return nearest_neighbours(FITTED, 14)


@pytest.fixture(scope="module")
def fitted(neighbours: Neighbours) -> Fitted:
    return UMAP.fit(FITTED, UMAP.parameters.defaults(), neighbours=neighbours, seed=3, progress=no_progress)


@pytest.fixture(scope="module")
def placed(fitted: Fitted) -> np.ndarray:
    return UMAP.transform(fitted.transformer, NEW, seed=3, progress=no_progress)


@pytest.fixture(scope="module")
def plain(neighbours: Neighbours) -> object:
    """The library used by hand on the same neighbours."""
    import umap

    indices = np.column_stack([np.arange(len(FITTED)), neighbours.indices])
    distances = np.column_stack([np.zeros(len(FITTED), np.float32), neighbours.distances])
    model = umap.UMAP(random_state=3, transform_seed=3, n_jobs=1, precomputed_knn=(indices, distances, None))
    with pytest.warns(UserWarning, match="not an NNDescent object"):
        return model.fit(FITTED)


def test_the_layout_is_the_librarys(fitted: Fitted, plain: object) -> None:
    assert np.array_equal(fitted.coordinates, plain.embedding_)


def test_a_restored_transformer_places_as_the_original_object_does(
    fitted: Fitted, placed: np.ndarray, plain: object
) -> None:
    class Index:
        _angular_trees = False

        def query(self, rows: np.ndarray, k: int, epsilon: float) -> tuple[np.ndarray, np.ndarray]:
            found = NeighbourIndex(FITTED).query(rows, k)
            return found.indices.astype(np.int32), found.distances

    plain._knn_search_index = Index()
    np.testing.assert_allclose(placed, plain.transform(NEW), atol=1e-4)
    restored = from_bytes(to_bytes(fitted.transformer))
    assert np.array_equal(UMAP.transform(restored, NEW, seed=3, progress=no_progress), placed)


def accuracy(known: np.ndarray, asked: np.ndarray) -> float:
    return KNeighborsClassifier(15).fit(known, LABELS[:1200]).score(asked, LABELS[1200:])


def test_new_rows_land_among_their_like(fitted: Fitted, placed: np.ndarray) -> None:
    assert accuracy(fitted.coordinates, placed) > 0.9


@pytest.mark.slow
def test_new_rows_land_as_well_as_with_the_librarys_own_neighbours(fitted: Fitted, placed: np.ndarray) -> None:
    import umap

    own = umap.UMAP(random_state=3, n_jobs=1).fit(FITTED)
    theirs = accuracy(own.embedding_, own.transform(NEW))
    assert accuracy(fitted.coordinates, placed) == pytest.approx(theirs, abs=0.03)


def test_another_seed_gives_another_result(fitted: Fitted, placed: np.ndarray, neighbours: Neighbours) -> None:
    other = UMAP.fit(FITTED[:300], {}, neighbours=None, seed=4, progress=no_progress).coordinates
    assert not np.array_equal(other, fit(FITTED[:300]).coordinates)
    moved = UMAP.transform(fitted.transformer, NEW, seed=4, progress=no_progress)
    assert not np.array_equal(moved, placed)
    huge = UMAP.fit(FITTED[:30], {}, neighbours=None, seed=2**63 - 1, progress=no_progress)
    assert huge.transformer.facts["seed"] == 2**63 - 1


@pytest.mark.parametrize("components", [2, 3])
@pytest.mark.parametrize("rows", range(MIN_ROWS, 17))
def test_few_rows_suffice(rows: int, components: int) -> None:
    found = fit(FITTED[:rows], n_components=components)
    assert found.coordinates.shape == (rows, components)
    assert found.transformer.facts["n_neighbours"] == 15
    assert found.transformer.facts["neighbours_used"] == min(15, rows - 1)
    placed = UMAP.transform(found.transformer, NEW[:3], seed=3, progress=no_progress)
    assert np.isfinite(placed).all()


def test_one_row_less_is_refused() -> None:
    with pytest.raises(NotSupported, match="umap needs at least 5 rows, there are 4"):
        fit(FITTED[: MIN_ROWS - 1])


@pytest.mark.parametrize(
    "rows",
    [np.ones((300, 8), np.float32), np.repeat(FITTED[:3], 40, axis=0), np.repeat(FITTED[:12], 25, axis=0)],
    ids=["all equal", "three clumps", "twelve clumps"],
)
def test_equal_rows_get_finite_coordinates(rows: np.ndarray) -> None:
    assert np.isfinite(fit(rows).coordinates).all()


@pytest.mark.parametrize(
    "parameters", [{"n_neighbours": 2}, {"n_neighbours": 200}, {"min_dist": 0.0}, {"min_dist": 0.99}]
)
def test_limits_of_the_parameters(parameters: dict[str, object]) -> None:
    assert np.isfinite(fit(FITTED[:250], **parameters).coordinates).all()


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
    assert np.isfinite(fit(ink, metric="jaccard").coordinates).all()


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


def test_progress_follows_the_epochs() -> None:
    told: list[float] = []
    umap_library.fit(
        FITTED,
        nearest_neighbours(FITTED, 14),
        settings=umap_library.Settings("euclidean", 0.1, 2, 15),
        seed=3,
        progress=told.append,
    )
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
        fit(FITTED, progress=cancel)
    assert 0.2 < told[-1] < 0.9
    assert numba.get_num_threads() == before


def test_what_the_library_raises_is_wrapped_with_its_message() -> None:
    rows = FITTED[:50]
    settings = umap_library.Settings("euclidean", min_dist=0.1, n_components=0, n_neighbours=5)
    with pytest.raises(ComputeFailed, match="umap-learn: n_components must be greater than 0"):
        umap_library.fit(rows, nearest_neighbours(rows, 4), settings=settings, seed=0, progress=no_progress)


def test_the_transformer_of_another_method_is_refused(fitted: Fitted) -> None:
    other = Pca().fit(FITTED, {}, neighbours=None, seed=0, progress=no_progress).transformer
    torn = ArrayBundle({"rows": FITTED}, fitted.transformer.facts)
    for transformer in (other, torn):
        with pytest.raises(IntegrityError, match="not a fitted umap projection"):
            UMAP.transform(transformer, NEW, seed=0, progress=no_progress)
    with pytest.raises(IntegrityError, match="not fitted principal components"):
        Pca().transform(fitted.transformer, NEW, seed=0, progress=no_progress)
