"""Text to syntax tree."""

from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedInput, VisitError

from tests.arango_simulator.aql import nodes
from tests.arango_simulator.aql.failures import EMPTY, NESTING, PARSE, ArangoError, failure
from tests.arango_simulator.aql.lexer import AqlLexer

CACHED_QUERIES = 2000
_INT64_MAX = 2**63 - 1


@lru_cache(CACHED_QUERIES)
def parse(text: str) -> nodes.Query:
    """Read a query.

    Raises:
        ArangoError: 1501 if it is none, 1502 if it is empty, 1524 if it is nested too deeply.

    """
    if not text.strip():
        raise failure(EMPTY)
    try:
        query: nodes.Query = _grammar().parse(text)
    except UnexpectedInput as refusal:
        raise failure(PARSE, _near(text, refusal)) from None
    except VisitError as refusal:
        if isinstance(refusal.orig_exc, ArangoError):
            raise refusal.orig_exc from None
        raise
    except RecursionError:
        raise failure(NESTING) from None
    return query


def _near(text: str, refusal: UnexpectedInput) -> str:
    token = getattr(refusal, "token", None)
    if token is None or token.type == "$END":
        return "unexpected end of query string"
    where = token.start_pos or 0
    return f"unexpected {token.type.strip('_')} near '{text[where : where + 30]}' at position {where}"


@cache
def _grammar() -> Any:
    text = (files(__package__) / "grammar.lark").read_text("utf-8")
    return Lark(text, parser="lalr", lexer=AqlLexer, transformer=_Builder(), maybe_placeholders=True)


def _text(token: Token) -> str:
    return str(token)


def _present(children: tuple[Any, ...]) -> tuple[Any, ...]:
    """Without the placeholders of a list that is empty or ends without a comma."""
    return tuple(child for child in children if child is not None)


