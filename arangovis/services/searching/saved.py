"""Saved searches: a question with a name, in a project. A change is a new version; who made it is its owner.

What is kept is a search and nothing else, so running one can only read.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from arangovis.domain.errors import Fault, InvalidInput, NotFound
from arangovis.domain.facets import check_facets
from arangovis.domain.graph import Caller, EdgeId, Node
from arangovis.domain.ids import NodeId, named_id
from arangovis.domain.json import Document, exact
from arangovis.domain.ordering import Order
from arangovis.domain.search import PAGE_SIZE_MAX, Search
from arangovis.domain.views import integer, items, optional_text, text
from arangovis.services.catalogue.names import Registered, check_name, find_project, project_id
from arangovis.services.searching.conditions import read_condition
from arangovis.services.searching.searches import FACET_LIMIT_DEFAULT, Searches, SearchQuestion, SearchResult
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction
from arangovis_schema import Field, FieldType, KeyRule, VertexKind

SAVED_SEARCH = VertexKind(
    "saved_search",
    "A search that people run by its name.",
    KeyRule.NAMED,
    (
        Field("name", FieldType.TEXT, "The name people know it by.", required=True, searchable=True),
        Field("description", FieldType.TEXT, "What it is for."),
        Field("owner", FieldType.TEXT, "Who saved it first.", required=True, searchable=True),
        Field("kinds", FieldType.TEXTS, "The kinds that are searched; none means all.", searchable=True),
        Field("filter", FieldType.TEXT, "The condition, in the filter language."),
        Field("text", FieldType.TEXT, "Words to find."),
        Field("order", FieldType.TEXT, "What it is ordered by."),
        Field("facets", FieldType.TEXTS, "The names whose values are counted."),
        Field("facet_limit", FieldType.INTEGER, "Values of each facet."),
        Field("others", FieldType.BOOLEAN, "Whether a facet leaves out the conditions on its own name."),
        Field("count", FieldType.BOOLEAN, "Whether the nodes are counted."),
        Field("limit", FieldType.INTEGER, "Nodes on a page."),
    ),
    custom=True,
)
"""Declared when the first one is saved, by the way that users' own kinds go."""

_KEPT = ("filter", "text", "order", "facet_limit", "others", "count", "limit")


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """A saved search as it stands: `version` counts its changes from 1. Times are microseconds since 1970."""

    node: NodeId
    project: str
    name: str
    description: str | None
    owner: str
    version: int
    changed: int
    changed_by: str
    question: SearchQuestion


