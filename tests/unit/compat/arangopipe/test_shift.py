"""arangopipe's detector of shift, on the cases that it got wrong."""

import numpy as np
import pyarrow as pa
import pytest
from sklearn.datasets import load_breast_cancer

from arangovis.compat.arangopipe.arangopipe_analytics.dataset_shift_detector import DatasetShiftDetector
from arangovis.compat.arangopipe.arangopipe_analytics.rf_dataset_shift_detector import RF_DatasetShiftDetector
from arangovis.domain import errors

CANCER = load_breast_cancer()
COLUMNS = CANCER.feature_names[:6].tolist()


def frame(rows: np.ndarray) -> dict[str, np.ndarray]:
    return {name: CANCER.data[rows, number].copy() for number, name in enumerate(COLUMNS)}


def halves(share: float = 0.5) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    rows = np.random.default_rng(0).permutation(len(CANCER.data))
    cut = int(len(rows) * share)
    return frame(rows[:cut]), frame(rows[cut:])


@pytest.mark.parametrize("share", [0.5, 0.95])
def test_16_no_shift_is_no_alarm_whatever_the_sizes(share: float) -> None:
    score = RF_DatasetShiftDetector().detect_dataset_shift(*halves(share))
    assert 0.4 < score < 0.62


def test_16_a_shift_is_found_and_its_column_named() -> None:
    before, after = halves()
    after["mean area"] *= 2
    detector = RF_DatasetShiftDetector()
    assert detector.detect_dataset_shift(before, after) > 0.8
    assert detector.report is not None
    assert detector.report.moved[0] == "mean area"


def test_16_the_order_of_the_tables_does_not_decide() -> None:
    before, after = halves()
    after["mean area"] *= 2
    there, back = (
        RF_DatasetShiftDetector().detect_covariate_shift(*pair) for pair in ((before, after), (after, before))
    )
    assert there.auc == pytest.approx(back.auc, abs=0.05)
    assert (there.shifted, back.shifted) == (True, True)
    assert there.moved[0] == back.moved[0] == "mean area"
    left, right = halves(0.95)
    assert not any(
        RF_DatasetShiftDetector().detect_covariate_shift(*pair).shifted for pair in ((left, right), (right, left))
    )


def test_16_a_table_and_its_copy_are_the_same_and_stay_as_they_are() -> None:
    one, _ = halves()
    before = {name: values.copy() for name, values in one.items()}
    assert RF_DatasetShiftDetector().detect_dataset_shift(one, dict(one)) < 0.6
    assert list(one) == COLUMNS
    assert all(np.array_equal(one[name], before[name]) for name in one)


def test_16_texts_missing_values_and_frames_are_taken() -> None:
    left, right = halves()
    words = np.where(np.arange(len(left["mean area"])) % 2 == 0, "left ward", "right ward").tolist()
    one = pa.table({**left, "ward": words})
    other = pa.table({**right, "ward": [None if n % 3 else "left ward" for n in range(len(right["mean area"]))]})
    report = RF_DatasetShiftDetector().detect_covariate_shift(one, other)
    assert report.shifted
    assert report.moved[0] == "ward"
    rows = pa.table(left).to_pylist()
    assert RF_DatasetShiftDetector().detect_dataset_shift(rows, pa.table(right)) < 0.62


def test_what_is_no_table_is_refused() -> None:
    with pytest.raises(errors.InvalidInput):
        RF_DatasetShiftDetector().detect_dataset_shift(3, 4)
    with pytest.raises(errors.NoData):
        RF_DatasetShiftDetector().detect_dataset_shift({"x": [1.0]}, {"x": [2.0]})
    assert issubclass(RF_DatasetShiftDetector, DatasetShiftDetector)
