"""Looking things up: by name, by tag, by any searchable attribute."""

from dataclasses import dataclass

from arangovis.domain.errors import Fault, InvalidInput, NotFound
from arangovis.domain.filter_grammar import parse
from arangovis.domain.graph import Node, Page
from arangovis.domain.search import AllOf, Comparison, Filter, Operator, Search
from arangovis.services.catalogue.names import find_project
from arangovis.stores.base import GraphStore
from arangovis_schema import BUILT_IN, FieldType, VertexKind

Value = str | float | int | bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for; all that is given holds together.

    Args:
        kind: the kind of node.
        name: its name.
        tag: one of its tags.
        attribute: the name of a searchable field, `params.x`, or an attribute of the user's own, with its `value`.
        value: what the attribute equals; a number is never equal to a text.
        filter: text of the filter language.
        project: the name of a project.

    """

    kind: str
    name: str | None = None
    tag: str | None = None
    attribute: str | None = None
    value: Value | None = None
    filter: str = ""
    project: str | None = None


class Lookup:
    """Finds nodes of any kind, newest first."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store

    def find(self, wanted: Wanted, *, limit: int = 100, cursor: str | None = None) -> Page[Node]:
        """Return a page; empty if there is nothing.

        Raises:
            InvalidInput: the kind is not declared, or an attribute has no value.
            InvalidFilter: the filter cannot be read.
            NotFound: there is no such project.

        """
        where = self._condition(wanted)
        project = None if wanted.project is None else find_project(self._store, wanted.project).id.key
        return self._store.search(Search(wanted.kind, where, project, limit, cursor))

    def newest(self, wanted: Wanted) -> Node:
        """Return the newest node.

        Raises:
            NotFound: there is none, or no such project.
            InvalidInput: as `find`.

        """
        page = self.find(wanted, limit=1)
        if not page.items:
            raise NotFound(f"there is no {wanted.kind} with {_shown(wanted)}")
        return page.items[0]

    def _condition(self, wanted: Wanted) -> Filter:
        kind = self._kind(wanted.kind)
        if (wanted.attribute is None) != (wanted.value is None):
            missing = "value" if wanted.value is None else "attribute"
            raise InvalidInput.of(Fault(missing, "attribute and value are given together"))
        given = [("name", wanted.name), ("tags", wanted.tag)]
        if wanted.attribute is not None:
            given.append((_searchable_name(kind, wanted.attribute), wanted.value))  # type: ignore[arg-type]
        equal = [Comparison(name, Operator.EQUAL, value) for name, value in given if value is not None]
        return AllOf((*equal, *([parse(wanted.filter)] if wanted.filter else [])))

    def _kind(self, name: str) -> VertexKind:
        kind = BUILT_IN.vertices.get(name) or self._store.schema().vertices.get(name)
        if kind is None:
            raise InvalidInput.of(Fault("kind", f"{name[:80]!r} is not a declared vertex kind"))
        return kind


def _searchable_name(kind: VertexKind, attribute: str) -> str:
    """Return what the search calls an attribute: a field that is searchable, or one of the user's own."""
    head = attribute.partition(".")[0]
    for field in kind.searchable_fields:
        if field.name == (head if field.type is FieldType.VALUES else attribute):
            return attribute
    return f"attributes.{attribute}"


def _shown(wanted: Wanted) -> str:
    given = {"name": wanted.name, "tag": wanted.tag, wanted.attribute or "": wanted.value, "filter": wanted.filter}
    return " and ".join(f"{name} {value!r}" for name, value in given.items() if value) or "this description"
