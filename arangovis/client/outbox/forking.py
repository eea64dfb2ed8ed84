"""What holds threads, locks and files is told when it wakes up in a forked child, which has none of its parent's."""

import os
import threading
from typing import Protocol
from weakref import WeakSet


class Forkable(Protocol):
    """Something that must begin anew in a forked child."""

    def begin_in_child(self) -> None:
        """Let go of what is the parent's. No lock of the parent may be waited for: its holder is not here."""


_known: "WeakSet[Forkable]" = WeakSet()
_registered = threading.Event()


def tell_of_forks(thing: Forkable) -> None:
    """Have a thing told in every forked child, as long as it lives."""
    if not _registered.is_set():
        _registered.set()
        os.register_at_fork(after_in_child=_begin_all)
    _known.add(thing)


def _begin_all() -> None:
    for thing in list(_known):
        thing.begin_in_child()
