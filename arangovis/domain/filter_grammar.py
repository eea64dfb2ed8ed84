"""The filter language: text to and from the conditions of `arangovis.domain.search`.

`docs/reference/filter-language.md` describes it; the grammar is `filter_grammar.lark` beside this module.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, TypeVar

from arangovis.domain.errors import Fault, InvalidFilter
from arangovis.domain.filter_literals import (
    KEYWORDS,
    Value,
    name_text,
    read_name,
    read_number,
    read_text,
    value_text,
)
from arangovis.domain.like import pieces_of
from arangovis.domain.search import (
    BUILT_IN_NAMES,
    EVERYTHING,
    AllOf,
    AnyOf,
    Comparison,
    Filter,
    Leaf,
    Like,
    Not,
    Operator,
    Present,
    Words,
)
from arangovis.domain.words import wanted_words

if TYPE_CHECKING:
    from lark import Lark, Token, UnexpectedToken

LENGTH_MAX = 10_000
"""Characters of a filter text."""
TERMS_MAX = 100
"""Comparisons of a filter, each value of an `in` counted."""
WORDS_MAX = 50
"""Words of one `matches`."""
NESTING_MAX = 20
"""Levels of `and`, `or` and `not` inside each other."""

T = TypeVar("T")

NOTHING = AnyOf(())

_EXPECTED = {
    "NAME": "a name",
    "OPERATOR": "a comparison (= != < <= > >=)",
    "NUMBER": "a number",
    "TEXT": "a quoted text",
    "TRUE": "'true'",
    "FALSE": "'false'",
    "_NOT": "'not'",
    "_IN": "'in'",
    "_EXISTS": "'exists'",
    "LIKE": "'like'",
    "ILIKE": "'ilike'",
    "_MATCHES": "'matches'",
    "_AND": "'and'",
    "_OR": "'or'",
    "COMMA": "a comma",
    "LPAR": "'('",
    "RPAR": "')'",
    "$END": "the end",
}
_UNCLOSED = {"'": "a quoted text", '"': "a quoted text", "`": "a quoted name"}


def parse(text: str) -> Filter:
    """Read a filter; an empty text is `EVERYTHING`.

    Raises:
        InvalidFilter: it cannot be read, and the text of the error says where; or it is over a limit.

    """
    from lark import UnexpectedToken

    if len(text) > LENGTH_MAX:
        raise _invalid(f"longer than {LENGTH_MAX} characters")
    try:
        where: Filter = _parser().parse(text)  # type: ignore[assignment]
    except UnexpectedToken as error:
        raise _invalid(_syntax_problem(error, text)) from error
    _check_limits(where)
    return where


def to_text(where: Filter) -> str:
    """Write a filter so that `parse` reads it back; an `AllOf` or `AnyOf` of one term is written as that term.

    Raises:
        InvalidFilter: a name is empty, or a value has no text: NaN, an infinity, an integer beyond 64 bits,
            half a surrogate pair.

    """
    try:
        return _text(where)
    except ValueError as error:
        raise _invalid(str(error)) from error


def _text(where: Filter) -> str:
    match where:
        case Comparison(name, operator, value):
            return f"{name_text(name)} {operator} {value_text(value)}"
        case Present(name):
            return f"{name_text(name)} exists"
        case Like(name, pattern, any_case):
            return f"{name_text(name)} {'ilike' if any_case else 'like'} {value_text(pattern)}"
        case Words(name, query):
            return f"{name_text(name)} matches {value_text(query)}"
        case Not(term):
            return f"not {_operand_text(term)}"
        case AllOf(terms):
            return _joined_text(terms, " and ", empty="true")
        case AnyOf(terms):
            return _joined_text(terms, " or ", empty="false")


def _joined_text(terms: Sequence[Filter], word: str, *, empty: str) -> str:
    if len(terms) == 1:
        return _text(terms[0])
    return word.join(_operand_text(term) for term in terms) or empty


def _operand_text(term: Filter) -> str:
    text = _text(term)
    return f"({text})" if isinstance(term, AllOf | AnyOf) and term.terms else text


@cache
def _parser() -> "Lark":
    from lark import Lark

    grammar = files("arangovis.domain").joinpath("filter_grammar.lark").read_text("utf-8")
    # The basic lexer, so that a keyword is one everywhere and not a name where no keyword fits.
    return Lark(grammar, parser="lalr", lexer="basic", postlex=_Keywords(), transformer=_Builder())


class _Keywords:
    """Stands between lexer and parser and tells keywords from names."""

    always_accept = ("UNREADABLE",)
    """In no rule of the grammar, so that the parser names the place and what it expected there."""

    def process(self, tokens: Iterator["Token"]) -> Iterator["Token"]:
        for token in tokens:
            if token.type == "NAME":
                token.type = KEYWORDS.get(token.lower(), "NAME")
            yield token


class _Builder:
    """Called by the parser bottom-up, with the children of each rule of the grammar."""

    def start(self, terms: list[Filter]) -> Filter:
        return terms[0] if terms else EVERYTHING

    def disjunction(self, terms: list[Filter]) -> Filter:
        return _any_of(terms)

    def conjunction(self, terms: list[Filter]) -> Filter:
        return terms[0] if len(terms) == 1 else AllOf(tuple(terms))

    def negated(self, terms: list[Filter]) -> Filter:
        return Not(terms[0])

    def everything(self, _: list["Token"]) -> Filter:
        return EVERYTHING

    def nothing(self, _: list["Token"]) -> Filter:
        return NOTHING

    def comparison(self, parts: tuple[str, "Token", Value]) -> Filter:
        name, operator, value = parts
        return Comparison(name, Operator(str(operator)), value)

    def present(self, names: list[str]) -> Filter:
        return Present(names[0])

    def absent(self, names: list[str]) -> Filter:
        return Not(Present(names[0]))

    def member(self, parts: list[str]) -> Filter:
        name, *values = parts
        return _any_of([Comparison(name, Operator.EQUAL, value) for value in values])

    def stranger(self, parts: list[str]) -> Filter:
        return Not(self.member(parts))

    def like(self, parts: list["Token | str"]) -> Filter:
        name, word, pattern = parts
        return Like(str(name), _checked("like", str(pattern), pieces_of), str(word).lower() == "ilike")

    def unlike(self, parts: list["Token | str"]) -> Filter:
        return Not(self.like(parts))

    def matching(self, parts: list[str]) -> Filter:
        name, query = parts
        if name in BUILT_IN_NAMES:
            raise _invalid(f"{name} has no words to look for; compare it with = or like")
        return Words(name, _checked("matches", query, _some_word))

    def unmatching(self, parts: list[str]) -> Filter:
        return Not(self.matching(parts))

    def bare_name(self, tokens: list["Token"]) -> str:
        return str(tokens[0])

    def quoted_name(self, tokens: list["Token"]) -> str:
        return _read(tokens[0], read_name)

    def number(self, tokens: list["Token"]) -> float:
        return _read(tokens[0], read_number)

    def text(self, tokens: list["Token"]) -> str:
        return _read(tokens[0], read_text)

    def true(self, _: list["Token"]) -> bool:
        return True

    def false(self, _: list["Token"]) -> bool:
        return False


def _any_of(terms: Sequence[Filter]) -> Filter:
    return terms[0] if len(terms) == 1 else AnyOf(tuple(terms))


def _read(token: "Token", reader: Callable[[str], T]) -> T:
    try:
        return reader(str(token))
    except ValueError as error:
        raise _invalid(f"at character {_position(token)}: {error}") from error


def _checked(word: str, text: str, check: Callable[[str], object]) -> str:
    try:
        check(text)
    except ValueError as error:
        raise _invalid(f"{word} {text[:40]!r}: {error}") from error
    return text


def _some_word(query: str) -> None:
    words = len(wanted_words(query))
    if not 1 <= words <= WORDS_MAX:
        raise ValueError(f"{words} words to look for; 1 to {WORDS_MAX} are")


def _check_limits(where: Filter) -> None:
    """Walk level by level: a recursion could run out of stack before it finds the filter too deep."""
    level: list[Filter] = [where]
    terms = 0
    for _ in range(NESTING_MAX + 1):
        terms += sum(isinstance(term, Leaf) for term in level)
        level = [part for term in level for part in _parts(term)]
    if level:
        raise _invalid(f"nested more than {NESTING_MAX} deep")
    if terms > TERMS_MAX:
        raise _invalid(f"more than {TERMS_MAX} comparisons")


def _parts(where: Filter) -> tuple[Filter, ...]:
    if isinstance(where, Not):
        return (where.term,)
    return where.terms if isinstance(where, AllOf | AnyOf) else ()


def _syntax_problem(error: "UnexpectedToken", text: str) -> str:
    found, accepted = error.token, error.accepts
    position = len(text) + 1 if found.type == "$END" else _position(found)
    expected = _either([words for terminal, words in _EXPECTED.items() if terminal in accepted])
    return f"at character {position}: {_found_text(found)}; expected {expected}"


def _position(token: "Token") -> int:
    return (token.start_pos or 0) + 1


def _found_text(token: "Token") -> str:
    if token.type == "$END":
        return "the filter ends"
    if token.type == "UNREADABLE" and token in _UNCLOSED:
        return f"{_UNCLOSED[token]} is not closed"
    return f"found {str(token)[:40]!r}"


def _either(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last


def _invalid(problem: str) -> InvalidFilter:
    return InvalidFilter(f"filter: {problem}", (Fault("filter", problem),))


__all__ = ["LENGTH_MAX", "NESTING_MAX", "TERMS_MAX", "WORDS_MAX", "parse", "to_text"]