class SavedSearches:
    """The saved searches of projects."""

    def __init__(self, store: GraphStore, searches: Searches) -> None:
        self._store = store
        self._searches = searches

    def save(
        self, name: str, question: SearchQuestion, caller: Caller, *, project: str, description: str | None = None
    ) -> Registered:
        """Save a search under a name, or a new version of the one of this name. The same again changes nothing.

        Raises:
            InvalidFilter: the filter or the text cannot be read.
            InvalidInput: the name, the order, the facets or the limit is not valid, or it has a cursor or a time.
            NotFound: there is no such project.

        """
        check_name("name", name)
        if "/" in name:
            raise InvalidInput.of(Fault("name", f"{name[:80]!r} has a slash; in a URL it would be two names"))
        self._check(question)
        said = {"name": name, **_document(question)} | ({} if description is None else {"description": description})

        def action(transaction: Transaction) -> Registered:
            transaction.declare_vertex_kind(SAVED_SEARCH)
            home = project_id(transaction, project)
            node = named_id(SAVED_SEARCH.name, home.key, name)
            present = transaction.find(node)
            if present is None:
                transaction.create(node, home.key, {**said, "owner": caller.actor})
                transaction.link(EdgeId("contains", home, node))
                return Registered(node, created=True)
            facts: Document = {**said, "owner": text(present.attributes, "owner")}
            if exact(facts) != exact(present.attributes):
                transaction.update(node, facts)
            return Registered(node, created=False)

        return self._store.transact(action, caller)

    def all(self, project: str) -> Sequence[SavedSearch]:
        """Return the saved searches of a project by name, up to a page of the largest size.

        Raises:
            NotFound: there is no such project.

        """
        home = find_project(self._store, project).id.key
        if SAVED_SEARCH.name not in self._store.schema().vertices:
            return ()
        order = Order("name")
        found = self._store.search(Search(SAVED_SEARCH.name, project=home, limit=PAGE_SIZE_MAX, order=order)).items
        return [_saved(node, project) for node in found]

    def get(self, name: str, *, project: str, at: int | None = None) -> SavedSearch:
        """Return a saved search as it stands, or stood.

        Raises:
            NotFound: there is none of this name, or none any more.

        """
        node = self._store.find(self._id(project, name), at=at)
        if node is None or node.version.deleted:
            raise _missing(name)
        return _saved(node, project)

    def history(self, name: str, *, project: str) -> Sequence[SavedSearch]:
        """Return every version of a saved search, oldest first.

        Raises:
            NotFound: there never was one of this name.

        """
        versions = self._store.history(self._id(project, name))
        if not versions:
            raise _missing(name)
        return [_saved(node, project) for node in versions if not node.version.deleted]

    def delete(self, name: str, caller: Caller, *, project: str) -> None:
        """Delete a saved search; its versions are kept.

        Raises:
            NotFound: there is none of this name.

        """
        self.get(name, project=project)
        node = self._id(project, name)
        self._store.transact(lambda transaction: transaction.delete(node, force=True), caller)

    def run(
        self,
        name: str,
        *,
        project: str,
        limit: int | None = None,
        cursor: str | None = None,
        at: int | None = None,
    ) -> SearchResult:
        """Answer a saved search, in its project; `limit` in the place of its own. `at` asks today's question of then.

        Raises:
            NotFound: there is none of this name.
            ArangovisError: as `Searches.find`.

        """
        question = self.get(name, project=project).question
        size = question.limit if limit is None else limit
        return self._searches.find(replace(question, limit=size, cursor=cursor, at=at, project=project))

    def _id(self, project: str, name: str) -> NodeId:
        return named_id(SAVED_SEARCH.name, find_project(self._store, project).id.key, name)

    def _check(self, question: SearchQuestion) -> None:
        read_condition(self._store, question.filter, question.text)
        if question.order is not None:
            Order.parse(question.order)
        check_facets(question.facets, question.facet_limit)
        if not 0 <= question.limit <= PAGE_SIZE_MAX:
            raise InvalidInput.of(Fault("limit", f"{question.limit} is not between 0 and {PAGE_SIZE_MAX}"))
        if question.cursor is not None or question.at is not None:
            raise InvalidInput.of(Fault("cursor", "a saved search has no cursor and no time; give them when it is run"))


def _document(question: SearchQuestion) -> Document:
    kept = {name: getattr(question, name) for name in _KEPT}
    return {name: value for name, value in kept.items() if value is not None} | {
        "kinds": list(question.kinds),
        "facets": list(question.facets),
    }


def _saved(node: Node, project: str) -> SavedSearch:
    said, version = node.attributes, node.version
    question = SearchQuestion(
        kinds=_texts(said, "kinds"),
        filter=optional_text(said, "filter") or "",
        text=optional_text(said, "text") or "",
        order=optional_text(said, "order"),
        facets=_texts(said, "facets"),
        facet_limit=integer(said, "facet_limit", FACET_LIMIT_DEFAULT),
        others=said.get("others") is True,
        count=said.get("count") is True,
        limit=integer(said, "limit", 100),
    )
    return SavedSearch(
        node=node.id,
        project=project,
        name=text(said, "name"),
        description=optional_text(said, "description"),
        owner=text(said, "owner"),
        version=version.number,
        changed=version.valid_from,
        changed_by=version.actor,
        question=question,
    )


def _texts(said: Document, name: str) -> tuple[str, ...]:
    return tuple(str(member) for member in items(said, name))


def _missing(name: str) -> NotFound:
    return NotFound(f"there is no saved search {name[:80]!r}")
