"""The two circles of errors: areas in proportion to counts, and an overlap in proportion to the common errors."""

import math
from dataclasses import dataclass

from arangovis.domain.errors import Fault, InvalidInput

RADIUS_MAX = 50.0
GAP = 10.0
"""Between circles that share nothing, in the units of the radii."""
_HALVINGS = 60


@dataclass(frozen=True, slots=True)
class Venn:
    """Radii of the two circles, and the distance of their centres. A circle without errors has the radius 0."""

    h1_radius: float
    h2_radius: float
    distance: float


def venn(h1_errors: int, h2_errors: int, common: int) -> Venn:
    """Return the circles; the larger one has the radius RADIUS_MAX.

    Raises:
        InvalidInput: a count is negative, or more errors are common than either model makes.

    """
    if not 0 <= common <= min(h1_errors, h2_errors):
        problem = f"{common} is not between 0 and the smaller count of errors, {min(h1_errors, h2_errors)}"
        raise InvalidInput.of(Fault("common", problem))
    most = max(h1_errors, h2_errors)
    if most == 0:
        return Venn(0.0, 0.0, 0.0)
    first, second = (RADIUS_MAX * math.sqrt(count / most) for count in (h1_errors, h2_errors))
    return Venn(first, second, _distance(first, second, common / most * math.pi * RADIUS_MAX**2))


def lens_area(first: float, second: float, distance: float) -> float:
    """Return the area that two circles share, from their radii and the distance of their centres."""
    if distance >= first + second:
        return 0.0
    small, large = sorted((first, second))
    if distance <= large - small:
        return math.pi * small**2
    squares = distance**2 + small**2 - large**2, distance**2 + large**2 - small**2
    parts = small**2 * _arc(squares[0] / (2 * distance * small)) + large**2 * _arc(squares[1] / (2 * distance * large))
    product = (large + small - distance) * (distance + small - large) * (distance - small + large)
    return parts - math.sqrt(max(0.0, product * (distance + small + large))) / 2


def _distance(first: float, second: float, shared: float) -> float:
    """Return the distance at which circles share an area, by bisection: the area falls as the distance grows."""
    if shared <= 0:
        return first + second + GAP if first and second else 0.0
    near, far = abs(first - second), first + second
    for _ in range(_HALVINGS):
        middle = (near + far) / 2
        near, far = (middle, far) if lens_area(first, second, middle) > shared else (near, middle)
    return near if math.isclose(shared, math.pi * min(first, second) ** 2) else (near + far) / 2


def _arc(cosine: float) -> float:
    return math.acos(max(-1.0, min(1.0, cosine)))
