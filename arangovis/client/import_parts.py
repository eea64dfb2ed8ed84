"""What is to be taken over, cut into parts that are one request each."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from arangovis.domain.json import Scalar
from arangovis.domain.runs import RunState
from arangovis.exchange.imported import History, ImportedModel, ImportedRun, ImportedVersion, ImportPart
from arangovis.services.importing.values import ImportedItem, Outcome

THINGS_MAX = 500
ENTRIES_MAX = 200_000
"""Of one part: things, and entries of histories. A run with more entries goes in pieces."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many things of one kind there were, by what became of them."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class NotImported:
    """Something that was not taken over, and why."""

    kind: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import came to.

    Args:
        counts: by kind of node.
        entries: entries of histories that are new here.
        files: files whose bytes were copied.
        skipped: what was not taken over.
        dry_run: whether nothing was written.

    """

    counts: Mapping[str, Counts]
    entries: int
    files: int
    skipped: tuple[NotImported, ...]
    dry_run: bool = False

    @property
    def read(self) -> int:
        """How many things were read, those that were not taken over not among them."""
        return sum(one.new + one.changed + one.unchanged for one in self.counts.values())


class Tally:
    """Counts what parts came to; of a run that went in pieces, the first outcome counts."""

    def __init__(self) -> None:
        self._outcomes: dict[tuple[str, str], Outcome] = {}
        self._problems: dict[tuple[str, str], str] = {}
        self.entries = 0
        self.files = 0
        self.skipped: list[NotImported] = []

    def add(self, items: Iterable[ImportedItem]) -> None:
        """Count the items of an answer."""
        for item in items:
            place = item.kind, item.name
            self.entries += item.rows
            if item.outcome is Outcome.REFUSED:
                self._problems[place] = item.problem or ""
            if item.outcome is Outcome.REFUSED or place not in self._outcomes:
                self._outcomes[place] = item.outcome

    def took(self, kind: str, name: str) -> bool:
        """Say whether a thing is here now."""
        return self._outcomes.get((kind, name), Outcome.REFUSED) is not Outcome.REFUSED

    def report(self, *, dry_run: bool) -> ImportReport:
        """Return what it all came to."""
        kinds = dict.fromkeys(kind for kind, _ in self._outcomes)
        refused = [NotImported(*place, problem) for place, problem in self._problems.items()]
        counts = {kind: self._counts(kind) for kind in kinds}
        return ImportReport(counts, self.entries, self.files, (*self.skipped, *refused), dry_run)

    def _counts(self, kind: str) -> Counts:
        found = [outcome for (one, _), outcome in self._outcomes.items() if one == kind]
        return Counts(**{outcome.value: found.count(outcome) for outcome in Outcome})


def run_parts(runs: Iterable[ImportedRun]) -> Iterator[ImportPart]:
    """Yield runs in parts; a run with very many entries in pieces, which say STARTED until the last of them."""
    held: list[ImportedRun] = []
    entries = 0
    for piece in (piece for run in runs for piece in pieces_of(run)):
        size = sum(len(history.steps) for history in piece.histories)
        if held and (len(held) >= THINGS_MAX or entries + size > ENTRIES_MAX):
            yield ImportPart(runs=held)
            held, entries = [], 0
        held.append(piece)
        entries += size
    if held:
        yield ImportPart(runs=held)


def pieces_of(run: ImportedRun) -> Iterator[ImportedRun]:
    """Yield a run in pieces that one request can carry; nearly always it is one."""
    groups: list[list[History]] = [[]]
    left = ENTRIES_MAX
    for history in (part for whole in run.histories for part in _cut(whole)):
        if len(history.steps) > left:
            groups.append([])
            left = ENTRIES_MAX
        groups[-1].append(history)
        left -= len(history.steps)
    final = {**_last(run.histories), **run.final_metrics} if len(groups) > 1 else run.final_metrics
    for group in groups[:-1]:
        yield replace(run, histories=group, final_metrics=final, state=RunState.STARTED, reason=None, ended=None)
    yield replace(run, histories=groups[-1], final_metrics=final)


def model_parts(versions: Sequence[ImportedVersion], models: Sequence[ImportedModel]) -> Iterator[ImportPart]:
    """Yield versions in parts, and with the last of them what is said of the models."""
    cut = max(0, len(versions) - THINGS_MAX)
    for start in range(0, cut, THINGS_MAX):
        yield ImportPart(versions=versions[start : min(start + THINGS_MAX, cut)])
    yield ImportPart(versions=versions[cut:], models=models[:THINGS_MAX])
    for start in range(THINGS_MAX, len(models), THINGS_MAX):
        yield ImportPart(models=models[start : start + THINGS_MAX])


def body_of(part: ImportPart, *, dry_run: bool) -> Mapping[str, Any]:
    """Return a part as JSON says it: numbers that are not finite by their names."""
    runs = [
        replace(
            run,
            histories=[*map(_sent, run.histories)],
            final_metrics={name: _named(value) for name, value in run.final_metrics.items()},
        )
        for run in part.runs
    ]
    return {"runs": runs, "versions": part.versions, "models": part.models, "dry_run": dry_run}


def _cut(history: History) -> Iterator[History]:
    if len(history.steps) <= ENTRIES_MAX:
        yield history
        return
    for start in range(0, len(history.steps), ENTRIES_MAX):
        cut = slice(start, start + ENTRIES_MAX)
        steps, times, values = history.steps[cut], history.times[cut], history.values[cut]
        yield replace(history, first=history.first + start, steps=steps, times=times, values=values)


def _last(histories: Iterable[History]) -> Mapping[str, Scalar]:
    from arangovis.services.importing.runs import last_values

    return last_values(list(histories))


def _sent(history: History) -> History:
    if history.is_text or math.isfinite(sum(map(float, history.values))):
        return history
    return replace(history, values=list(map(_named, history.values)))  # type: ignore[arg-type]  # names stand for numbers


def _named(value: Scalar) -> Scalar:
    """Return a number, or the name of one that is infinite; NaN is sent as null."""
    if isinstance(value, float) and math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value
