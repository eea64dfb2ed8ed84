"""What BackwardCompatibilityML computes, to compare with."""

import json
from functools import cache
from pathlib import Path
from typing import Any


@cache
def reference() -> dict[str, Any]:
    """Return the values in `reference_values.json`."""
    found: dict[str, Any] = json.loads((Path(__file__).parent / "reference_values.json").read_text("utf-8"))
    return found


def loss_cases(key: str) -> list[tuple[dict[str, Any], str, str, float, float]]:
    """Return (case, loss, reduction, lambda_c, expected) of every finite value of one kind of loss."""
    return [
        (case, name, "sum" if reduction == "reduction_sum" else "mean", float(lambda_c), value)
        for case in reference()[key]
        for name, by_reduction in case["expected"].items()
        for reduction, values in by_reduction.items()
        for lambda_c, value in values.items()
    ]
