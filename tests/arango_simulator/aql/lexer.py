"""Text to tokens (pages "AQL Syntax", "Data types", "Operators").

A few words are keywords only where nothing else can stand (OPTIONS, PRUNE, TO, KEEP, COUNT), and IN has three uses;
both are settled here by looking at the neighbours, so that the grammar needs one token of look-ahead.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lark import Token
from lark.lexer import Lexer

from tests.arango_simulator.aql.failures import PARSE, failure, not_implemented
from tests.arango_simulator.aql.words import words

KEYWORDS = words(
    "AGGREGATE ALL ALL_SHORTEST_PATHS AND ANY ASC COLLECT DESC DISTINCT FALSE FILTER FOR GRAPH IN INBOUND INSERT INTO "
    "K_PATHS K_SHORTEST_PATHS LET LIKE LIMIT NONE NOT NULL OR OUTBOUND REMOVE REPLACE RETURN SHORTEST_PATH SORT TRUE "
    "UPDATE UPSERT WINDOW WITH"
)
_KEPT = words(
    "ALL ALL_SHORTEST_PATHS ANY ASC DESC DISTINCT FALSE INBOUND K_PATHS K_SHORTEST_PATHS NONE NOT NULL OUTBOUND "
    "SHORTEST_PATH TRUE"
)
_AFTER_OPERAND = frozenset(("KEEP", "OPTIONS", "PRUNE", "SEARCH", "TO"))
_OPERAND_ENDS = words("NAME QUOTED BIND COLLECTION_BIND NUMBER STRING TRUE FALSE NULL _RPAR _RBRACK _RBRACE")
_PUNCTUATION = {
    "..": "_DOTS", "==": "EQ_OP", "!=": "EQ_OP", "=~": "EQ_OP", "!~": "EQ_OP", "<=": "REL_OP", ">=": "REL_OP",
    "&&": "_AND", "||": "_OR", "<": "REL_OP", ">": "REL_OP", "=": "_ASSIGN", "+": "SIGN", "-": "SIGN", "*": "STAR",
    "/": "MUL_OP", "%": "MUL_OP", "?": "_QUESTION", ":": "_COLON", ",": "_COMMA", ".": "_DOT", "(": "_LPAR",
    ")": "_RPAR", "[": "_LBRACK", "]": "_RBRACK", "{": "_LBRACE", "}": "_RBRACE", "!": "NOT",
}  # fmt: skip
_OPENING = frozenset(("_LPAR", "_LBRACK", "_LBRACE"))
_CLOSING = frozenset(("_RPAR", "_RBRACK", "_RBRACE"))
_TOKEN = re.compile(
    r"""
    (?P<space>\s+|//[^\n]*|/\*.*?\*/)
  | (?P<number>0[xX][0-9a-fA-F]+|0[bB][01]+|(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
  | (?P<quoted>`(?:[^`\\]|\\.)+`|\u00b4(?:[^\u00b4\\]|\\.)+\u00b4)
  | (?P<bind>@@?_*[A-Za-z0-9][A-Za-z0-9_]*)
  | (?P<name>(?:\$?_*[A-Za-z][A-Za-z0-9_]*)(?:::[A-Za-z][A-Za-z0-9_]*)*)
  | (?P<punctuation>\.\.|==|!=|=~|!~|<=|>=|&&|\|\||[<>=+\-*/%?:,.()\[\]{}!])
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


class AqlLexer(Lexer):
    """The lexer in the form that lark takes."""

    def __init__(self, _configuration: Any) -> None:
        pass

    def lex(self, text: Any) -> Iterator[Token]:  # type: ignore[override]
        """Yield the tokens of a query; 1501 where there is none."""
        return iter(tokens_of(getattr(text, "text", text)))


def tokens_of(text: str) -> list[Token]:
    """Return the tokens of a query.

    Raises:
        ArangoError: 1501 at a character that begins no token.

    """
    return _Settling(_raw(text)).settled()


def _raw(text: str) -> list[Token]:
    place, tokens = 0, []
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise failure(PARSE, f"unexpected character near '{text[place : place + 20]}' at position {place}")
        kind, place = str(match.lastgroup), match.end()
        if kind != "space":
            tokens.append(_token(kind, match))
    return tokens


def _token(kind: str, match: re.Match[str]) -> Token:
    text, where = match.group(), match.start()
    if kind == "name":
        return _word(text, where)
    if kind == "punctuation":
        return Token(_PUNCTUATION[text], text, where)
    if kind == "bind":
        return Token("COLLECTION_BIND", text[2:], where) if text[1] == "@" else Token("BIND", text[1:], where)
    if kind == "number":
        return Token("NUMBER", text, where)
    return Token(kind.upper(), unescaped(text[1:-1]), where)


def _word(text: str, where: int) -> Token:
    upper = text.upper()
    if upper not in KEYWORDS:
        return Token("NAME", text, where)
    if upper == "WINDOW":
        raise not_implemented("WINDOW")
    return Token(upper if upper in _KEPT else f"_{upper}", text, where)


def unescaped(text: str) -> str:
    """Return the text of a literal with its escape sequences resolved."""
    return _ESCAPE.sub(lambda match: _character(match.group(1)), text) if "\\" in text else text


def _character(escape: str) -> str:
    if len(escape) == 11:
        pair = (int(escape[1:5], 16), int(escape[7:], 16))
        return chr(0x10000 + ((pair[0] - 0xD800) << 10) + (pair[1] - 0xDC00))
    if len(escape) == 5:
        code = int(escape[1:], 16)
        return "\ufffd" if 0xD800 <= code < 0xE000 else chr(code)
    return _ESCAPED.get(escape, escape)


@dataclass
class _Open:
    """What a modification at some depth of brackets still waits for: parts of an UPSERT, then its collection."""

    parts: int = 0
    target: bool = False


class _Settling:
    """One pass over the tokens that decides what depends on neighbours."""

    def __init__(self, raw: list[Token]) -> None:
        self._raw = raw
        self._open = [_Open()]
        self._for_waits = False
        self._done: list[Token] = []

    def settled(self) -> list[Token]:
        place = 0
        while place < len(self._raw):
            place += self._settle(place)
        return self._done

    def _kind(self, place: int) -> str:
        return self._raw[place].type if 0 <= place < len(self._raw) else ""

    def _settle(self, place: int) -> int:
        """Append the token at a place, perhaps merged with the next ones; return how many were used."""
        token = self._raw[place]
        follow = _RULES.get(token.type)
        if follow is not None:
            return int(follow(self, place, token))
        self._done.append(token)
        return 1

    def _append(self, kind: str, text: str, place: int, used: int = 1) -> int:
        self._done.append(Token(kind, text, self._raw[place].start_pos))
        return used

    def _opening(self, place: int, token: Token) -> int:
        self._open.append(_Open())
        return self._append(token.type, token, place)

    def _closing(self, place: int, token: Token) -> int:
        if len(self._open) > 1:
            self._open.pop()
        return self._append(token.type, token, place)

    def _name(self, place: int, token: Token) -> int:
        word, before = token.upper(), self._done[-1].type if self._done else ""
        if word == "AT" and self._kind(place + 1) == "NAME" and self._raw[place + 1].upper() == "LEAST":
            return self._at_least(place)
        if word == "COUNT" and before == "_WITH" and self._kind(place + 1) == "_INTO":
            return self._append("_COUNT", token, place)
        if word in _AFTER_OPERAND and before in _OPERAND_ENDS:
            if word == "SEARCH":
                raise not_implemented("SEARCH on views")
            return self._append(f"_{word}", token, place)
        return self._append("NAME", token, place)

    def _at_least(self, place: int) -> int:
        """`AT LEAST (n)` gets the precedence of the comparison behind its brackets."""
        depth, end = 0, place + 2
        while end < len(self._raw):
            depth += (self._kind(end) in _OPENING) - (self._kind(end) in _CLOSING)
            end += 1
            if depth == 0:
                break
        suffix = {"EQ_OP": "_EQ", "REL_OP": "_REL", "_IN": "_IN", "NOT": "_IN"}.get(self._kind(end), "")
        return self._append(f"AT_LEAST{suffix}", "AT LEAST", place, 2)

    def _quantifier(self, place: int, token: Token) -> int:
        """`ALL ==` is one operator."""
        operator, used = self._comparison(place + 1)
        if not used:
            return self._append(token.type, token, place)
        return self._append(operator[0], f"{token.upper()} {operator[1]}", place, 1 + used)

    def _comparison(self, place: int) -> tuple[tuple[str, str], int]:
        kind = self._kind(place)
        if kind == "_IN":
            return ("IN_OP", "IN"), 1
        if kind == "NOT" and self._kind(place + 1) == "_IN":
            return ("IN_OP", "NOT IN"), 2
        if kind in ("EQ_OP", "REL_OP"):
            return (kind, str(self._raw[place])), 1
        return ("", ""), 0

    def _not(self, place: int, token: Token) -> int:
        if token == "!":
            return self._append("NOT", "!", place)
        if self._kind(place + 1) == "_IN":
            return self._append("IN_OP", "NOT IN", place, 2)
        if self._kind(place + 1) == "_LIKE":
            return self._append("EQ_OP", "NOT LIKE", place, 2)
        return self._append("NOT", "!", place)

    def _like(self, place: int, token: Token) -> int:
        called = self._kind(place + 1) == "_LPAR" and (not self._done or self._done[-1].type not in _OPERAND_ENDS)
        return self._append("NAME" if called else "EQ_OP", "LIKE", place)

    def _for(self, place: int, token: Token) -> int:
        self._for_waits = True
        return self._append("_FOR", token, place)

    def _in(self, place: int, token: Token) -> int:
        if self._for_waits:
            self._for_waits = False
            return self._append("_FOR_IN", token, place)
        if self._open[-1].target and self._names_target(place + 1):
            self._open[-1].target = False
            return self._append("_INTO", token, place)
        return self._append("IN_OP", "IN", place)

    def _names_target(self, place: int) -> bool:
        """Whether a collection stands here, and then the next clause or the end."""
        if self._kind(place) not in ("NAME", "QUOTED", "COLLECTION_BIND"):
            return False
        after = self._kind(place + 1)
        if after == "NAME":
            return self._raw[place + 1].upper() == "OPTIONS"
        return after in ("", "_RPAR", "_COMMA") or after in _CLAUSES

    def _modification(self, place: int, token: Token) -> int:
        here, word = self._open[-1], token.upper()
        if word == "UPSERT":
            here.parts = 2
        elif here.parts:
            here.parts -= 1
            here.target = here.parts == 0
        else:
            here.target = True
        return self._append(token.type, token, place)

    def _into(self, place: int, token: Token) -> int:
        self._open[-1].target = False
        return self._append("_INTO", token, place)


_CLAUSES = words("_FOR _FILTER _SORT _LIMIT _LET _COLLECT _RETURN _INSERT _UPDATE _REPLACE _REMOVE _UPSERT")
_RULES: dict[str, Any] = {
    "NAME": _Settling._name, "NOT": _Settling._not, "_LIKE": _Settling._like, "_FOR": _Settling._for,
    "_IN": _Settling._in, "_INTO": _Settling._into,
    **dict.fromkeys(("ANY", "ALL", "NONE"), _Settling._quantifier),
    **dict.fromkeys(("_INSERT", "_UPDATE", "_REPLACE", "_REMOVE", "_UPSERT"), _Settling._modification),
    **dict.fromkeys(_OPENING, _Settling._opening), **dict.fromkeys(_CLOSING, _Settling._closing),
}  # fmt: skip
