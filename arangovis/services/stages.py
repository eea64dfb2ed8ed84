"""Intermediate products with keys of their own.

A stage key is a digest of only what the stage depends on. A stage that was made before, by any run of the same project,
is found and becomes an input of this run; one that was not is made and becomes its product. Damaged bytes count as not
made. What another project made is never used: who writes there need not be trusted here, and who knows no more than the
digest of rows would learn what was computed of them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from arangovis.domain.errors import IntegrityError
from arangovis.domain.graph import Node
from arangovis.domain.ids import NodeId
from arangovis.domain.search import Comparison, Operator, Search
from arangovis.domain.views import text
from arangovis.domain.work import Input, Made
from arangovis.services.blobs import Blobs
from arangovis.stores.base import GraphStore
from arangovis.tabular.bundle import ArrayBundle, from_bytes, to_bytes

T = TypeVar("T")

BUNDLE_MEDIA_TYPE = "application/x-npz"
REPRODUCES = "reproduces"
"""Option of a run that does another one again, to see whether the same comes out: the node id of that."""


def always(artifact: Node) -> bool:  # noqa: ARG001 - one signature for all
    """Say that any artifact of the right key will do."""
    return True


@dataclass(slots=True)
class Stages:
    """The stages of one run, and what was made and found on the way.

    A run that is to show whether another can be reproduced is `fresh`: it makes every stage itself.
    """

    store: GraphStore
    blobs: Blobs
    project: str | None
    """The project of the run."""
    fresh: bool = False
    made: list[Made] = field(default_factory=list)
    found: list[Input] = field(default_factory=list)

    def bundle(
        self, role: str, key: str, compute: Callable[[], ArrayBundle], *, suits: Callable[[Node], bool] = always
    ) -> ArrayBundle:
        """Return the arrays of a stage: found and verified, or computed and kept to be stored.

        Of several that were made under one key, those that do not suit count as not made.
        """
        present = None if self.fresh else self._find(role, key, suits, self._read)
        if present is not None:
            return present
        bundle = compute()
        facts = {name: value for name, value in bundle.facts.items() if value is not None}
        self.made.append(Made(role, to_bytes(bundle), BUNDLE_MEDIA_TYPE, stage_key=key, facts=facts))
        return bundle

    def file(self, role: str, key: str) -> bytes | memoryview | None:
        """Return the verified bytes of a stage that is a file of its own form, if it was made before."""
        return None if self.fresh else self._find(role, key, always, self._bytes)

    def given(self, artifact: NodeId) -> tuple[ArrayBundle, str]:
        """Return the arrays and the stage key of an artifact that the run was asked to use, among its inputs already.

        Raises:
            IntegrityError: the bytes are damaged or gone.

        """
        node = self.store.get(artifact)
        return self._read(node), text(node.attributes, "stage_key")

    def _find(self, role: str, key: str, suits: Callable[[Node], bool], read: Callable[[Node], T]) -> T | None:
        wanted = Search("artifact", Comparison("stage_key", Operator.EQUAL, key), self.project, limit=5)
        for node in self.store.search(wanted).items:
            if node.project != self.project or not suits(node):
                continue
            try:
                found = read(node)
            except IntegrityError:
                self.blobs.verify(text(node.attributes, "digest"))  # clears the damage, so that storing it again works
                continue
            self.found.append(Input(node.id, role))
            return found
        return None

    def _bytes(self, node: Node) -> bytes | memoryview:
        return self.blobs.content(text(node.attributes, "digest"))

    def _read(self, node: Node) -> ArrayBundle:
        return from_bytes(self._bytes(node))
