"""The way BackwardCompatibilityML goes about a sweep: its costs, in code of our own.

As its fact sheet describes it: the old model is asked in every step, the new one a second time for the support; each
epoch ends with a pass over the test set whose result is not used; an evaluation passes over the data eleven times and
looks at rows one by one; every point writes its weights and its record to a folder.
"""

import copy
import json
from collections.abc import Iterable
from pathlib import Path

import torch
from torch import Tensor, nn

from arangovis.compatibility.pytorch.trainer import RawBatch
from tests.benchmarks.compatibility.workload import EPOCHS, OPTIONS, Workload


def sweep(work: Workload, folder: Path) -> list[dict[str, float]]:
    """Train and evaluate all points one after the other; return accuracy, BTC and BEC of each."""
    found: list[dict[str, float]] = []
    for lambda_c in OPTIONS.lambdas:
        for kind in ("new-error", "strict-imitation"):
            model = copy.deepcopy(work.h2)
            _train(work, model, lambda_c, kind)
            torch.save(model.state_dict(), folder / f"{lambda_c}-model-{kind}.state")
            for batches in (work.train, work.test):
                record = _evaluate(work.h1, model, batches)
                (folder / f"{len(found)}-evaluation-data.json").write_text(json.dumps(record))
                found.append({name: record[name] for name in ("h2_performance", "btc", "bec")})  # type: ignore[misc]
    (folder / "sweep_summary.json").write_text(json.dumps({"data": found}))
    return found


def _train(work: Workload, model: nn.Module, lambda_c: float, kind: str) -> None:
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for _ in range(EPOCHS):
        model.train()
        for _, x, y in work.train:
            optimizer.zero_grad()
            _loss(work.h1, model, x, y, lambda_c, kind).backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            for _, x, y in work.test:
                _loss(work.h1, model, x, y, lambda_c, kind)


def _loss(h1: nn.Module, h2: nn.Module, x: Tensor, y: Tensor, lambda_c: float, kind: str) -> Tensor:
    base = nn.functional.nll_loss(h2(x)[2], y)
    right = h1(x)[2].argmax(dim=1) == y
    if not right.any():
        return base
    if kind == "new-error":
        terms = nn.functional.nll_loss(h2(x[right])[2], y[right], reduction="sum")
    else:
        terms = -(h1(x[right])[1].detach() * torch.log(h2(x[right])[1])).sum()
    return base + lambda_c * terms / len(y)


@torch.no_grad()
def _evaluate(h1: nn.Module, h2: nn.Module, batches: Iterable[RawBatch]) -> dict[str, object]:
    batches = list(batches)
    trust, errors = _scores(h1, h2, batches)
    return {
        "models_error_overlap": _overlap(h1, h2, batches),
        "h2_incompatible_instance_ids_by_class": _incompatible(h1, h2, batches),
        "h1_accuracy_by_class": _by_class(h1, batches),
        "h2_accuracy_by_class": _by_class(h2, batches),
        "error_instances": _instances(h1, h2, batches),
        "h2_performance": _accuracy(h2, batches),
        "btc": trust,
        "bec": errors,
    }


def _labels(model: nn.Module, x: Tensor) -> Tensor:
    labels: Tensor = model(x)[2].argmax(dim=1)
    return labels


def _overlap(h1: nn.Module, h2: nn.Module, batches: list[RawBatch]) -> list[list[object]]:
    wrong: list[list[object]] = [[], [], []]
    for ids, x, y in batches:
        first, second = _labels(h1, x), _labels(h2, x)
        for row, truth in enumerate(y):
            errs = bool(first[row] != truth), bool(second[row] != truth)
            for number, holds in enumerate((*errs, all(errs))):
                if holds:
                    wrong[number].append(ids[row])
    return wrong


def _incompatible(h1: nn.Module, h2: nn.Module, batches: list[RawBatch]) -> dict[int, list[object]]:
    found: dict[int, list[object]] = {}
    for ids, x, y in batches:
        first, second = _labels(h1, x), _labels(h2, x)
        for row, truth in enumerate(y):
            if first[row] == truth and second[row] != truth:
                found.setdefault(int(truth), []).append(ids[row])
    return found


def _by_class(model: nn.Module, batches: list[RawBatch]) -> dict[int, tuple[float, list[object]]]:
    total, right, wrong = (dict.fromkeys(range(10), n) for n in (0, 0, 0))
    ids_wrong: dict[int, list[object]] = {label: [] for label in wrong}
    for _, x, y in batches:
        for truth, label in zip(y, _labels(model, x), strict=True):
            total[int(truth)] += 1
            right[int(truth)] += int(truth == label)
    for ids, x, y in batches:
        for row, label in enumerate(_labels(model, x)):
            if label != y[row]:
                ids_wrong[int(y[row])].append(ids[row])
    return {label: (right[label] / max(1, total[label]), ids_wrong[label]) for label in total}


def _instances(h1: nn.Module, h2: nn.Module, batches: list[RawBatch]) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = []
    for ids, x, y in batches:
        first, second = _labels(h1, x), _labels(h2, x)
        for row, truth in enumerate(y):
            if first[row] != truth or second[row] != truth:
                found.append((ids[row], str(ids[row]), int(first[row]), int(second[row]), int(truth)))
    return found


def _accuracy(model: nn.Module, batches: list[RawBatch]) -> float:
    return sum(float((_labels(model, x) == y).float().mean()) for _, x, y in batches) / len(batches)


def _scores(h1: nn.Module, h2: nn.Module, batches: list[RawBatch]) -> tuple[float, float]:
    kept, old = [], []
    for _, x, y in batches:
        first, second = _labels(h1, x).tolist(), _labels(h2, x).tolist()
        rows = list(zip(first, second, y.tolist(), strict=True))
        right = [(a, b, t) for a, b, t in rows if a == t]
        wrong = [(a, b, t) for a, b, t in rows if a != t]
        kept.append(sum(1 for _, b, t in right if b == t) / len(right) if right else 0.0)
        old.append(sum(1 for _, b, t in wrong if b != t) / len(wrong) if wrong else 0.0)
    return sum(kept) / len(kept), sum(old) / len(old)
