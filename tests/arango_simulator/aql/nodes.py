"""The abstract syntax of a query."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, eq=False)
class Expression:
    """Something that has a value."""


@dataclass(frozen=True, slots=True, eq=False)
class Literal(Expression):
    value: Any


@dataclass(frozen=True, slots=True, eq=False)
class Bind(Expression):
    """`@name`."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Reference(Expression):
    """A variable, or if there is none of the name, a collection."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class CollectionBind(Expression):
    """`@@name`."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Array(Expression):
    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Object(Expression):
    entries: tuple[tuple[Expression, Expression], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Unary(Expression):
    operator: str
    operand: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Binary(Expression):
    """An arithmetic operation or a comparison; an array comparison's operator is such as `ALL ==`."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True, eq=False)
class AtLeast(Expression):
    """`left AT LEAST (count) operator right`."""

    operator: str
    left: Expression
    count: Expression
    right: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Both(Expression):
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Either(Expression):
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Ternary(Expression):
    """`condition ? then : otherwise`; without `then` the condition's own value."""

    condition: Expression
    then: Expression | None
    otherwise: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Range(Expression):
    low: Expression
    high: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Call(Expression):
    name: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Subquery(Expression):
    block: "Block"


@dataclass(frozen=True, slots=True, eq=False)
class Access(Expression):
    """A value and the steps into it."""

    base: Expression
    steps: "tuple[Step, ...]"


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One step of an access."""


@dataclass(frozen=True, slots=True, eq=False)
class Attribute(Step):
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class BoundAttribute(Step):
    """`.@name`: a bind parameter with an attribute name or a list of them."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Item(Step):
    index: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Expansion(Step):
    """`[*]`, with more stars flattened; perhaps with inline FILTER, LIMIT and RETURN."""

    levels: int
    condition: Expression | None
    limit: tuple[Expression | None, Expression] | None
    projection: Expression | None


@dataclass(frozen=True, slots=True, eq=False)
class Question(Step):
    """`[? quantity FILTER condition]`; the quantity is a word, a number or range, or AT LEAST (number)."""

    word: str
    count: Expression | None
    condition: Expression | None


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """A high-level operation."""


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """The statements of a query or subquery."""

    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    declared: tuple[Expression, ...]
    block: Block


@dataclass(frozen=True, slots=True, eq=False)
class For(Statement):
    variable: str
    source: Expression
    options: Expression | None


@dataclass(frozen=True, slots=True, eq=False)
class GraphPart:
    """A named graph, or edge collections each with a direction of its own or None."""

    name: Expression | None
    edges: tuple[tuple[str | None, Expression], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Prune:
    variable: str | None
    condition: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Traversal(Statement):
    variables: tuple[str, ...]
    depth: Expression | None
    direction: str
    start: Expression
    graph: GraphPart
    prune: Prune | None
    options: Expression | None


@dataclass(frozen=True, slots=True, eq=False)
class PathSearch(Statement):
    kind: str
    variables: tuple[str, ...]
    depth: Expression | None
    direction: str
    start: Expression
    target: Expression
    graph: GraphPart
    options: Expression | None


@dataclass(frozen=True, slots=True, eq=False)
class Filter(Statement):
    condition: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Sort(Statement):
    """Each key with whether it is descending."""

    keys: tuple[tuple[Expression, bool], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Limit(Statement):
    offset: Expression | None
    count: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Let(Statement):
    assigns: tuple[tuple[str, Expression], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Collect(Statement):
    groups: tuple[tuple[str, Expression], ...]
    aggregates: tuple[tuple[str, Expression], ...]
    into: str | None
    projection: Expression | None
    keep: tuple[str, ...]
    count_into: str | None
    options: Expression | None


@dataclass(frozen=True, slots=True, eq=False)
class Modification(Statement):
    collection: Expression
    options: Expression | None


@dataclass(frozen=True, slots=True, eq=False)
class Insert(Modification):
    document: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Change(Modification):
    """UPDATE, or with `replace` REPLACE; without `patch` the key's own attributes."""

    replace: bool
    key: Expression
    patch: Expression | None


@dataclass(frozen=True, slots=True, eq=False)
class Remove(Modification):
    key: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Upsert(Modification):
    """Looks for an example, or for what fulfils a condition on CURRENT."""

    example: Expression | None
    condition: Expression | None
    document: Expression
    replace: bool
    patch: Expression


@dataclass(frozen=True, slots=True, eq=False)
class Return(Statement):
    value: Expression
    distinct: bool
