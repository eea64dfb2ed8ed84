"""Which software ran: in the runs upstream of a node, and what came of the runs that used a version of a package."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.graph import Direction, Node, Walk
from arangovis.domain.ids import NodeId
from arangovis.domain.search import PAGE_SIZE_MAX, AnyOf, Present, Search
from arangovis.domain.versions import VersionRange, normal_name, version_of
from arangovis.domain.views import optional_text, scalars
from arangovis.services.lineage.reach import some
from arangovis.services.searching.past import VERSIONS_MAX
from arangovis.services.stewardship.deletion import is_active
from arangovis.stores.base import DEPTH_MAX, NODE_LIMIT_MAX, GraphStore
from arangovis_schema import LINEAGE_EDGE_KINDS

NODES_DEFAULT = 10_000
RUNS_MAX = 10_000
"""Runs with a package that one question looks at."""
ENGINE = "engine"
"""Of our own runs: the library that computed, as `name version`."""
_EDGES = frozenset(LINEAGE_EDGE_KINDS)


@dataclass(frozen=True, slots=True)
class PackageUse:
    """A version of a package, and the runs that used it."""

    package: str
    version: str
    runs: tuple[NodeId, ...]


@dataclass(frozen=True, slots=True)
class Environments:
    """The packages of all runs upstream of a node, by name and version.

    `unknown` are runs that recorded no environment, or, where one package is asked for, none of it.
    """

    node: NodeId
    packages: tuple[PackageUse, ...]
    runs: int
    unknown: tuple[NodeId, ...]
    partial_reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Exposed:
    """Something downstream of a run that used the package; `is_active` for deployments in service."""

    node: NodeId
    name: str | None
    state: str | None
    is_active: bool


@dataclass(frozen=True, slots=True)
class PackageSweep:
    """The runs that used a version of a package in a range, and what came of them.

    `unreadable` are versions that nobody can compare, so the runs that used them are not among `runs`.
    """

    package: str
    versions: str
    runs: tuple[PackageUse, ...]
    exposed: tuple[Exposed, ...]
    unreadable: tuple[PackageUse, ...]
    partial_reasons: tuple[str, ...]


class EnvironmentSweeps:
    """Answers which software ran."""

    def __init__(self, store: GraphStore) -> None:
        self._store = store

    def upstream(
        self, node_id: NodeId, *, package: str | None = None, at: int | None = None, limit: int = NODES_DEFAULT
    ) -> Environments:
        """Return the packages of all runs upstream of a node; with `package`, of that one only.

        Raises:
            NotFound: the node does not exist, or not yet at that time.
            InvalidInput: the limit is out of range.

        """
        _check(limit)
        self._store.get(node_id, at=at)
        found = self._store.walk(Walk((node_id,), Direction.UPSTREAM, _EDGES, DEPTH_MAX, limit, at))
        runs = [visit.node for visit in found.visits if visit.node.id.kind == "run"]
        wanted = None if package is None else normal_name(package)
        used = [(run.id, list(_packages(run, wanted))) for run in runs]
        return Environments(
            node=node_id,
            packages=_by_version((name, version, run) for run, packages in used for name, version in packages),
            runs=len(runs),
            unknown=tuple(run for run, packages in used if not packages),
            partial_reasons=tuple(sorted(found.cuts)),
        )

    def downstream(
        self,
        package: str,
        *,
        versions: str = "",
        kinds: frozenset[str] = frozenset(),
        at: int | None = None,
        limit: int = NODES_DEFAULT,
    ) -> PackageSweep:
        """Return what came of the runs that used a package in a range of versions.

        Args:
            package: its name; case, `-`, `_` and `.` make no difference.
            versions: such as `>=1.2,<2` or `==1.26.*`; empty for every version.
            kinds: kinds of node to answer; empty for all.
            at: as of this time (microseconds since 1970), or None for now.
            limit: nodes to walk through at most.

        Raises:
            InvalidInput: the range cannot be read, or the limit is out of range.

        """
        _check(limit)
        wanted = VersionRange.parse(versions)
        runs, is_cut = self._runs_with(normal_name(package), at)
        used = [(name, version, run.id) for run in runs for name, version in _packages(run, normal_name(package))]
        inside = [use for use in used if wanted.holds(use[1])]
        starts = tuple(dict.fromkeys(run for _, _, run in inside))
        exposed, cuts = self._exposed(starts, kinds, at, limit)
        return PackageSweep(
            package=package,
            versions=versions,
            runs=_by_version(inside),
            exposed=exposed,
            unreadable=_by_version(use for use in used if version_of(use[1]) is None and not wanted.is_all),
            partial_reasons=(*cuts, *(("runs",) if is_cut else ())),
        )

    def _exposed(
        self, starts: tuple[NodeId, ...], kinds: frozenset[str], at: int | None, limit: int
    ) -> tuple[tuple[Exposed, ...], tuple[str, ...]]:
        if not starts:
            return (), ()
        found = self._store.walk(Walk(starts, Direction.DOWNSTREAM, _EDGES, DEPTH_MAX, limit, at))
        below = [v.node for v in found.visits if v.node.id not in starts and not v.node.version.deleted]
        shown = [node for node in below if not kinds or node.id.kind in kinds]
        return tuple(map(_exposed, shown)), tuple(sorted(found.cuts))

    def _runs_with(self, package: str, at: int | None) -> tuple[Sequence[Node], bool]:
        """Return the runs that recorded a package under any spelling of its name, or as their engine."""
        names = [Present(f"environment.{name}") for name in (*spellings(package), ENGINE)]
        if at is not None:
            then = some(self._store, ("run",), AnyOf(tuple(names)), limit=VERSIONS_MAX, at=at)
            used = [run for run in then.nodes if any(_packages(run, package))]
            return used[:RUNS_MAX], then.cut or len(used) > RUNS_MAX
        found: dict[NodeId, Node] = {}
        for where in names:
            for run in self._store.all_nodes(Search("run", where, limit=PAGE_SIZE_MAX)):
                if len(found) > RUNS_MAX:
                    break
                found |= {run.id: run} if any(_packages(run, package)) else {}
        return list(found.values())[:RUNS_MAX], len(found) > RUNS_MAX


def spellings(package: str) -> tuple[str, ...]:
    """Return how people write a normal name: with hyphens, underscores or dots."""
    return tuple(dict.fromkeys(package.replace("-", mark) for mark in "-_."))


def _packages(run: Node, wanted: str | None) -> Iterator[tuple[str, str]]:
    """Yield name and version of the packages that a run recorded."""
    for name, value in scalars(run.attributes, "environment").items():
        package, version = name, str(value)
        if name == ENGINE and " " in version:
            package, _, version = version.partition(" ")
        if value is not None and (wanted is None or normal_name(package) == wanted):
            yield package, version


def _by_version(used: Iterable[tuple[str, str, NodeId]]) -> tuple[PackageUse, ...]:
    runs: dict[tuple[str, str], dict[NodeId, None]] = {}
    for name, version, run in used:
        runs.setdefault((name, version), {})[run] = None
    return tuple(PackageUse(name, version, tuple(found)) for (name, version), found in sorted(runs.items()))


def _exposed(node: Node) -> Exposed:
    facts: Mapping[str, object] = node.attributes
    name = facts.get("name") or facts.get("method") or facts.get("role")
    state = optional_text(node.attributes, "state")
    return Exposed(node.id, None if name is None else str(name), state, is_active(node))


def _check(limit: int) -> None:
    if not 1 <= limit <= NODE_LIMIT_MAX:
        raise InvalidInput.of(Fault("limit", f"{limit} is not between 1 and {NODE_LIMIT_MAX}"))
