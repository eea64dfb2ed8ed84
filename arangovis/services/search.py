"""Finding nodes of one kind: by filter text, by plain conditions, by project."""

from dataclasses import dataclass

from arangovis.domain.errors import NotFound
from arangovis.domain.filter_grammar import parse
from arangovis.domain.graph import Node, Page
from arangovis.domain.ids import NodeId, named_id
from arangovis.domain.search import AllOf, Comparison, Operator, Search
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

    """

    kind: str
    filter: str = ""
    equal: tuple[tuple[str, str], ...] = ()
    project: str | None = None
    limit: int = 100
    cursor: str | None = None


class NodeSearch:
    """Searches over any store."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store

    def find(self, question: NodeQuestion) -> Page[Node]:
        """Return a page of nodes, newest first.

        Raises:
            InvalidFilter: the filter cannot be read.
            InvalidInput: the cursor or the limit is not valid.
            NotFound: there is no such project.

        """
        given = [Comparison(name, Operator.EQUAL, value) for name, value in question.equal]
        written = [parse(question.filter)] if question.filter else []
        project = None if question.project is None else self._project(question.project).key
        where = AllOf((*given, *written))
        return self._store.search(Search(question.kind, where, project, question.limit, question.cursor))

    def _project(self, name: str) -> NodeId:
        node_id = named_id("project", None, name)
        node = self._store.find(node_id)
        if node is None or node.version.deleted:
            raise NotFound(f"there is no project {name!r}")
        return node_id
