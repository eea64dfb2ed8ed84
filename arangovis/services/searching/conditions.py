"""What people write in a filter, as stores know it: names of projects become keys, times become microseconds."""

from dataclasses import replace

from arangovis.domain.errors import Fault, InvalidFilter, NotFound
from arangovis.domain.filter_grammar import parse
from arangovis.domain.moments import microseconds_of, read_moment
from arangovis.domain.search import (
    CREATED,
    EVERYTHING,
    PROJECT,
    TEXT,
    AllOf,
    AnyOf,
    Comparison,
    Filter,
    Like,
    Not,
    Operator,
    Words,
)
from arangovis.domain.words import wanted_words
from arangovis.services.catalogue.names import find_project
from arangovis.stores.base import GraphStore

TEXT_LENGTH_MAX = 1000
"""Characters of what is typed into a search box."""

_EQUALITIES = (Operator.EQUAL, Operator.NOT_EQUAL)


def read_condition(store: GraphStore, filter_text: str, text: str = "") -> Filter:
    """Return the condition that a filter and words of full text are together.

    Raises:
        InvalidFilter: one of them cannot be read.

    """
    written = resolved(store, parse(filter_text)) if filter_text else EVERYTHING
    if not text:
        return written
    words = Words(TEXT, _checked(text))
    return words if written == EVERYTHING else AllOf((words, written))


def resolved(store: GraphStore, where: Filter) -> Filter:
    """Return a condition with names of projects and ISO times in the place of what they stand for.

    Raises:
        InvalidFilter: a text that `created` is compared with is no time, or `project` is compared but by `=`.

    """
    match where:
        case Comparison(name, _, str(value)) if name == CREATED:
            return replace(where, value=_microseconds(value))
        case Comparison(name, operator, str(value)) if name == PROJECT and operator in _EQUALITIES:
            return replace(where, value=_project_key(store, value))
        case Comparison() | Like() if where.name == PROJECT:
            raise _invalid("project is compared with a name in quotes, by = and !=, or looked for with in")
        case Not(term):
            return Not(resolved(store, term))
        case AllOf(terms):
            return AllOf(tuple(resolved(store, term) for term in terms))
        case AnyOf(terms):
            return AnyOf(tuple(resolved(store, term) for term in terms))
    return where


def _project_key(store: GraphStore, name: str) -> str:
    """Return a project's key; a text that names none is taken as a key, which perhaps no node has."""
    try:
        return find_project(store, name).id.key
    except NotFound:
        return name


def _microseconds(text: str) -> int:
    try:
        return microseconds_of(read_moment(text))
    except ValueError as error:
        raise _invalid(f"created: {text[:40]!r} is no time; write 2026-03-01 or 2026-03-01T10:00:00Z") from error


def _checked(text: str) -> str:
    problem = None
    if len(text) > TEXT_LENGTH_MAX:
        problem = f"is longer than {TEXT_LENGTH_MAX} characters"
    elif not wanted_words(text):
        problem = f"{text[:40]!r} has no word to look for"
    if problem is not None:
        raise InvalidFilter(f"text: {problem}", (Fault("text", problem),))
    return text


def _invalid(problem: str) -> InvalidFilter:
    return InvalidFilter(f"filter: {problem}", (Fault("filter", problem),))


__all__ = ["TEXT_LENGTH_MAX", "read_condition", "resolved"]
