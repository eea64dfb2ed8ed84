"""Compiles a filter to an AQL condition on a node's document. Values are only ever bound."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from arangovis.domain.errors import InvalidInput
from arangovis.domain.search import (
    ACTOR,
    BUILT_IN_NAMES,
    CREATED,
    ID,
    KIND,
    TEXT,
    AllOf,
    AnyOf,
    Comparison,
    Filter,
    Leaf,
    Like,
    Not,
    Operator,
    Present,
    Property,
    PropertyType,
    Words,
    matches,
    type_of,
)
from arangovis.domain.search import PROJECT as PROJECT_OF_NODE
from arangovis.domain.words import Word, wanted_words
from arangovis.stores.arango.patterns import digits_expression
from arangovis.stores.arango.properties import INDEXED_LENGTH_MAX, PROJECT, WORD, WORDS_NAME, stored_value
from arangovis.stores.arango.sortable import text_key

T = TypeVar("T")

_BUILT_IN = frozenset((ID, KIND, CREATED, ACTOR))
_TIME_MAX = 2**60

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
    """Compiles conditions on nodes of a kind and collects the values to bind, each under a name of its own."""

    kind: str
    binds: dict[str, Any] = field(default_factory=dict)

    def of(self, where: Filter, depth: int = 0) -> str:
        """Return the condition on the document `node`.

        Raises:
            InvalidInput: the filter is nested too deep, or a text is not valid Unicode.

        """
        if depth > FILTER_DEPTH_MAX:
            raise InvalidInput(f"the filter is nested deeper than {FILTER_DEPTH_MAX} levels")
        match where:
            case Words(name, query):
                return _joined([self._has_word(name, word) for word in wanted_words(query)], "AND", "true")
            case Comparison() | Present() | Like():
                return self._built_in(where) if where.name in _BUILT_IN else self._has_property(where)
            case Not(term):
                return f"NOT ({self.of(term, depth + 1)})"
            case AllOf(terms):
                return _joined([self.of(term, depth + 1) for term in terms], "AND", "true")
            case AnyOf(terms):
                return _joined([self.of(term, depth + 1) for term in terms], "OR", "false")

    def project(self, project: str) -> str:
        """Return the condition that the document `node` is of a project."""
        return f"node.project == {self._bound(project)}"

    def of_index(self, terms: Sequence[Leaf]) -> str:
        """Return the condition on a row `found` of the index, one of several; it may let others through."""
        return _joined([self._row(term, "found", cut=True) for term in terms], "OR", "false")

    def _built_in(self, where: Comparison | Present | Like) -> str:
        if isinstance(where, Present):
            return "true"
        if where.name == KIND:
            return _constant(where, self.kind)
        if where.name == CREATED:
            return self._created(where)
        if not isinstance(where, Like) and type_of(where.value) is not PropertyType.TEXT:
            return "false"
        key = "node.actor_key"
        if where.name == ID:
            key = f"CONCAT({self._bound(text_key(f'{self.kind}/'))}, node.order)"
        return self._test(where, key)

    def _created(self, where: Comparison | Like) -> str:
        if isinstance(where, Like) or type_of(where.value) is not PropertyType.NUMBER or where.value != where.value:
            return "false"
        # Beyond all times, where one is as good as another, no number is sent that the server might round.
        bound = max(-_TIME_MAX, min(where.value, _TIME_MAX))
        return f"node.created {_WORDS[where.operator]} {self._bound(bound)}"

    def _has_word(self, name: str, word: Word) -> str:
        if name in BUILT_IN_NAMES:
            return "false"
        stored = WORDS_NAME if name == TEXT else searchable_name(name)
        return f"LENGTH(node.properties[* FILTER {self._word_row(stored, word, 'CURRENT')} LIMIT 1 RETURN 1]) > 0"

    def _word_row(self, name: str, word: Word, row: str) -> str:
        key = _valid(lambda: text_key(word.text))
        same = f"{row}.name == {self._bound(name)} AND {row}.type == {self._bound(WORD)}"
        if not word.prefix:
            return f"({same} AND {row}.value == {self._bound(key)})"
        return f"({same} AND {row}.value >= {self._bound(key)} AND {row}.value < {self._bound(key + '999')})"

    def _test(self, where: Comparison | Like, key: str) -> str:
        if isinstance(where, Like):
            expression = _valid(lambda: digits_expression(where.pattern, any_case=where.any_case))
            return f"REGEX_TEST({key}, {self._bound(expression)})"
        return f"{key} {_WORDS[where.operator]} {self._bound(comparable(where)[1])}"

    def _has_property(self, where: Comparison | Present | Like) -> str:
        if isinstance(where, Comparison) and where.value != where.value:
            return "false"
        return f"LENGTH(node.properties[* FILTER {self._row(where, 'CURRENT')} LIMIT 1 RETURN 1]) > 0"

    def _row(self, where: Leaf, row: str, *, cut: bool = False) -> str:
        if isinstance(where, Words):
            return self._word_row(WORDS_NAME, wanted_words(where.query)[0], row)
        name = f"{row}.name == {self._bound(searchable_name(where.name))}"
        if isinstance(where, Present):
            return name
        if isinstance(where, Like):
            typed = f"{row}.type == {self._bound(PropertyType.TEXT.value)}"
            return f"({name} AND {typed} AND {self._test(where, f'{row}.value')})"
        type_, value = comparable(where)
        word = (_INDEX_WORDS if cut else _WORDS)[where.operator]
        wanted = self._bound(value[:INDEXED_LENGTH_MAX] if cut else value)
        return f"({name} AND {row}.type == {self._bound(type_)} AND {row}.value {word} {wanted})"

    def _bound(self, value: str | float) -> str:
        name = f"v{_letters(len(self.binds))}"
        self.binds[name] = value
        return f"@{name}"


def searchable_name(name: str) -> str:
    """Return the name of a property as it is stored."""
    return PROJECT if name == PROJECT_OF_NODE else _valid(lambda: text_key(name))


def _constant(where: Comparison | Like, kind: str) -> str:
    return "true" if matches(where, [Property(KIND, PropertyType.TEXT, kind)]) else "false"


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
