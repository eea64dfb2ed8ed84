"""The record of a comparison, row by row."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arangovis.compatibility import Split, evaluate
from arangovis.compatibility.evaluation import REGIONS, accuracy
from arangovis.compatibility.labels import labels_of
from arangovis.domain.errors import InvalidInput
from tests.unit.compatibility.reference import reference

rows = st.lists(st.tuples(*[st.integers(0, 3)] * 3), max_size=25)


def test_the_originals_record_with_metadata_of_the_right_rows() -> None:
    case = reference()["two_uneven_batches"]
    h1, h2 = labels_of("h1", case["h1_logits"]), labels_of("h2", case["h2_logits"])
    ids = [case["id_offset"] + row for row in range(len(h1))]
    split = Split(case["y"], h1, ids, classes=(0, 1, 2), batch_ends=tuple(case["batch_ends"]))
    found = evaluate(split, h2)
    record = found.record(lambda instance: f"meta-{instance}")
    expected = case["evaluation"]
    for item in expected["error_instances"]:
        item["metadata"] = f"meta-{item['instance_id']}"  # the original says the position in the batch
    floats = ("h2_performance", "btc", "bec")
    assert [record[name] for name in floats] == pytest.approx([expected[name] for name in floats], abs=1e-9)
    assert {k: v for k, v in record.items() if k not in floats} == {
        k: v for k, v in expected.items() if k not in floats
    }


@given(rows)
def test_regions_and_classes_add_up(drawn: list[tuple[int, int, int]]) -> None:
    h1, h2, y = ([row[column] for row in drawn] for column in range(3))
    found = evaluate(Split(y, h1, classes=(0, 1, 2, 3)), h2)
    regions = {name: found.region(name) for name in REGIONS}
    assert [len(regions[name]) for name in REGIONS] == [
        found.scores.progress,
        found.scores.common,
        found.scores.regress,
    ]
    assert sorted(key for ids in regions.values() for key in ids) == [i.id for i in found.instances]
    assert sorted(key for ids in found.incompatible.values() for key in ids) == sorted(regions["regress"])
    for by_class, errors in ((found.h1_classes, found.scores.h1_errors), (found.h2_classes, found.scores.h2_errors)):
        assert sum(item.rows for item in by_class) == len(drawn)
        assert sum(len(item.errors) for item in by_class) == errors
        for item in by_class:
            assert item.accuracy == (1 - len(item.errors) / item.rows if item.rows else None)


def test_a_model_without_errors_and_a_class_without_rows_make_a_record() -> None:
    found = evaluate(Split([0, 1, 1], [0, 1, 1], classes=(0, 1, 2)), [0, 1, 0])
    assert found.scores.bec is None
    assert [item.accuracy for item in found.h1_classes] == [1, 1, None]
    assert found.record()["h2_incompatible_instance_ids_by_class"] == [{"class": 1, "incompatibleInstanceIds": [2]}]
    assert evaluate(Split([0], [0]), [0]).instances == ()


def test_ids_and_labels_may_be_texts() -> None:
    found = evaluate(Split(["cat", "dog"], ["cat", "dog"], ["a", "b"]), ["dog", "dog"])
    assert found.region("regress") == ("a",)
    assert found.labels == ("cat", "dog")
    assert found.instances[0].truth == "cat"


def test_ids_must_fit_the_rows() -> None:
    with pytest.raises(InvalidInput, match="ids has 1"):
        evaluate(Split([0, 1], [0, 1], ["a"]), [0, 1])


def test_accuracy_is_of_all_rows_or_of_batches() -> None:
    predicted, truth = [1, 1, 0, 0], [1, 0, 1, 1]
    assert accuracy(predicted, truth) == 0.25
    assert accuracy(predicted, truth, batch_ends=[1, 4]) == 0.5
    assert np.isnan(accuracy([], []))


def test_a_metric_of_the_users_own_replaces_the_accuracy() -> None:
    found = evaluate(Split([0, 1], [0, 1], h1_performance=0.7), [1, 1])
    assert (found.h1_performance, found.h2_performance) == (0.7, 0.5)
