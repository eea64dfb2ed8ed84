"""The grid of lambda_c, and the circles of errors."""

import itertools
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arangovis.compatibility.grid import POINTS_MAX, lambda_grid
from arangovis.compatibility.venn import GAP, RADIUS_MAX, lens_area, venn
from arangovis.domain.errors import InvalidInput
from tests.unit.compatibility.reference import reference

PI_OF_THE_ORIGINAL = 3.14


@pytest.mark.parametrize("case", reference()["lambda_grids"], ids=lambda case: str(case["step"]))
def test_steps_that_divide_one_give_the_originals_grid(case: dict[str, Any]) -> None:
    if case["values"][-1] == pytest.approx(1):
        assert lambda_grid(case["step"]) == pytest.approx(case["values"], abs=1e-12)
    else:
        assert lambda_grid(case["step"])[-1] == 1


@given(st.floats(1e-3, 1))
def test_a_grid_grows_from_zero_to_one(step: float) -> None:
    values = lambda_grid(step)
    assert (values[0], values[-1]) == (0, 1)
    assert list(values) == sorted(set(values))
    assert all(value == round(value, 10) for value in values)
    assert max(b - a for a, b in itertools.pairwise(values)) <= step + 1e-9


@pytest.mark.parametrize("step", [0, -0.1, 1.1, 2, math.nan, math.inf, 0.5 / POINTS_MAX])
def test_other_steps_are_refused(step: float) -> None:
    with pytest.raises(InvalidInput, match="lambda_c_stepsize"):
        lambda_grid(step)


@pytest.mark.parametrize("case", reference()["venn"], ids=lambda c: f"{c['h1_errors']}-{c['h2_errors']}-{c['common']}")
def test_the_originals_circles(case: dict[str, Any]) -> None:
    """Its distances differ a little, since it takes 3.14 for pi."""
    found = venn(case["h1_errors"], case["h2_errors"], case["common"])
    assert (found.h1_radius, found.h2_radius) == pytest.approx(case["ra_rb_d"][:2])
    if case["h1_errors"] and case["h2_errors"]:
        assert found.distance == pytest.approx(case["ra_rb_d"][2], rel=2e-3, abs=1e-6)


@given(st.integers(0, 500), st.integers(0, 500), st.floats(0, 1))
def test_areas_match_the_counts(h1: int, h2: int, share: float) -> None:
    common = int(share * min(h1, h2))
    found = venn(h1, h2, common)
    most = max(h1, h2, 1)
    unit = math.pi * RADIUS_MAX**2 / most
    assert math.pi * found.h1_radius**2 == pytest.approx(h1 * unit, abs=1e-6)
    assert math.pi * found.h2_radius**2 == pytest.approx(h2 * unit, abs=1e-6)
    shared = lens_area(found.h1_radius, found.h2_radius, found.distance)
    assert shared == pytest.approx(common * unit, rel=0.01, abs=unit * 0.01)


def test_special_cases() -> None:
    assert venn(7, 7, 7).distance == 0
    assert venn(10, 4, 4).distance == pytest.approx(RADIUS_MAX - RADIUS_MAX * math.sqrt(0.4))
    assert venn(5, 3, 0).distance == pytest.approx(RADIUS_MAX + RADIUS_MAX * math.sqrt(0.6) + GAP)
    assert (venn(0, 3, 0).h1_radius, venn(0, 3, 0).distance) == (0, 0)
    assert venn(0, 0, 0) == venn(0, 0, 0).__class__(0, 0, 0)


@pytest.mark.parametrize("counts", [(3, 2, 3), (-1, 2, 0), (2, 2, -1)])
def test_impossible_counts_are_refused(counts: tuple[int, int, int]) -> None:
    with pytest.raises(InvalidInput, match="common"):
        venn(*counts)
