"""Names at compile time: which variable lives in which slot of a row, and what a query touches in which order."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.arango_simulator.aql import nodes
from tests.arango_simulator.aql.failures import PARSE, REDECLARED, failure


@dataclass(frozen=True, slots=True)
class Touch:
    """Something that the rule against reading what was written (1579) has to know, in the order of the text.

    `kind` is `read`, `write`, `operand` (a collection where only a value can stand), `graph` (a named graph is walked),
    `walk` (any traversal) or `function` (one that may read any document, with its name in `detail`); `level` is the
    depth of subqueries.
    """

    kind: str
    level: int
    collection: nodes.Expression | None = None
    detail: str = ""


@dataclass
class Layout:
    """What all scopes of a query share; `enforced` are conditions that a traversal sees to, wholly."""

    slots: int = 0
    touches: list[Touch] = field(default_factory=list)
    binds: dict[str, None] = field(default_factory=dict)
    enforced: list[nodes.Expression] = field(default_factory=list)

    def slot(self) -> int:
        """Return a new slot."""
        self.slots += 1
        return self.slots - 1


class Scope:
    """The variables that are visible at some place of a query or subquery."""

    def __init__(self, layout: Layout, outer: "dict[str, int] | None" = None, level: int = 0) -> None:
        self.layout = layout
        self.level = level
        self._outer = outer or {}
        self._top: dict[str, int] = {}
        self._local: dict[str, int] = {}
        self._hidden: dict[str, int] = {}
        self.looped = False

    def slot_of(self, name: str) -> int | None:
        """Return the slot of a variable, None if there is no such variable."""
        for names in (self._hidden, self._local, self._top, self._outer):
            if name in names:
                return names[name]
        return None

    def declare(self, name: str) -> int:
        """Add a variable.

        Raises:
            ArangoError: 1511 if the name is taken, here or outside.

        """
        if any(name in names for names in (self._local, self._top, self._outer)):
            raise failure(REDECLARED, name)
        slot = self.layout.slot()
        (self._local if self.looped else self._top)[name] = slot
        return slot

    def set_pseudo(self, name: str) -> int:
        """Add OLD or NEW, which a later modification may set anew."""
        slot = self._hidden[name] = self.layout.slot()
        return slot

    @contextmanager
    def pseudo(self, name: str) -> Iterator[int]:
        """Make CURRENT or OLD visible for a while."""
        before = self._hidden.get(name)
        slot = self._hidden[name] = self.layout.slot()
        yield slot
        del self._hidden[name]
        if before is not None:
            self._hidden[name] = before

    def subquery(self) -> "Scope":
        """Return the scope of a subquery."""
        return Scope(self.layout, {**self._outer, **self._top, **self._local, **self._hidden}, self.level + 1)

    def collected(self) -> dict[str, int]:
        """Return the variables that `COLLECT ... INTO` puts into the groups."""
        return dict(self._local) if self.looped else dict(self._top)

    def forget_collected(self) -> None:
        """Drop what COLLECT drops."""
        (self._local if self.looped else self._top).clear()
        self._hidden.clear()

    def kept(self, name: str) -> int:
        """Return the slot of a variable named in KEEP."""
        slot = self.slot_of(name)
        if slot is None:
            raise failure(PARSE, f"use of unknown variable '{name}' in KEEP")
        return slot

    def visible(self) -> frozenset[int]:
        """Return the slots of all variables that have a value here."""
        names = (self._outer, self._top, self._local, self._hidden)
        return frozenset(slot for group in names for slot in group.values())

    # --- what is touched ------------------------------------------------------------------------------------------

    def touch(self, kind: str, collection: nodes.Expression | None = None, detail: str = "") -> None:
        """Note that a collection, graph or function is used."""
        self.layout.touches.append(Touch(kind, self.level, collection, detail))

    def bind(self, name: str) -> None:
        """Note a bind parameter, `@name` being that of a collection."""
        self.layout.binds[name] = None