@v_args(inline=True)
class _Builder(Transformer[Token, Any]):
    """Builds the nodes, rule by rule."""

    def start(self, query: nodes.Query) -> nodes.Query:
        return query

    def query(self, declared: Any, block: nodes.Block) -> nodes.Query:
        return nodes.Query(declared or (), block)

    def with_clause(self, *collections: Any) -> Any:
        return collections

    def block(self, *statements: Any) -> nodes.Block:
        found = _present(statements)
        if not any(isinstance(statement, nodes.Return | nodes.Modification) for statement in found):
            raise failure(PARSE, "a query must return something or modify something")
        return nodes.Block(found)

    # --- loops ----------------------------------------------------------------------------------------------------

    def for_loop(self, names: Any, source: Any, options: Any) -> nodes.For:
        if len(names) != 1:
            raise failure(PARSE, "FOR over an array or a collection has one variable")
        return nodes.For(names[0], source, options)

    def traversal(self, *parts: Any) -> nodes.Traversal:
        names, depth, direction, start, graph, prune, options = parts
        if len(names) > 3:
            raise failure(PARSE, "a traversal has at most three variables")
        return nodes.Traversal(names, depth, direction, start, graph, prune, options)

    def path_search(self, *parts: Any) -> nodes.PathSearch:
        names, depth, direction, kind, start, target, graph, options = parts
        if len(names) > (2 if kind == "SHORTEST_PATH" else 1):
            raise failure(PARSE, f"too many variables for {kind}")
        if depth is not None and kind != "K_PATHS":
            raise failure(PARSE, f"{kind} takes no depth")
        return nodes.PathSearch(kind, names, depth, direction, start, target, graph, options)

    def path_kind(self, word: Token) -> str:
        return word.upper()

    def direction(self, word: Token) -> str:
        return word.upper()

    def named_graph(self, name: Token) -> nodes.GraphPart:
        return nodes.GraphPart(nodes.Bind(str(name)) if name.type == "BIND" else nodes.Literal(str(name)))

    def edge_set(self, *edges: Any) -> nodes.GraphPart:
        return nodes.GraphPart(None, edges)

    def edges(self, direction: str | None, collection: Any) -> Any:
        return direction, collection

    def prune(self, condition: Any) -> nodes.Prune:
        return nodes.Prune(None, condition)

    named_prune = nodes.Prune

    # --- other clauses --------------------------------------------------------------------------------------------

    filter_clause = nodes.Filter

    def sort_clause(self, *keys: Any) -> nodes.Sort:
        return nodes.Sort(keys)

    def sort_direction(self, word: Token) -> str:
        return word.upper()

    def sort_item(self, key: Any, direction: str | None) -> Any:
        return key, direction == "DESC"

    def limit_clause(self, first: Any, second: Any) -> nodes.Limit:
        return nodes.Limit(None, first) if second is None else nodes.Limit(first, second)

    inline_limit = v_args(inline=True)(lambda self, first, second: (None, first) if second is None else (first, second))
    let_clause = nodes.Let

    def assigns(self, *assigns: Any) -> Any:
        return assigns

    def assign(self, name: str, value: Any) -> Any:
        return name, value

    def aggregates(self, assigns: Any) -> Any:
        return assigns

    def collect_into(self, name: str, projection: Any) -> Any:
        return name, projection

    def keep(self, names: Any) -> Any:
        return names

    def count_into(self, name: str) -> str:
        return name

    def collect_clause(self, *parts: Any) -> nodes.Collect:
        groups, aggregates, into, keep, count_into, options = parts
        name, projection = into or (None, None)
        if not (groups or aggregates or count_into):
            raise failure(PARSE, "COLLECT without a group, AGGREGATE or WITH COUNT INTO")
        if count_into and (aggregates or into):
            raise failure(PARSE, "WITH COUNT INTO cannot be combined with AGGREGATE or INTO")
        if keep and (name is None or projection is not None):
            raise failure(PARSE, "KEEP needs INTO without a projection")
        return nodes.Collect(groups or (), aggregates or (), name, projection, keep or (), count_into, options)

    # --- modification ---------------------------------------------------------------------------------------------

    def insert_clause(self, document: Any, collection: Any, options: Any) -> nodes.Insert:
        return nodes.Insert(collection, options, document)

    def update_clause(self, key: Any, patch: Any, collection: Any, options: Any) -> nodes.Change:
        return nodes.Change(collection, options, replace=False, key=key, patch=patch)

    def replace_clause(self, key: Any, patch: Any, collection: Any, options: Any) -> nodes.Change:
        return nodes.Change(collection, options, replace=True, key=key, patch=patch)

    def remove_clause(self, key: Any, collection: Any, options: Any) -> nodes.Remove:
        return nodes.Remove(collection, options, key)

    def upsert_by_example(self, *parts: Any) -> nodes.Upsert:
        example, document, replace, patch, collection, options = parts
        if isinstance(example, nodes.Literal | nodes.Array):
            raise failure(PARSE, "UPSERT needs an object to look for")
        return nodes.Upsert(collection, options, example, None, document, replace, patch)

    def upsert_by_filter(self, *parts: Any) -> nodes.Upsert:
        condition, document, replace, patch, collection, options = parts
        return nodes.Upsert(collection, options, None, condition, document, replace, patch)

    def change_update(self) -> bool:
        return False

    def change_replace(self) -> bool:
        return True

    def options(self, value: Any) -> Any:
        return value

    def return_clause(self, distinct: Any, value: Any) -> nodes.Return:
        return nodes.Return(value, distinct is not None)

    # --- expressions ----------------------------------------------------------------------------------------------

    ternary = nodes.Ternary

    def shortcut(self, condition: Any, otherwise: Any) -> nodes.Ternary:
        return nodes.Ternary(condition, None, otherwise)

    either = nodes.Either
    both = nodes.Both
    range = nodes.Range

    def binary(self, left: Any, operator: Token, right: Any) -> nodes.Binary:
        return nodes.Binary(str(operator), left, right)

    def at_least(self, left: Any, _word: Token, count: Any, operator: Token, right: Any) -> nodes.AtLeast:
        return nodes.AtLeast(str(operator), left, count, right)

    def unary(self, operator: Token, operand: Any) -> nodes.Unary:
        return nodes.Unary(str(operator), operand)

    def access(self, base: Any, *steps: Any) -> nodes.Access:
        return nodes.Access(base, steps)

    attribute = nodes.Attribute
    item = nodes.Item

    def bound_attribute(self, name: Token) -> nodes.BoundAttribute:
        return nodes.BoundAttribute(str(name))

    def stars(self, *stars: Token) -> int:
        return len(stars)

    expansion = nodes.Expansion

    def question(self, quantity: Any, condition: Any) -> nodes.Question:
        word, count = quantity or ("ANY", None)
        return nodes.Question(word, count, condition)

    def quantity_word(self, word: Token) -> Any:
        return word.upper(), None

    def quantity_at_least(self, _word: Token, count: Any) -> Any:
        return "AT LEAST", count

    def quantity_exact(self, count: Any) -> Any:
        return "", count

    def reference(self, name: str) -> nodes.Reference:
        return nodes.Reference(name)

    collection_name = reference

    def bind(self, name: Token) -> nodes.Bind:
        return nodes.Bind(str(name))

    def collection_bind(self, name: Token) -> nodes.CollectionBind:
        return nodes.CollectionBind(str(name))

    def number(self, text: Token) -> nodes.Literal:
        return nodes.Literal(_number(text.lower()))

    def string(self, text: Token) -> nodes.Literal:
        return nodes.Literal(str(text))

    def true(self, _word: Token) -> nodes.Literal:
        return nodes.Literal(True)

    def false(self, _word: Token) -> nodes.Literal:
        return nodes.Literal(False)

    def null(self, _word: Token) -> nodes.Literal:
        return nodes.Literal(None)

    def array(self, *items: Any) -> nodes.Array:
        return nodes.Array(_present(items))

    def object(self, *entries: Any) -> nodes.Object:
        return nodes.Object(_present(entries))

    def call(self, name: str, *arguments: Any) -> nodes.Call:
        return nodes.Call(name.upper(), _present(arguments))

    subquery = nodes.Subquery
    argument = nodes.Subquery

    def shorthand(self, name: str) -> Any:
        return nodes.Literal(name), nodes.Reference(name)

    def named_entry(self, name: Any, value: Any) -> Any:
        return nodes.Literal(str(name)), value

    quoted_entry = named_entry

    def bound_entry(self, name: Token, value: Any) -> Any:
        return nodes.Bind(str(name)), value

    def computed_entry(self, key: Any, value: Any) -> Any:
        return key, value

    def name(self, token: Token) -> str:
        return str(token)

    def names(self, *names: str) -> tuple[str, ...]:
        return names


def _number(text: str) -> int | float:
    if text.startswith(("0x", "0b")):
        value: int | float = int(text, 0)
    else:
        value = int(text) if text.isdigit() else float(text)
    if value == float("inf"):
        raise failure(PARSE, f"number out of range: {text}")
    return value if value <= _INT64_MAX or isinstance(value, float) else float(value)
