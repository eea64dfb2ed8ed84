"""What must be redone if a node is wrong: everything downstream, by what people call it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from arangovis.domain.graph import Direction, Lineage, Node, Visit
from arangovis.domain.ids import NodeId
from arangovis.domain.views import optional_text
from arangovis.services.catalogue.names import project_key
from arangovis.services.lineage.reach import (
    BUDGET,
    Budget,
    check_sorts,
    is_sort,
    name_of,
    reach,
    reasons,
    sort_of,
)
from arangovis.stores.base import GraphStore

ACTIVE = "active"


@dataclass(frozen=True, slots=True)
class ImpactQuestion:
    """Whose impact. `kinds` (vertex kinds, `plot`, `projection`, `model`) and `project` limit what is shown.

    `project` is the name of a project; `at` is microseconds since 1970, or None for now.
    """

    start: NodeId
    kinds: frozenset[str] = frozenset()
    project: str | None = None
    budget: Budget = BUDGET
    at: int | None = None


class Affected(NamedTuple):
    """A node that rests on the one in question, over `depth` edges at least.

    `sort` is what people call it: `plot`, `projection`, `model`, or its kind. `active` marks deployments in service.
    `made_by` is the run that made it. A deleted node has no name and no state.
    """

    node: NodeId
    sort: str
    name: str | None
    project: str | None
    depth: int
    state: str | None
    active: bool
    deleted: bool
    made_by: NodeId | None


@dataclass(frozen=True, slots=True)
class Impact:
    """What must be redone, nearest first, then by sort; how many there are of each sort; the deployments in service."""

    start: NodeId
    affected: tuple[Affected, ...]
    counts: Mapping[str, int]
    active_deployments: tuple[NodeId, ...]
    partial_reasons: tuple[str, ...]


class Impacts:
    """Answers the question of impact over any store."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store

    def of(self, question: ImpactQuestion) -> Impact:
        """Return what rests on a node.

        Raises:
            NotFound: the node or the project does not exist, or the node not yet at that time.
            InvalidInput: the budget or a kind is out of range.

        """
        check_sorts(self._store, question.kinds)
        project = project_key(self._store, question.project)
        found = reach(self._store, (question.start,), Direction.DOWNSTREAM, question.budget, at=question.at)
        shown = [visit for visit in found.visits if visit.depth and is_sort(visit.node, question.kinds)]
        if project is not None:
            shown = [visit for visit in shown if visit.node.project == project]
        affected = _affected(found, shown)
        return Impact(
            start=question.start,
            affected=affected,
            counts=dict(sorted(Counter(item.sort for item in affected).items())),
            active_deployments=tuple(item.node for item in affected if item.active),
            partial_reasons=reasons(found.cuts),
        )


def is_active(node: Node) -> bool:
    """Say whether a node is a deployment in service."""
    return node.id.kind == "deployment" and node.attributes.get("state") == ACTIVE


def _affected(found: Lineage, shown: Sequence[Visit]) -> tuple[Affected, ...]:
    makers = {edge.id.target: edge.id.source for edge in found.edges if edge.id.kind == "generated"}
    return tuple(
        Affected(
            node=visit.node.id,
            sort=sort_of(visit.node),
            name=name_of(visit.node),
            project=visit.node.project,
            depth=visit.depth,
            state=optional_text(visit.node.attributes, "state"),
            active=is_active(visit.node),
            deleted=visit.node.version.deleted,
            made_by=makers.get(visit.node.id),
        )
        for visit in sorted(shown, key=lambda visit: (visit.depth, sort_of(visit.node), visit.node.id))
    )
