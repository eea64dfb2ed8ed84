"""The values of lambda_c that a sweep tries: from 0 to 1, both included."""

import math

from arangovis.domain.errors import Fault, InvalidInput

POINTS_MAX = 10_001
_DIGITS = 10


def lambda_grid(step: float) -> tuple[float, ...]:
    """Return 0, step, 2 step, ... and 1; each counted as an integer times the step, so that no error adds up.

    A step that does not divide 1 ends with a shorter one, so that the last value is always 1.

    Raises:
        InvalidInput: the step is not above 0 and at most 1, or so small that there are too many values.

    """
    if not (0 < step <= 1 and math.isfinite(step)):
        raise InvalidInput.of(Fault("lambda_c_stepsize", f"{step} is not above 0 and at most 1"))
    if 1 / step > POINTS_MAX - 1:
        raise InvalidInput.of(Fault("lambda_c_stepsize", f"{step} gives more than {POINTS_MAX} values"))
    values = [round(number * step, _DIGITS) for number in range(math.floor(1 / step) + 2)]
    return (*(value for value in values if value < 1), 1.0)
