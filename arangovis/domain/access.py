"""Who may do what: roles, scopes, and the scope that this thread acts in.

A scope is asked in two places only: the doors of the API compare its role with what a call needs, and the guarded
store (`arangovis.stores.guarded`) keeps reads and writes within its projects. Whoever works in this process,
a worker, a command or the SDK on a home, acts in OPEN: the one who can open the store's files can read them anyway.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass
from enum import StrEnum

from arangovis.domain.graph import Node, Version
from arangovis.domain.ids import NodeId
from arangovis.domain.json import EMPTY


class Role(StrEnum):
    """What one may do; each includes the one before."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"

    def includes(self, other: "Role") -> bool:
        """Say whether this role may do what another may."""
        return _RANKS[self] >= _RANKS[other]


_RANKS = {role: rank for rank, role in enumerate(Role)}


OF_ADMINS = frozenset(("schedule", "webhook"))
"""Kinds of nodes that workers act upon, in the service's name: those who write data may not write these."""


@dataclass(frozen=True, slots=True)
class Scope:
    """A role, and the keys of the projects that it is held in; None for all of them and for what is in none."""

    role: Role
    projects: frozenset[str] | None = None

    @property
    def is_open(self) -> bool:
        """Whether nothing of the graph is out of reach, to read or to write."""
        return self.projects is None and self.role is Role.ADMIN

    @property
    def view(self) -> str:
        """A text that is the same for all who see the same nodes: whatever is kept between requests is kept by it."""
        return "" if self.projects is None else ",".join(sorted(self.projects)) or "-"

    @property
    def home(self) -> str | None:
        """The project of what is made without naming one, if there is only one that it can be."""
        return next(iter(self.projects)) if self.projects is not None and len(self.projects) == 1 else None

    def sees(self, node: NodeId, project: str | None) -> bool:
        """Say whether a node of a project may be read: those of no project are shared."""
        if self.projects is None:
            return True
        if node.kind == "project":
            return node.key in self.projects
        return project is None or project in self.projects

    def changes(self, node: NodeId, project: str | None) -> bool:
        """Say whether a node of a project may be written: shared ones by those who may write everywhere."""
        if not self.role.includes(Role.ADMIN if node.kind in OF_ADMINS else Role.WRITE):
            return False
        if self.projects is None:
            return True
        return node.key in self.projects if node.kind == "project" else project in self.projects


OPEN = Scope(Role.ADMIN)
NOBODY = Scope(Role.READ, frozenset())

_scope: ContextVar[Scope] = ContextVar("scope", default=OPEN)


def current_scope() -> Scope:
    """Return the scope that this thread acts in."""
    return _scope.get()


def enter(scope: Scope) -> "Token[Scope]":
    """Act in a scope until `leave`, in the same thread, is given what this returns."""
    return _scope.set(scope)


def leave(entered: "Token[Scope]") -> None:
    """Act in the scope of before."""
    _scope.reset(entered)


@contextmanager
def acting_in(scope: Scope) -> Iterator[None]:
    """Act in a scope until the context ends; threads that are started within it do not inherit it."""
    entered = enter(scope)
    try:
        yield
    finally:
        leave(entered)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is let in: an account, what it may do, and by which token or sign-in."""

    account: str
    scope: Scope
    via: str
    """`token`, `token-file`, `session`, `open` where no token is asked for, or `nothing` where one is and none came."""
    key: str = ""
    """The id of the token or the sign-in: never a secret."""


_REDACTED = Version(0, 0, None, "", "", "")


def redacted(node: NodeId) -> Node:
    """Return what is shown of a node that may not be read: its id, which says its kind."""
    return Node(node, None, EMPTY, _REDACTED, 0)


def is_redacted(node: Node) -> bool:
    """Say whether a node is shown without what it holds."""
    return node.version.number == 0
