"""Questions to the whole graph, each one call; `docs/reference/questions.md` lists them."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from arangovis.client.asking import Asking, segment
from arangovis.client.values import AnyTime, microseconds, node_id
from arangovis.domain.graph import Node
from arangovis.domain.ids import NodeId
from arangovis.services.lineage.around import Surroundings
from arangovis.services.lineage.common import CommonAncestors
from arangovis.services.lineage.differences import RunDiff
from arangovis.services.lineage.fields import FieldHistory
from arangovis.services.lineage.impact import Impact
from arangovis.services.lineage.jobs import JobLineage
from arangovis.services.lineage.leakage import LeakageReport
from arangovis.services.lineage.paths import Chain
from arangovis.services.lineage.running import RunningWork
from arangovis.services.lineage.staleness import Staleness, StaleNodes
from arangovis.services.lineage.timeline import Timeline
from arangovis.services.recomputing.recompute import Recomputation
from arangovis.services.recomputing.reproduce import Reproducibility

AnyNode: TypeAlias = NodeId | str


class Questions(Asking):
    """Questions of lineage. `depth` is how many edges away is looked, `limit` how many nodes; beyond, answers say so
    in `partial_reasons`. `at` asks as of a time.
    """

    def impact(
        self,
        node: AnyNode,
        *,
        kinds: Sequence[str] = (),
        project: str | None = None,
        depth: int | None = None,
        limit: int | None = None,
        at: AnyTime | None = None,
    ) -> Impact:
        """Return what must be redone if a node is wrong, nearest first; active deployments are marked.

        Args:
            node: what is wrong.
            kinds: what to show: vertex kinds, `plot`, `projection`, `model`.
            project: only nodes of this project, by its name.
            depth: edges away at most.
            limit: nodes at most.
            at: as of this time.

        """
        asked = {"kinds": _listed(kinds), "project": project, **_budget(depth, limit, at)}
        return self._ask(Impact, "GET", f"/impact/{node_id(node)}", **asked)

    def retry(self, run: AnyNode) -> NodeId:
        """Ask again for a run that did not succeed; return the new run, or the one that answers the same by now.

        Raises:
            NotFound: there is no such run, or an input is gone.
            Conflict: it is open or succeeded, is a step of a plan, or ran in its user's own process.

        """
        answer = self._ask_document("POST", f"/runs/{segment(node_id(run, 'run').key)}/retry")
        return NodeId.parse(answer["id"])

    def redo(
        self,
        node: AnyNode,
        *,
        replace: Mapping[AnyNode, AnyNode] | None = None,
        project: str | None = None,
        dry_run: bool = False,
    ) -> Recomputation:
        """Have everything recomputed that rests on a node, in order; wait for the `plans` that are answered.

        Args:
            node: what is wrong.
            replace: what takes the place of which node; without it the newest successor of the node.
            project: only runs of this project, by its name.
            dry_run: only say what would be done.

        Raises:
            InvalidInput: nothing takes the place of the node, or something that cannot.

        """
        pairs = {str(node_id(old)): str(node_id(new)) for old, new in (replace or {}).items()}
        body = {"replace": pairs, "project": project}
        return self._ask(
            Recomputation, "POST", f"/impact/{node_id(node)}/recompute", body, dry_run=True if dry_run else None
        )

    def field_history(
        self, node: AnyNode, field: str, *, method: str | None = None, at: AnyTime | None = None
    ) -> FieldHistory:
        """Return how a field changed: each value, since when, by whom, and which runs and plots used it.

        Args:
            node: a model version, whose parameters of `method` are meant by `params.*`, or any other node.
            field: such as `params.n_neighbours`, `metrics.accuracy` or `state`.
            method: whose parameters; umap if left out.
            at: as of this time.

        """
        path = f"/history/{node_id(node)}/field"
        return self._ask(FieldHistory, "GET", path, name=field, method=method, at=microseconds(at))

    def diff(
        self,
        first: AnyNode,
        second: AnyNode,
        *,
        depth: int | None = None,
        limit: int | None = None,
        at: AnyTime | None = None,
    ) -> RunDiff:
        """Return what differs between two runs, or between the runs that made two nodes.

        Raises:
            NotFound: no run made a node.

        """
        asked = {"a": node_id(first), "b": node_id(second), **_budget(depth, limit, at)}
        return self._ask(RunDiff, "GET", "/diff", **asked)

    def staleness(self, node: AnyNode, *, why: Sequence[str] = (), at: AnyTime | None = None) -> Staleness:
        """Say whether a node rests on inputs of which there is a newer version.

        Args:
            node: what may be stale.
            why: the causes that count: `dataset`, `featureset`, `model_version`, `params`, `grew`; all if empty.
            at: as of this time.

        """
        return self._ask(Staleness, "GET", f"/stale/{node_id(node)}", why=_listed(why), at=microseconds(at))

    def stale(
        self,
        project: str | None = None,
        *,
        kinds: Sequence[str] = (),
        why: Sequence[str] = (),
        at: AnyTime | None = None,
    ) -> StaleNodes:
        """Return everything that is stale, of a project or of all; `kinds` as in `impact`, `why` as in `staleness`."""
        asked = {"project": project, "kinds": _listed(kinds), "why": _listed(why), "at": microseconds(at)}
        return self._ask(StaleNodes, "GET", "/stale", **asked)

    def path(
        self,
        source: AnyNode,
        target: AnyNode,
        *,
        direction: str | None = None,
        edges: Sequence[str] = (),
        at: AnyTime | None = None,
    ) -> Chain:
        """Return the shortest chain from one node to another along the data; `direction="both"` goes either way."""
        ends = {"from": node_id(source), "to": node_id(target)}
        asked = {**ends, "direction": direction, "edges": _listed(edges), "at": microseconds(at)}
        return self._ask(Chain, "GET", "/paths", **asked)

    def around(self, nodes: Sequence[AnyNode], *, at: AnyTime | None = None) -> Surroundings:
        """Return nodes, the edges of lineage among them, and how many neighbours each has in all; 1,000 at once.

        Args:
            nodes: around which to look; unknown ones are left out.
            at: as of this time.

        """
        body = {"nodes": [str(node_id(node)) for node in nodes], "at": microseconds(at)}
        return self._ask(Surroundings, "POST", "/lineage/around", body)

    def common(
        self,
        first: AnyNode,
        second: AnyNode,
        *,
        depth: int | None = None,
        limit: int | None = None,
        at: AnyTime | None = None,
    ) -> CommonAncestors:
        """Return what two nodes share upstream, and the rows that both were made from."""
        asked = {"a": node_id(first), "b": node_id(second), **_budget(depth, limit, at)}
        return self._ask(CommonAncestors, "GET", "/lineage/common", **asked)

    def leakage(
        self,
        model: AnyNode,
        *,
        roles: Sequence[str] = (),
        tags: Sequence[str] = (),
        strict: bool = False,
        at: AnyTime | None = None,
    ) -> LeakageReport:
        """Check that no test data are upstream of the training of a model version, or of a model with all of them.

        Args:
            model: the model version or the model.
            roles: roles of input that make test data of what is read so; the usual words if empty.
            tags: tags that mark test data; the usual words if empty.
            strict: training runs must not read test data in a role of testing either.
            at: as of this time.

        """
        asked = {"roles": _listed(roles), "tags": _listed(tags), "strict": True if strict else None}
        return self._ask(LeakageReport, "GET", "/policies/leakage", model=node_id(model), **asked, at=microseconds(at))

    def timeline(self, model: AnyNode, metric: str, *, at: AnyTime | None = None) -> Timeline:
        """Return a metric of each version of a model, with what first differs from the version before."""
        path = f"/timeline/{node_id(model, 'model')}"
        return self._ask(Timeline, "GET", path, metric=metric, at=microseconds(at))

    def reproducibility(self, node: AnyNode) -> Reproducibility:
        """Say whether the run behind a node can be reproduced, whether what it made is intact, and who tried."""
        return self._ask(Reproducibility, "GET", f"/reproduce/{node_id(node)}")

    def reproduce(self, node: AnyNode) -> Node:
        """Have the run behind a node done again, and return the new run; `reproducibility` then compares the two.

        Raises:
            NotSupported: no worker does such a run, or it did not succeed.
            Gone: an input was deleted.

        """
        return self._ask(Node, "POST", f"/reproduce/{node_id(node)}")

    def running(self, project: str | None = None, *, limit: int | None = None) -> RunningWork:
        """Return the open runs: on which worker, since when, what they read, and what waits for them."""
        return self._ask(RunningWork, "GET", "/running", project=project, limit=limit)

    def job_lineage(
        self,
        method: str,
        name: str | None = None,
        *,
        project: str | None = None,
        direction: str | None = None,
        by_name: bool = False,
        at: AnyTime | None = None,
    ) -> JobLineage:
        """Return what all runs of a method, or of a method and a name, read and made, put together.

        With `by_name`, runs of other names are other jobs.
        """
        asked = {"name": name, "project": project, "direction": direction, "by_name": True if by_name else None}
        return self._ask(JobLineage, "GET", "/jobs/lineage", method=method, **asked, at=microseconds(at))


def _listed(names: Sequence[str]) -> str | None:
    given = (names,) if isinstance(names, str) else tuple(names)
    return ",".join(given) if given else None


def _budget(depth: int | None, limit: int | None, at: AnyTime | None) -> Mapping[str, object]:
    return {"depth": depth, "limit": limit, "at": microseconds(at)}
