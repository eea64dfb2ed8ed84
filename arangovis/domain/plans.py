"""Plans: runs that stand for their steps. A plan holds no worker while its steps wait for each other."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Document, JsonValue, Scalar
from arangovis.domain.views import integer, items, mapping, optional_text, scalars, text

_MADE = "$made"
STEPS_MAX = 1000
"""Ending a step looks at all of them."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: a run to be made once the steps it waits for have succeeded.

    `inputs` are (node, role) that exist already; `takes` are (step, role made, role read): what an earlier step made.
    With a `run_key` a run that was made before, or is under way for somebody else, can be the step. `project` is that
    of the plan if it is None. An option may be `made_by` a step: the node is put there once it is known.
    """

    name: str
    method: str
    params: Mapping[str, Scalar] = field(default_factory=dict)
    options: Document = field(default_factory=dict)
    seed: int = 0
    inputs: tuple[tuple[NodeId, str], ...] = ()
    takes: tuple[tuple[str, str, str], ...] = ()
    after: tuple[str, ...] = ()
    run_key: str | None = None
    question: str | None = None
    project: str | None = None

    @property
    def waits_for(self) -> frozenset[str]:
        """The steps that must have succeeded before."""
        return frozenset(self.after) | {step for step, _, _ in self.takes}

    def document(self) -> Document:
        """Return it as JSON."""
        known = {"run_key": self.run_key, "question": self.question, "project": self.project}
        return {
            **{name: value for name, value in known.items() if value is not None},
            "name": self.name,
            "method": self.method,
            "params": dict(self.params),
            "options": dict(self.options),
            "seed": self.seed,
            "inputs": [[str(node), role] for node, role in self.inputs],
            "takes": [list(taken) for taken in self.takes],
            "after": list(self.after),
        }

    @classmethod
    def of(cls, document: Document) -> "Step":
        """Read what `document` wrote."""
        return cls(
            name=text(document, "name"),
            method=text(document, "method"),
            params=scalars(document, "params"),
            options=mapping(document, "options"),
            seed=integer(document, "seed", 0),
            inputs=tuple((NodeId.parse(node), role) for node, role in _rows(document, "inputs", 2)),
            takes=tuple((step, made, read) for step, made, read in _rows(document, "takes", 3)),
            after=tuple(str(name) for name in items(document, "after")),
            run_key=optional_text(document, "run_key"),
            question=optional_text(document, "question"),
            project=optional_text(document, "project"),
        )


def made_by(step: str, role: str) -> Document:
    """Return what stands in a step's options for the node that an earlier step makes in a role."""
    return {_MADE: [step, role]}


def resolved(options: JsonValue, node_of: Callable[[str, str], NodeId]) -> JsonValue:
    """Return options with the ids of the nodes that earlier steps made, which `node_of` tells by step and role."""
    if isinstance(options, Mapping):
        if options.keys() == {_MADE}:
            step, role = map(str, items(options, _MADE))
            return str(node_of(step, role))
        return {name: resolved(value, node_of) for name, value in options.items()}
    if isinstance(options, list | tuple):
        return [resolved(value, node_of) for value in options]
    return options


def _rows(document: Document, name: str, width: int) -> list[list[str]]:
    rows = (row for row in items(document, name) if isinstance(row, list | tuple) and len(row) == width)
    return [[str(cell) for cell in row] for row in rows]


def steps_document(steps: tuple[Step, ...]) -> JsonValue:
    """Return the steps of a plan as JSON."""
    return [step.document() for step in steps]


def check_steps(steps: tuple[Step, ...]) -> None:
    """Refuse a plan that could not end: no steps, names twice, unknown or circular waits.

    Raises:
        InvalidInput: it names the step.

    """
    names = [step.name for step in steps]
    if not 1 <= len(steps) <= STEPS_MAX:
        raise InvalidInput.of(Fault("steps", f"{len(steps)} is not between 1 and {STEPS_MAX} steps"))
    if len(set(names)) < len(names):
        raise InvalidInput.of(Fault("steps", "two steps have the same name"))
    for step in steps:
        if unknown := step.waits_for - set(names):
            raise InvalidInput.of(Fault(f"steps.{step.name}", f"waits for unknown steps: {', '.join(sorted(unknown))}"))
    if stuck := _circular(steps):
        raise InvalidInput.of(Fault("steps", f"wait for each other: {', '.join(sorted(stuck))}"))


def _circular(steps: tuple[Step, ...]) -> set[str]:
    waiting = {step.name: step.waits_for for step in steps}
    done: set[str] = set()
    while ready := {name for name, before in waiting.items() if name not in done and before <= done}:
        done |= ready
    return waiting.keys() - done
