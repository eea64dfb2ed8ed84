"""Classes as texts and as numbers."""

import numpy as np

from arangovis.projections.classes import class_labels, classes_of
from arangovis.tabular import read_rows
from arangovis.tabular.arrow_stream import MEDIA_TYPE, to_arrow


def test_what_has_no_value_has_no_class() -> None:
    columns = {"_id": ["a", "b", "c"], "class": np.array([2.0, np.nan, 1.0])}
    rows = read_rows(to_arrow(columns), MEDIA_TYPE)
    assert classes_of(rows, "class") == ["2.0", None, "1.0"]
    assert classes_of(rows, "other") is None
    assert classes_of(rows, None) is None


def test_classes_are_numbered_in_order_of_their_names() -> None:
    labels = class_labels(["b", None, "a", "b"])
    assert labels.tolist() == [1, -1, 0, 1]
    assert labels.dtype == np.int64
    assert class_labels([None, None]).tolist() == [-1, -1]
