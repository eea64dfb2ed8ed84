"""BTC, BEC and the counts: against the original's values, and against counting row by row."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_digits
from sklearn.linear_model import RidgeClassifier

from arangovis.compatibility import compare, error_compatibility_score, trust_compatibility_score
from arangovis.compatibility.labels import labels_of
from arangovis.compatibility.scores import of_errors
from arangovis.domain.errors import InvalidInput
from tests.unit.compatibility.reference import reference

labels = st.one_of(st.integers(0, 2), st.booleans())
rows = st.lists(st.tuples(*[st.integers(0, 2)] * 3), max_size=30)


@pytest.mark.parametrize("case", reference()["scores"], ids=lambda case: case["name"])
def test_the_originals_scores(case: dict[str, Any]) -> None:
    h1, h2, y = case["h1"], case["h2"], case["y"]
    assert trust_compatibility_score(h1, h2, y) == pytest.approx(case["btc"], abs=1e-9)
    assert error_compatibility_score(h1, h2, y) == pytest.approx(case["bec"], abs=1e-9)
    assert compare(h1, h2, y).bec_h2 == (
        None
        if case["derived_share_of_h2_errors_that_are_old"] is None
        else pytest.approx(case["derived_share_of_h2_errors_that_are_old"], abs=1e-9)
    )


@given(rows, st.sampled_from([int, str]))
def test_scores_equal_counting_row_by_row(drawn: list[tuple[int, int, int]], kind: type) -> None:
    found = compare(*([kind(row[column]) for row in drawn] for column in range(3)))
    both = sum(1 for h1, h2, y in drawn if h1 == y and h2 == y)
    common = sum(1 for h1, h2, y in drawn if h1 != y and h2 != y)
    h1_right = sum(1 for h1, _, y in drawn if h1 == y)
    h2_wrong = sum(1 for _, h2, y in drawn if h2 != y)
    assert (found.rows, found.common, found.h2_errors) == (len(drawn), common, h2_wrong)
    assert found.regress == h1_right - both
    assert found.progress == len(drawn) - h1_right - common
    assert found.btc == (both / h1_right if h1_right else None)
    assert found.bec == (common / (len(drawn) - h1_right) if len(drawn) > h1_right else None)
    assert found.bec_h2 == (common / h2_wrong if h2_wrong else None)


@given(rows)
def test_what_is_not_defined_says_why(drawn: list[tuple[int, int, int]]) -> None:
    columns = [[row[column] for row in drawn] for column in range(3)]
    found = compare(*columns)
    missing = {name for name in ("btc", "bec", "bec_h2") if getattr(found, name) is None}
    assert {name for name, _ in found.reasons} == missing
    zeroed = compare(*columns, undefined="zero")
    assert all(getattr(zeroed, name) == 0 for name in missing)
    assert not zeroed.reasons


def test_means_over_batches_are_the_originals() -> None:
    case = reference()["two_uneven_batches"]
    h1, h2 = labels_of("h1", case["h1_logits"]), labels_of("h2", case["h2_logits"])
    batched = compare(h1, h2, case["y"], batch_ends=case["batch_ends"])
    assert [batched.btc, batched.bec] == pytest.approx(case["compatibility_scores_mean_over_batches"], abs=1e-9)
    pooled = compare(h1, h2, case["y"])
    assert (pooled.btc, pooled.bec) == (case["pooled"]["btc"], case["pooled"]["bec"])


def test_batches_weigh_alike_whatever_their_length() -> None:
    """Two ridge classifiers on digits: hundreds of rows against one short batch at the end."""
    images, targets = load_digits(return_X_y=True)
    old, new = (RidgeClassifier().fit(images[:n], targets[:n]) for n in (100, 1000))
    h1, h2, y = old.predict(images[1000:]), new.predict(images[1000:]), targets[1000:]
    ends = [*range(100, 797, 100), 797]
    parts = [compare(h1[a:b], h2[a:b], y[a:b]) for a, b in zip([0, *ends], ends, strict=False)]
    batched = compare(h1, h2, y, batch_ends=ends)
    assert batched.btc == pytest.approx(np.mean([part.btc for part in parts]))
    assert batched.btc != compare(h1, h2, y).btc


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match="h2 has 2"):
        trust_compatibility_score([1, 0, 1], [1, 0], [1, 0, 1])


@pytest.mark.parametrize("ends", [[2], [1, 1, 3], [3, 2], [4]])
def test_batches_must_cover_the_rows(ends: list[int]) -> None:
    with pytest.raises(InvalidInput, match="batch_ends"):
        of_errors(np.zeros(3, bool), np.zeros(3, bool), batch_ends=ends)


def test_predictions_that_are_no_numbers_name_their_row() -> None:
    with pytest.raises(InvalidInput, match="h1: row 1 holds nan"):
        compare([0.0, float("nan")], [0.0, 1.0], [0.0, 1.0])
    with pytest.raises(InvalidInput, match="h2: row 0 holds inf"):
        labels_of("h2", [[float("inf"), 0.0]])


def test_probabilities_become_labels() -> None:
    assert labels_of("h1", [[0.4, 0.4, 0.2], [0, 0, 1]]).tolist() == [0, 2]
    assert labels_of("h1", [0.5, 0.49]).tolist() == [1, 0]
    assert labels_of("h1", [0.5, 0.49], pivot=0.4).tolist() == [1, 1]
    with pytest.raises(InvalidInput, match="shape"):
        labels_of("h1", [[[0.5]]])
    with pytest.raises(InvalidInput, match="one label a row"):
        compare([[1]], [1], [1])
