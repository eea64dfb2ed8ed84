"""Finding nodes of one kind: by filter text, by plain conditions, by project."""

from dataclasses import dataclass

from arangovis.domain.graph import Node, Page
from arangovis.domain.ordering import Order
from arangovis.domain.search import AllOf, Comparison, Operator, Search
from arangovis.services.catalogue.names import project_key
from arangovis.services.searching.conditions import read_condition
from arangovis.stores.base import GraphStore


@dataclass(frozen=True, slots=True)
class NodeQuestion:
    """What to find. All conditions hold together.

    Args:
        kind: the vertex kind.
        filter: text of the filter language; empty for everything.
        equal: further conditions: a name and the text that it equals.
        project: the name of a project, or None for all.
        limit: page size.
        cursor: `next_cursor` of the page before.
        order: a searchable name, with `asc` or `desc` behind it; None is newest first.

    """

    kind: str
    filter: str = ""
    equal: tuple[tuple[str, str], ...] = ()
    project: str | None = None
    limit: int = 100
    cursor: str | None = None
    order: str | None = None


class NodeSearch:
    """Searches over any store."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store

    def find(self, question: NodeQuestion) -> Page[Node]:
        """Return a page of nodes, newest first unless another order is asked for.

        Raises:
            InvalidFilter: the filter cannot be read.
            InvalidInput: the cursor, the limit or the order is not valid.
            NotFound: there is no such project.

        """
        given = [Comparison(name, Operator.EQUAL, value) for name, value in question.equal]
        written = [read_condition(self._store, question.filter)] if question.filter else []
        project = project_key(self._store, question.project)
        order = None if question.order is None else Order.parse(question.order)
        where = AllOf((*given, *written))
        return self._store.search(Search(question.kind, where, project, question.limit, question.cursor, order))
