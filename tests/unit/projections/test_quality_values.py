"""The measures on digits, against values that were computed apart by their definitions."""

import numpy as np
import numpy.typing as npt
import pytest
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits
from sklearn.manifold import trustworthiness as their_trustworthiness
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

from arangovis.domain.errors import InvalidInput, NotSupported
from arangovis.projections import quality
from arangovis.projections.quality import spectrum
from arangovis.projections.quality.ranks import ROWS_MAX, ranks

Doubles = npt.NDArray[np.float64]
LABELS = load_digits().target[:500]
ROWS: Doubles = StandardScaler().fit_transform(load_digits().data[:500])
EXACT = 1e-6


def principal(rows: Doubles) -> Doubles:
    """Project on the first two eigenvectors, each with its largest entry positive."""
    vectors = np.linalg.eigh(rows.T @ rows / len(rows))[1][:, ::-1][:, :2]
    largest = np.abs(vectors).argmax(axis=0)
    return np.asarray(rows @ (vectors * np.sign(vectors[largest, [0, 1]])))


PLOT = principal(ROWS)
BENT = PLOT / np.abs(PLOT).max()
BENT = np.column_stack([BENT[:, 0], BENT[:, 1] ** 3 + 0.5 * BENT[:, 0] ** 2])


def test_the_recipe_gives_the_tables_that_were_measured() -> None:
    assert np.abs(ROWS).sum() == pytest.approx(20845.871662535414, rel=1e-9)
    assert np.abs(PLOT).sum() == pytest.approx(2064.1762912278027, rel=1e-9)
    assert np.abs(BENT).sum() == pytest.approx(162.40651905156483, rel=1e-9)


@pytest.mark.parametrize(
    ("found", "published"),
    [
        (quality.global_score(ROWS, PLOT), 1.0),
        (quality.global_score(ROWS, BENT), 0.942240592132587),
        (quality.sammon_error(ROWS, PLOT, seed=0), 0.3302137307274651),
        (quality.sammon_error(ROWS, BENT, seed=0), 0.9267922381471656),
        (quality.sammon_error_scale_fitted(ROWS, PLOT, seed=0), 0.13712005531663402),
        (quality.legacy_sammon_error(ROWS, PLOT), 0.3245092673966423),
        (quality.auc_rnx(ROWS, PLOT), 0.2975462120663339),
        (quality.q_nx(ROWS, PLOT)[9], 0.2706),
        (quality.q_nx(ROWS, PLOT)[99], 0.57302),
        (quality.r_nx(ROWS, PLOT)[9], 0.25568384458077714),
        (quality.r_nx(ROWS, PLOT)[99], 0.4660074686716792),
        (quality.lcmc_max(ROWS, PLOT), 0.3963648147358547),
        (quality.trustworthiness(ROWS, PLOT), 0.8523717679944095),
        (quality.trustworthiness(ROWS, BENT), 0.7961442348008386),
        (quality.continuity(ROWS, PLOT), 0.9427527603074773),
        (quality.continuity(ROWS, BENT), 0.8741070580013977),
        (quality.spearman_distances(ROWS, PLOT), 0.6848199444790746),
    ],
)
def test_values_by_definition(found: float, published: float) -> None:
    assert found == pytest.approx(published, rel=EXACT)


def test_fixed_triplets() -> None:
    rows, turns = np.arange(500).repeat(40), np.tile(np.arange(1, 41), 500)
    second, third = (rows + 7 * turns) % 500, (rows + 13 * turns + 1) % 500
    apart = (rows != second) & (rows != third) & (second != third)
    chosen = (rows[apart], second[apart], third[apart])
    assert quality.triplet_accuracy(ROWS, PLOT, triplets=chosen) == pytest.approx(0.75575, rel=EXACT)
    assert quality.triplet_accuracy(ROWS, PLOT) == pytest.approx(0.75575, abs=0.02)


def test_msid_with_the_exact_spectrum() -> None:
    assert quality.msid(ROWS, PLOT) == pytest.approx(116.78112344394563, rel=1e-5)
    assert quality.msid(ROWS, ROWS) == pytest.approx(0, abs=1e-6)


