"""Forks of a process that has stores open.

SQLite keeps its locks in tables of the process, so a child must not inherit an open connection: it would believe
that it holds its parent's locks, even on a connection of its own. Therefore each store lets go of all its
connections before a fork, and both processes open theirs anew. (`subprocess` does not fork in this sense.)
"""

import functools
import os
import weakref
from typing import Protocol


class Forkable(Protocol):
    """Something that has connections open."""

    def hold(self) -> None:
        """Wait for work under way, close all connections, and keep others from opening any."""

    def resume(self) -> None:
        """Go on, in the process that forked."""

    def start_afresh(self) -> None:
        """Go on, in the child, where no other thread lives and no lock means anything."""


def register(store: Forkable) -> None:
    """Take care of a store for as long as it lives."""
    _open.add(store)
    _watch()


_open: "weakref.WeakSet[Forkable]" = weakref.WeakSet()


@functools.cache
def _watch() -> None:
    os.register_at_fork(before=_hold, after_in_parent=_resume, after_in_child=_start_afresh)


def _hold() -> None:
    for store in tuple(_open):
        store.hold()


def _resume() -> None:
    for store in tuple(_open):
        store.resume()


def _start_afresh() -> None:
    for store in tuple(_open):
        store.start_afresh()
