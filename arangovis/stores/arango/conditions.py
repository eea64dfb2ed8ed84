"""Compiles a filter to an AQL condition on a node's document. Values are only ever bound."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from arangovis.domain.errors import InvalidInput
from arangovis.domain.search import AllOf, AnyOf, Comparison, Filter, Not, Operator, Present, type_of
from arangovis.stores.arango.properties import INDEXED_LENGTH_MAX, stored_value
from arangovis.stores.arango.sortable import text_key

T = TypeVar("T")

FILTER_DEPTH_MAX = 20
"""As on the embedded store; joined terms do not count, however many."""

_WORDS = {
    Operator.EQUAL: "==",
    Operator.NOT_EQUAL: "!=",
    Operator.LESS: "<",
    Operator.LESS_EQUAL: "<=",
    Operator.GREATER: ">",
    Operator.GREATER_EQUAL: ">=",
}
_INDEX_WORDS = _WORDS | {Operator.LESS: "<=", Operator.GREATER: ">="}
"""For values that are cut off: never fewer than those that compare so."""


@dataclass
class Conditions:
    """Compiles conditions and collects the values to bind, each under a name of its own."""

    binds: dict[str, Any] = field(default_factory=dict)

    def of(self, where: Filter, depth: int = 0) -> str:
        """Return the condition on the document `node`.

        Raises:
            InvalidInput: the filter is nested too deep, or a text is not valid Unicode.

        """
        if depth > FILTER_DEPTH_MAX:
            raise InvalidInput(f"the filter is nested deeper than {FILTER_DEPTH_MAX} levels")
        match where:
            case Comparison() | Present():
                return self._has_property(where)
            case Not(term):
                return f"NOT ({self.of(term, depth + 1)})"
            case AllOf(terms):
                return _joined([self.of(term, depth + 1) for term in terms], "AND", "true")
            case AnyOf(terms):
                return _joined([self.of(term, depth + 1) for term in terms], "OR", "false")

    def project(self, project: str) -> str:
        """Return the condition that the document `node` is of a project."""
        return f"node.project == {self._bound(project)}"

    def of_index(self, terms: Sequence[Comparison | Present]) -> str:
        """Return the condition on a row `found` of the index, one of several; it may let others through."""
        return _joined([self._row(term, "found", cut=True) for term in terms], "OR", "false")

    def _has_property(self, where: Comparison | Present) -> str:
        if isinstance(where, Comparison) and where.value != where.value:
            return "false"
        return f"LENGTH(node.properties[* FILTER {self._row(where, 'CURRENT')} LIMIT 1 RETURN 1]) > 0"

    def _row(self, where: Comparison | Present, row: str, *, cut: bool = False) -> str:
        name = f"{row}.name == {self._bound(searchable_name(where.name))}"
        if isinstance(where, Present):
            return name
        type_, value = comparable(where)
        word = (_INDEX_WORDS if cut else _WORDS)[where.operator]
        wanted = self._bound(value[:INDEXED_LENGTH_MAX] if cut else value)
        return f"({name} AND {row}.type == {self._bound(type_)} AND {row}.value {word} {wanted})"

    def _bound(self, value: str) -> str:
        name = f"v{_letters(len(self.binds))}"
        self.binds[name] = value
        return f"@{name}"


def searchable_name(name: str) -> str:
    """Return the name of a property as it is stored."""
    return _valid(lambda: text_key(name))


def comparable(where: Comparison) -> tuple[str, str]:
    """Return the type and the value to compare with."""
    return _valid(lambda: stored_value(type_of(where.value), where.value))


def _valid(work: Callable[[], T]) -> T:
    try:
        return work()
    except UnicodeEncodeError as error:
        raise InvalidInput("the filter has a text that is not valid Unicode") from error


def _joined(terms: Sequence[str], word: str, empty: str) -> str:
    """Join terms as a balanced tree, since the server limits how deep an expression may be."""
    if len(terms) <= 1:
        return terms[0] if terms else empty
    middle = len(terms) // 2
    return f"({_joined(terms[:middle], word, empty)} {word} {_joined(terms[middle:], word, empty)})"


def _letters(number: int) -> str:
    """Return a number in letters, since names of bind values end in the number of their part."""
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))