def test_msid_is_estimated_within_a_quarter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spectrum, "EXACT_ROWS_MAX", 100)
    found = quality.msid(ROWS, PLOT, seed=1)
    assert found == pytest.approx(116.78, rel=0.25)
    assert found == quality.msid(ROWS, PLOT, seed=1)
    assert quality.msid(ROWS, ROWS, seed=1) == 0  # the same probes for both


def test_a_part_of_the_rows_projected_alone() -> None:
    even = ROWS[::2]
    half = principal(even - even.mean(axis=0))
    assert quality.mean_displacement(PLOT[::2], half) == pytest.approx(0.018740931068050484, rel=EXACT)
    assert quality.stability_score(PLOT, lambda part: PLOT[part]) == pytest.approx(0, abs=1e-9)


def test_labels() -> None:
    found = KNeighborsClassifier(5).fit(PLOT[::2], LABELS[::2]).score(PLOT[1::2], LABELS[1::2])
    assert found == pytest.approx(0.54, rel=1e-3)
    assert quality.knn_accuracy(PLOT, LABELS) == pytest.approx(0.6, abs=0.05)
    assert quality.svc_accuracy(PLOT, LABELS) == pytest.approx(0.56, abs=0.1)
    clusters = KMeans(10, init=PLOT[:10], n_init=1).fit_predict(PLOT)
    agreed = quality.agreement(LABELS, clusters)
    assert agreed.ari == pytest.approx(0.34325399236742143, rel=1e-3)
    assert agreed.ami == pytest.approx(0.49298856734018065, rel=1e-3)
    assert quality.clustering(PLOT, LABELS).ari == pytest.approx(agreed.ari, abs=0.05)


def test_labels_that_say_nothing_are_refused() -> None:
    with pytest.raises(NotSupported, match="fewer than two labels"):
        quality.knn_accuracy(PLOT, ["one"] * 500)
    with pytest.raises(NotSupported, match="500 labels, more than"):
        quality.clustering(np.repeat(PLOT, 5, axis=0), np.arange(500).repeat(5))
    with pytest.raises(InvalidInput, match="3 labels"):
        quality.svc_accuracy(PLOT, [1, 2, 3])


def test_a_sample_of_rows_is_near_all_of_them() -> None:
    rows = load_digits().data
    plot = principal(rows - rows.mean(axis=0))
    exact, sample = ranks(rows, plot), ranks(rows, plot, size=500)
    assert not exact.is_sampled
    assert sample.is_sampled
    assert len(rows) <= ROWS_MAX
    assert sample.auc_rnx() == pytest.approx(exact.auc_rnx(), abs=0.02)
    assert sample.trustworthiness() == pytest.approx(exact.trustworthiness(), abs=0.02)


def test_trustworthiness_is_that_of_scikit_learn_and_the_mean_of_its_rows() -> None:
    found = ranks(ROWS, PLOT, k=5)
    assert found.trustworthiness() == pytest.approx(their_trustworthiness(ROWS, PLOT, n_neighbors=5), rel=EXACT)
    assert found.local_trustworthiness().shape == (500,)
    assert found.local_trustworthiness().mean() == pytest.approx(found.trustworthiness())


def test_the_perfect_plot_and_chance() -> None:
    assert quality.auc_rnx(ROWS, ROWS) == pytest.approx(1)
    assert quality.continuity(ROWS, ROWS) == pytest.approx(1)
    noise = np.random.default_rng(0).normal(size=(500, 2))
    assert quality.auc_rnx(ROWS, noise) == pytest.approx(0, abs=0.02)
    assert quality.spearman_distances(ROWS, noise) == pytest.approx(0, abs=0.05)
    assert quality.triplet_accuracy(ROWS, noise) == pytest.approx(0.5, abs=0.02)


def test_neighbours_outside_the_limits_are_refused() -> None:
    with pytest.raises(InvalidInput, match="250 neighbours"):
        quality.trustworthiness(ROWS, PLOT, k=250)
