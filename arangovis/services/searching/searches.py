"""The search box: several kinds at once, full text, filter, order, facets, as of any time."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.facets import VALUES_MAX, Facet, Facets, FacetValue, check_facets, without
from arangovis.domain.graph import Node, Page
from arangovis.domain.ordering import Order
from arangovis.domain.search import Filter, Search, node_properties
from arangovis.services.catalogue.names import project_key
from arangovis.services.searching.conditions import read_condition
from arangovis.services.searching.kept import KeptFacets
from arangovis.services.searching.merging import Merged
from arangovis.services.searching.past import Past, past_nodes
from arangovis.stores.base import GraphStore
from arangovis_schema import FieldType, VertexKind

FACET_LIMIT_DEFAULT = 20
NAMES_SAMPLE = 1000
"""So many of the newest nodes are looked at for the names they use."""
VALUES = "values"
"""Why facets over several kinds are partial: one kind has more values than are added up."""


@dataclass(frozen=True, slots=True)
class SearchQuestion:
    """What to find. All conditions hold together.

    Args:
        kinds: vertex kinds; empty for all.
        filter: text of the filter language.
        text: words to find anywhere in a node; `mod*` is any word that begins so.
        order: a searchable name, with `asc` or `desc` behind it; None is newest first.
        project: the name of a project, or None for all.
        facets: names whose values are counted.
        facet_limit: values of each facet, the most frequent.
        others: count each facet without the conditions on its own name, so that it shows the alternatives.
        count: say how many nodes there are in all; facets say it too.
        limit: page size; 0 for facets only.
        cursor: `next_cursor` of the page before.
        at: as of this time, microseconds since 1970.

    """

    kinds: tuple[str, ...] = ()
    filter: str = ""
    text: str = ""
    order: str | None = None
    project: str | None = None
    facets: tuple[str, ...] = ()
    facet_limit: int = FACET_LIMIT_DEFAULT
    others: bool = False
    count: bool = False
    limit: int = 100
    cursor: str | None = None
    at: int | None = None


@dataclass(frozen=True, slots=True)
class SearchResult:
    """A page of nodes; `total` is None unless it was asked for. `partial_reasons` say what was not looked at."""

    items: tuple[Node, ...]
    next_cursor: str | None
    total: int | None
    facets: tuple[Facet, ...]
    partial_reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SearchableName:
    """A name that can be searched for: the types its values have, and how many of the nodes looked at have it."""

    name: str
    types: tuple[str, ...]
    nodes: int


@dataclass(frozen=True, slots=True)
class SearchableNames:
    """The names of a kind; `nodes` of its newest nodes were looked at."""

    kind: str
    nodes: int
    names: tuple[SearchableName, ...]


class Searches:
    """Answers searches over any store."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store
        self._counts = KeptFacets(store)

    def find(self, question: SearchQuestion) -> SearchResult:
        """Return a page, and what was asked to be counted.

        Raises:
            InvalidFilter: the filter or the text cannot be read.
            InvalidInput: a kind, the order, the facets, the cursor or the limit is not valid.
            NotFound: there is no such project.

        """
        kinds = self._kinds(question.kinds)
        where = read_condition(self._store, question.filter, question.text)
        order = None if question.order is None else Order.parse(question.order)
        search = Search("", where, project_key(self._store, question.project), order=order)
        check_facets(question.facets, question.facet_limit)
        if question.at is not None:
            return self._past(question, kinds, search, question.at)
        searches = [replace(search, kind=kind) for kind in kinds]
        page = self._page(question, kinds, searches)
        parts = self._facets(question, searches)
        total = sum(part.total for part in parts) if parts else None
        summed = _summed([part.facets for part in parts], question.facet_limit)
        return SearchResult(tuple(page.items), page.next_cursor, total, summed, _left_out(parts))

    def names(self, kind: str) -> SearchableNames:
        """Return the names that the nodes of a kind can be searched by, those of its declaration first.

        Raises:
            InvalidInput: the kind is not declared.

        """
        (declared,) = self._kinds((kind,)).values()
        nodes = self._store.search(Search(kind, limit=NAMES_SAMPLE)).items
        types: dict[str, set[str]] = {
            field.name: set() for field in declared.searchable_fields if field.type is not FieldType.VALUES
        }
        counts: Counter[str] = Counter()
        for node in nodes:
            properties = [item for item in node_properties(declared, node) if item.name != "text"]
            counts.update({item.name for item in properties})
            for item in properties:
                types.setdefault(item.name, set()).add(item.type.value)
        names = (SearchableName(name, tuple(sorted(found)), counts[name]) for name, found in types.items())
        return SearchableNames(kind, len(nodes), tuple(names))

    def _kinds(self, names: Sequence[str]) -> Mapping[str, VertexKind]:
        declared = self._store.schema().vertices
        unknown = [name for name in names if name not in declared]
        if unknown:
            known = ", ".join(sorted(declared))
            raise InvalidInput.of(*(Fault("kinds", f"{name[:80]!r} is none of {known}") for name in unknown))
        return {name: declared[name] for name in dict.fromkeys(names or declared)}

    def _page(
        self, question: SearchQuestion, kinds: Mapping[str, VertexKind], searches: Sequence[Search]
    ) -> Page[Node]:
        if question.limit == 0:
            return Page(())
        if len(searches) == 1:
            return self._store.search(replace(searches[0], limit=question.limit, cursor=question.cursor))
        return Merged(self._store, kinds, searches).page(question.limit, question.cursor)

    def _facets(self, question: SearchQuestion, searches: Sequence[Search]) -> list[Facets]:
        """Return the facets of each kind, or none if nothing is to be counted."""
        if not question.facets and not question.count:
            return []
        limit = question.facet_limit if len(searches) == 1 else VALUES_MAX
        return [self._facets_of(search, question, limit) for search in searches]

    def _facets_of(self, search: Search, question: SearchQuestion, limit: int) -> Facets:
        """Return the facets of one kind; those whose own conditions are left out are counted each by itself."""
        apart = [name for name in question.facets if question.others and without(search.where, name) != search.where]
        together = self._counts.facets(search, [name for name in question.facets if name not in apart], limit)
        found = {facet.name: facet for facet in together.facets}
        for name in apart:
            (found[name],) = self._counts.facets(
                replace(search, where=without(search.where, name)), [name], limit
            ).facets
        return Facets(together.total, tuple(found[name] for name in dict.fromkeys(question.facets)))

    def _past(self, question: SearchQuestion, kinds: Mapping[str, VertexKind], search: Search, at: int) -> SearchResult:
        everything = past_nodes(self._store, kinds, project=search.project, at=at)
        past = everything.where(search.where)
        page: Page[Node] = Page(())
        if question.limit:
            page = past.page(search.order, question.limit, question.cursor)
        counts = past.facets(question.facets, question.facet_limit)
        facets = counts.facets
        if question.others:
            facets = tuple(
                _alternatives(everything, search.where, name, question.facet_limit) for name in question.facets
            )
        total = counts.total if question.facets or question.count else None
        return SearchResult(tuple(page.items), page.next_cursor, total, facets, past.reasons)


def _alternatives(everything: Past, where: Filter, name: str, limit: int) -> Facet:
    return everything.where(without(where, name)).facets([name], limit).facets[0]


def _left_out(parts: Sequence[Facets]) -> tuple[str, ...]:
    """Say whether values were left out before the kinds were added up."""
    cut = len(parts) > 1 and any(facet.more for part in parts for facet in part.facets)
    return (VALUES,) if cut else ()


def _summed(parts: Sequence[Sequence[Facet]], limit: int) -> tuple[Facet, ...]:
    return tuple(parts[0]) if len(parts) == 1 else tuple(_sum(facets, limit) for facets in zip(*parts, strict=True))


def _sum(facets: Sequence[Facet], limit: int) -> Facet:
    counts: Counter[tuple[str, str | int | float | bool]] = Counter()
    for facet in facets:
        for value in facet.values:
            counts[type(value.value).__name__, value.value] += value.count
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    values = tuple(FacetValue(value, count) for (_, value), count in ranked[:limit])
    return Facet(facets[0].name, values, len(ranked) > limit or any(facet.more for facet in facets))
