"""What every projection method must do, for anyone who writes one.

class TestMyProjector(ProjectorSuite):
    __test__ = True

    @pytest.fixture(scope="class")
    @classmethod
    def projector(cls): ...
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pytest

from arangovis.domain.errors import Cancelled, InvalidInput, NotSupported
from arangovis.domain.json import Scalar
from arangovis.projections.base import Fitted, Matrix, Neighbours, Projector, no_progress
from arangovis.projections.neighbours import nearest_neighbours
from arangovis.tabular.bundle import from_bytes, to_bytes

SEED = 7
FITTED_ROWS = 300


class Recorder:
    """A progress that remembers what it was told."""

    def __init__(self) -> None:
        self.fractions: list[float] = []

    def __call__(self, fraction: float) -> None:
        """Remember the fraction."""
        self.fractions.append(fraction)

    def check(self) -> None:
        """Assert that it stayed in 0 to 1, never fell, and reached 1."""
        assert self.fractions
        assert self.fractions[0] >= 0.0
        assert self.fractions == sorted(self.fractions)
        assert self.fractions[-1] == 1.0


def _cancel(fraction: float) -> None:
    raise Cancelled(f"the run was cancelled at {fraction}")


class ProjectorSuite(ABC):
    """Checks of `Projector`. Override `rows` if the method does not suit pictures of digits."""

    __test__ = False

    @pytest.fixture(scope="class")
    @classmethod
    @abstractmethod
    def projector(cls) -> Projector:
        """Return the method."""

    @pytest.fixture(scope="class")
    @classmethod
    def rows(cls) -> Matrix:
        """Return real rows, more than FITTED_ROWS."""
        from sklearn.datasets import load_digits

        return np.asarray(load_digits().data[: FITTED_ROWS + 60], dtype=np.float32)

    @pytest.fixture(scope="class")
    @classmethod
    def parameters(cls, projector: Projector) -> Mapping[str, Scalar]:
        return projector.parameters.defaults()

    @pytest.fixture(scope="class")
    @classmethod
    def neighbours(cls, projector: Projector, rows: Matrix, parameters: Mapping[str, Scalar]) -> Neighbours | None:
        needed = projector.neighbours_needed(parameters, FITTED_ROWS)
        return nearest_neighbours(rows[:FITTED_ROWS], needed) if needed else None

    @pytest.fixture(scope="class")
    @classmethod
    def fit_progress(cls) -> Recorder:
        return Recorder()

    @pytest.fixture(scope="class")
    @classmethod
    def fitted(
        cls,
        projector: Projector,
        rows: Matrix,
        parameters: Mapping[str, Scalar],
        neighbours: Neighbours | None,
        fit_progress: Recorder,
    ) -> Fitted:
        fitted_rows = rows[:FITTED_ROWS].copy()
        fitted_rows.flags.writeable = False
        return projector.fit(
            fitted_rows, MappingProxyType(dict(parameters)), neighbours=neighbours, seed=SEED, progress=fit_progress
        )

    @pytest.fixture(scope="class")
    @classmethod
    def placed(cls, projector: Projector, fitted: Fitted, rows: Matrix) -> Matrix:
        return projector.transform(fitted.transformer, rows[FITTED_ROWS:], seed=SEED, progress=no_progress)

    def test_it_states_what_it_is(self, projector: Projector) -> None:
        assert projector.name == projector.name.lower()
        assert projector.algorithm_version >= 1
        assert projector.engine().count(" ") == 1
        assert projector.parameters.check(projector.parameters.defaults(), complete=True)[1] == ()

    def test_coordinates_are_finite_float32_of_the_asked_shape(
        self, fitted: Fitted, parameters: Mapping[str, Scalar]
    ) -> None:
        assert fitted.coordinates.shape == (FITTED_ROWS, parameters["n_components"])
        assert fitted.coordinates.dtype == np.float32
        assert np.isfinite(fitted.coordinates).all()
        assert (fitted.coordinates.std(axis=0) > 0).all()

    def test_the_same_seed_gives_the_same_coordinates(
        self,
        projector: Projector,
        fitted: Fitted,
        rows: Matrix,
        parameters: Mapping[str, Scalar],
        neighbours: Neighbours | None,
    ) -> None:
        again = projector.fit(rows[:FITTED_ROWS], parameters, neighbours=neighbours, seed=SEED, progress=no_progress)
        assert np.array_equal(again.coordinates, fitted.coordinates)
        assert to_bytes(again.transformer) == to_bytes(fitted.transformer)

    def test_neighbours_given_or_not_make_no_difference(
        self, projector: Projector, fitted: Fitted, rows: Matrix, parameters: Mapping[str, Scalar]
    ) -> None:
        alone = projector.fit(rows[:FITTED_ROWS], parameters, neighbours=None, seed=SEED, progress=no_progress)
        assert np.array_equal(alone.coordinates, fitted.coordinates)

    def test_every_allowed_number_of_components(self, projector: Projector, rows: Matrix) -> None:
        declared = next(p for p in projector.parameters.parameters if p.name == "n_components")
        assert (declared.minimum, declared.maximum) == (2, 3)
        three = {**projector.parameters.defaults(), "n_components": 3}
        found = projector.fit(rows[:50], three, neighbours=None, seed=SEED, progress=no_progress)
        assert found.coordinates.shape == (50, 3)

    def test_parameters_are_recorded_unchanged(
        self, projector: Projector, fitted: Fitted, parameters: Mapping[str, Scalar]
    ) -> None:
        facts = fitted.transformer.facts
        assert {name: facts[name] for name in parameters} == dict(parameters)
        assert facts["method"] == projector.name
        assert facts["engine"] == projector.engine()
        assert facts["algorithm_version"] == projector.algorithm_version
        assert facts["seed"] == SEED

    def test_a_parameter_outside_its_limits_is_refused(self, projector: Projector, rows: Matrix) -> None:
        wrong = {**projector.parameters.defaults(), "n_components": 4}
        with pytest.raises(InvalidInput, match="n_components"):
            projector.fit(rows[:50], wrong, neighbours=None, seed=SEED, progress=no_progress)

    def test_too_few_rows_are_refused_with_the_number_needed(
        self, projector: Projector, rows: Matrix, parameters: Mapping[str, Scalar]
    ) -> None:
        with pytest.raises(NotSupported, match=r"at least \d+ rows, there are 1$"):
            projector.fit(rows[:1], parameters, neighbours=None, seed=SEED, progress=no_progress)

    def test_values_that_are_not_finite_are_refused(
        self, projector: Projector, rows: Matrix, parameters: Mapping[str, Scalar]
    ) -> None:
        broken = rows[:50].copy()
        broken[3, 4] = np.nan
        with pytest.raises(InvalidInput, match="not finite"):
            projector.fit(broken, parameters, neighbours=None, seed=SEED, progress=no_progress)

    def test_progress_reaches_one_and_never_falls(
        self, projector: Projector, fitted: Fitted, rows: Matrix, fit_progress: Recorder
    ) -> None:
        fit_progress.check()
        transform_progress = Recorder()
        projector.transform(fitted.transformer, rows[FITTED_ROWS:], seed=SEED, progress=transform_progress)
        transform_progress.check()

    def test_a_cancelled_run_stops(self, projector: Projector, rows: Matrix, parameters: Mapping[str, Scalar]) -> None:
        with pytest.raises(Cancelled):
            projector.fit(rows[:50], parameters, neighbours=None, seed=SEED, progress=_cancel)

    def test_the_fitted_rows_keep_their_coordinates(self, projector: Projector, fitted: Fitted, rows: Matrix) -> None:
        again = projector.transform(fitted.transformer, rows[:FITTED_ROWS], seed=SEED, progress=no_progress)
        np.testing.assert_allclose(again, fitted.coordinates, atol=1e-4)

    def test_new_rows_get_finite_coordinates(self, placed: Matrix, fitted: Fitted) -> None:
        assert placed.shape == (60, fitted.coordinates.shape[1])
        assert placed.dtype == np.float32
        assert np.isfinite(placed).all()

    def test_a_transformer_that_went_through_bytes_places_alike(
        self, projector: Projector, fitted: Fitted, rows: Matrix, placed: Matrix
    ) -> None:
        restored = from_bytes(to_bytes(fitted.transformer))
        again = projector.transform(restored, rows[FITTED_ROWS:], seed=SEED, progress=no_progress)
        assert np.array_equal(again, placed)

    def test_one_new_row_and_none(self, projector: Projector, fitted: Fitted, rows: Matrix) -> None:
        components = fitted.coordinates.shape[1]
        one = projector.transform(fitted.transformer, rows[-1:], seed=SEED, progress=no_progress)
        assert one.shape == (1, components)
        assert np.isfinite(one).all()
        none = projector.transform(fitted.transformer, rows[:0], seed=SEED, progress=no_progress)
        assert none.shape == (0, components)

    def test_new_rows_of_another_dimension_are_refused(
        self, projector: Projector, fitted: Fitted, rows: Matrix
    ) -> None:
        with pytest.raises(InvalidInput, match="dimensions"):
            projector.transform(fitted.transformer, rows[:5, :-1], seed=SEED, progress=no_progress)

    def test_warm_up_leaves_results_as_they_are(
        self, projector: Projector, fitted: Fitted, rows: Matrix, placed: Matrix
    ) -> None:
        projector.warm_up()
        again = projector.transform(fitted.transformer, rows[FITTED_ROWS:], seed=SEED, progress=no_progress)
        assert np.array_equal(again, placed)
