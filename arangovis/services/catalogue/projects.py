"""The administration of projects: what is in them, how many bytes they keep, renaming and archiving them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from arangovis.domain.errors import AlreadyExists
from arangovis.domain.facets import VALUES_MAX
from arangovis.domain.graph import Caller, Node
from arangovis.domain.ids import NodeId, named_id
from arangovis.domain.search import PAGE_SIZE_MAX, PROJECT, Search
from arangovis.domain.views import integer, optional_text, text
from arangovis.services.catalogue.names import PROJECT_NAMES, check_name
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction

COUNTED = ("dataset", "featureset", "model", "model_version", "run", "deployment")


@dataclass(frozen=True, slots=True)
class ProjectOverview:
    """A project and how many nodes of each kind are in it, each counted once; times are microseconds since 1970."""

    node: NodeId
    name: str
    archived: bool
    created: int
    actor: str
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ProjectBytes:
    """The bytes that the nodes of a project refer to; bytes with several references are counted once."""

    node: NodeId
    bytes: int
    blobs: int


class ProjectAdministration:
    """Projects as their owner sees them."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store

    def overviews(self, *, archived: bool = False) -> Sequence[ProjectOverview]:
        """Return every project, by name; the archived ones only if asked for."""
        projects = list(self._nodes("project", None))
        counts = self._counts(len(projects))
        found = [self._overview(node, counts) for node in projects]
        return sorted((one for one in found if archived or not one.archived), key=lambda one: one.name)

    def overview(self, project: NodeId) -> ProjectOverview:
        """Return one project.

        Raises:
            NotFound: it does not exist.

        """
        return self._overview(self._store.get(project))

    def rename(self, project: NodeId, name: str, caller: Caller) -> None:
        """Call a project otherwise; its node, and all that is in it, stay as they are.

        Raises:
            NotFound: it does not exist.
            AlreadyExists: another project has the name.

        """
        check_name("name", name)
        self._store.transact(lambda tx: _rename(tx, project, name), caller)

    def archive(self, project: NodeId, caller: Caller, *, archived: bool = True) -> None:
        """Archive a project, so that it takes nothing new and is not listed; or bring it back.

        Raises:
            NotFound: it does not exist.

        """

        def action(transaction: Transaction) -> None:
            attributes = transaction.get(project).attributes
            rest = {name: value for name, value in attributes.items() if name != "archived"}
            transaction.update(project, {**rest, "archived": True} if archived else rest)

        self._store.transact(action, caller)

    def bytes(self, project: NodeId) -> ProjectBytes:
        """Return how many bytes the artifacts and the data sets of a project keep.

        Raises:
            NotFound: it does not exist.

        """
        self._store.get(project)
        sizes = dict(self._blobs(project.key))
        return ProjectBytes(project, sum(sizes.values()), len(sizes))

    def _blobs(self, project: str) -> Iterator[tuple[str, int]]:
        for artifact in self._nodes("artifact", project):
            yield text(artifact.attributes, "digest"), integer(artifact.attributes, "bytes", 0)
        for dataset in self._nodes("dataset", project):
            for segment in self._store.all_records("segment", dataset.id.key):
                yield text(segment.data, "digest"), integer(segment.data, "bytes", 0)
            selection = optional_text(dataset.attributes, "selection")
            kept = None if selection is None else self._store.record("blob", selection)
            if kept is not None:
                yield kept.key, integer(kept.data, "bytes", 0)

    def _counts(self, projects: int) -> Mapping[str, Mapping[str, int]] | None:
        """Return the counts of all projects by kind and project: a call a kind, unless there are too many projects."""
        if projects > VALUES_MAX:
            return None
        facets = {kind: self._store.facets(Search(kind), (PROJECT,), VALUES_MAX).facets[0] for kind in COUNTED}
        return {kind: {str(one.value): one.count for one in facet.values} for kind, facet in facets.items()}

    def _count(self, kind: str, project: str) -> int:
        return self._store.facets(Search(kind, project=project), (), 1).total

    def _overview(self, node: Node, known: Mapping[str, Mapping[str, int]] | None = None) -> ProjectOverview:
        key = node.id.key
        counts = {kind: self._count(kind, key) if known is None else known[kind].get(key, 0) for kind in COUNTED}
        archived = node.attributes.get("archived") is True
        first = self._store.history(node.id)[0].version
        return ProjectOverview(node.id, text(node.attributes, "name"), archived, node.created, first.actor, counts)

    def _nodes(self, kind: str, project: str | None) -> Iterator[Node]:
        return self._store.all_nodes(Search(kind, project=project, limit=PAGE_SIZE_MAX))


def _rename(transaction: Transaction, project: NodeId, name: str) -> None:
    present = transaction.get(project)
    before = text(present.attributes, "name")
    first = named_id("project", None, name)
    holder = transaction.find(first)
    taken = holder is not None and holder.id != project and holder.attributes.get("name") == name
    if taken or transaction.reserved(PROJECT_NAMES, name) not in (None, project):
        raise AlreadyExists(f"another project is called {name!r}")
    if transaction.reserved(PROJECT_NAMES, before) == project:
        transaction.release(PROJECT_NAMES, before)
    if first != project:
        transaction.reserve(PROJECT_NAMES, name, project)
    transaction.update(project, {**present.attributes, "name": name})
