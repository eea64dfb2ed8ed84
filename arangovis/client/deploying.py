"""Deployments, how they perform, aliases and gates, and the administration of projects, through the client."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from arangovis.client.asking import Asking
from arangovis.client.values import AnyTime, AnyVersion, microseconds, node_id, plain_document, version_number
from arangovis.domain.errors import NotFound
from arangovis.domain.ids import NodeId
from arangovis.services.anomaly.score_drift import ScoreDrift
from arangovis.services.catalogue.aliases import Alias, AliasChange
from arangovis.services.catalogue.deployments import Deployment, DeploymentState, StateChange
from arangovis.services.catalogue.gates import Gate
from arangovis.services.catalogue.performance import ServedPerformance
from arangovis.services.catalogue.projects import ProjectBytes, ProjectOverview

AnyDeployment: TypeAlias = NodeId | str | Deployment
"""A deployment: its node, its value, or its tag, which means the active one of the tag, or else the newest."""


class Deploying(Asking):
    """What follows after training. All calls raise the errors of `arangovis.domain.errors`."""

    # --- deployments ------------------------------------------------------------------------------------------

    def provision(self, tag: str, *, state: str = "scheduled", override: str | None = None, **given: Any) -> Deployment:
        """Make a deployment from the newest run that has the deployment tag; the same run again is the same one.

        Args:
            tag: the `deployment_tag` of the run.
            state: `scheduled` or `active`; one that is active archives the active one of its tag.
            override: why it is deployed though a gate refuses it; it is recorded.
            given: `project` (its name), `name`, `scheduled_for`, `description`, `tags`, `attributes`.

        Raises:
            NotFound: no run that succeeded has the tag.
            GateRefused: a gate's condition does not hold; the text names what.

        """
        if "scheduled_for" in given:
            given["scheduled_for"] = microseconds(given["scheduled_for"])
        body = {"tag": tag, "state": str(state), "override": override, **given}
        made = self._ask_document("POST", "/deployments", _told(body))
        return self.deployment(NodeId.parse(made["node"]))

    def deployment(
        self, deployment: AnyDeployment, *, project: str | None = None, at: AnyTime | None = None
    ) -> Deployment:
        """Return a deployment with all that it consists of, as it is or was."""
        node = self._deployment_id(deployment, project)
        return self._ask(Deployment, "GET", f"/deployments/{node.key}", None, at=microseconds(at))

    def deployments(self, **given: Any) -> Iterator[Deployment]:
        """Yield deployments, newest first: of a `tag`, in a `state`, by `filter`, of a `project`."""
        return self._ask_pages(Deployment, "/deployments", **given)

    def change_deployment(
        self, deployment: AnyDeployment, state: str, *, reason: str | None = None, project: str | None = None
    ) -> Deployment:
        """Make a deployment `active` or `archived`; one that becomes active archives the active one of its tag.

        Raises:
            Conflict: from the state it is in, there is no way there.

        """
        node = self._deployment_id(deployment, project)
        return self._ask(
            Deployment, "PATCH", f"/deployments/{node.key}", _told({"state": str(state), "reason": reason})
        )

    def roll_back(
        self, deployment: AnyDeployment, *, reason: str | None = None, project: str | None = None
    ) -> Deployment:
        """Go back to the deployment that this active one replaced, and return that one.

        Raises:
            Conflict: it is not active, or replaced none.

        """
        node = self._deployment_id(deployment, project)
        return self._ask(Deployment, "POST", f"/deployments/{node.key}/rollback", _told({"reason": reason}))

    def deployment_history(self, deployment: AnyDeployment, *, project: str | None = None) -> Sequence[StateChange]:
        """Return every change of a deployment's state, oldest first: when, by whom, why."""
        node = self._deployment_id(deployment, project)
        return list(self._ask_pages(StateChange, f"/deployments/{node.key}/history"))

    # --- performance ------------------------------------------------------------------------------------------

    def log_serving_performance(
        self,
        deployment: AnyDeployment,
        metrics: Mapping[str, Any],
        *,
        start: AnyTime | None = None,
        end: AnyTime | None = None,
        **given: Any,
    ) -> NodeId:
        """Log how a deployment performed in a period; the same again changes nothing.

        Args:
            deployment: its node, or its tag.
            metrics: numbers by name.
            start: when the period begins.
            end: when it ends.
            given: `period` (as people call it), `project`, `description`, `tags`, `attributes`.

        Raises:
            NotFound: there is no such deployment; nothing is written.
            AlreadyExists: other numbers were logged for this period.

        """
        node = self._deployment_id(deployment, given.pop("project", None))
        times = {"period_start": microseconds(start), "period_end": microseconds(end)}
        body = {"deployment": str(node), "metrics": metrics, **times, **given}
        return NodeId.parse(self._ask_document("POST", "/serving-performance", _told(body))["node"])

    def serving_performance(
        self, deployment: AnyDeployment, *, project: str | None = None, at: AnyTime | None = None
    ) -> ServedPerformance:
        """Return how a deployment performed, period by period, beside what its run measured in development."""
        node = self._deployment_id(deployment, project)
        path = f"/deployments/{node.key}/performance"
        return self._ask(ServedPerformance, "GET", path, None, at=microseconds(at))

    def score_drift(
        self,
        deployment: AnyDeployment,
        *,
        time_column: str | None = None,
        window_s: int | None = None,
        project: str | None = None,
    ) -> ScoreDrift:
        """Return how the scores of a deployment's detectors drift from those that training held out.

        A detector that is deployed itself is followed by the scorings that were kept, one attached to the deployed
        version by its production rows: segment by segment, or by a column of times in windows of `window_s` seconds.
        """
        path = f"/deployments/{self._deployment_id(deployment, project).key}/score-drift"
        return self._ask(ScoreDrift, "GET", path, None, time_column=time_column, window_s=window_s)

    # --- aliases ----------------------------------------------------------------------------------------------

    def set_alias(self, project: str, model: str, alias: str, version: AnyVersion) -> Alias:
        """Give a version of a model an alias, such as champion; another one that had it has it no more."""
        body = {"project": project, "model": model, "alias": alias, "number": version_number(version)}
        return self._ask(Alias, "PUT", "/aliases", body)

    def alias(self, project: str, model: str, alias: str, *, at: AnyTime | None = None) -> Alias:
        """Return what an alias stands for, now or as of a time.

        Raises:
            NotFound: the model has no such alias.

        """
        given = {"project": project, "model": model, "alias": alias, "at": microseconds(at)}
        return next(self._ask_pages(Alias, "/aliases", **given))

    def aliases(self, project: str, model: str, *, at: AnyTime | None = None) -> Sequence[Alias]:
        """Return the aliases of a model, by name."""
        return list(self._ask_pages(Alias, "/aliases", project=project, model=model, at=microseconds(at)))

    def remove_alias(self, project: str, model: str, alias: str) -> None:
        """Take an alias away; its history stays."""
        self._ask_document("DELETE", "/aliases", None, project=project, model=model, alias=alias)

    def alias_history(self, project: str, model: str, alias: str) -> Sequence[AliasChange]:
        """Return every move of an alias, oldest first: who, when, from where and to where."""
        return list(self._ask_pages(AliasChange, "/aliases/history", project=project, model=model, alias=alias))

    # --- gates ------------------------------------------------------------------------------------------------

    def set_gate(self, project: str, name: str, condition: str, *, model: str | None = None) -> NodeId:
        """Make or change a gate: a condition that runs of the project must meet before they are deployed.

        Args:
            project: the name of the project.
            name: of the gate.
            condition: in the filter language, over `metrics.x`, `params.x`, `evaluation.x`, `compatibility.x`, ...
            model: the name of the only model that it is for.

        Raises:
            InvalidFilter: the condition cannot be read.

        """
        body = {"project": project, "name": name, "filter": condition, "model": model}
        return NodeId.parse(self._ask_document("PUT", "/gates", _told(body))["node"])

    def gates(self, project: str) -> Sequence[Gate]:
        """Return the gates of a project, by name."""
        return list(self._ask_pages(Gate, "/gates", project=project))

    # --- projects ---------------------------------------------------------------------------------------------

    def project_overviews(self, *, archived: bool = False) -> Sequence[ProjectOverview]:
        """Return every project and how many nodes of each kind are in it; the archived ones only if asked for."""
        return list(self._ask_pages(ProjectOverview, "/project-overviews", archived=archived))

    def project_overview(self, project: NodeId | str) -> ProjectOverview:
        """Return a project, by its name or node, and how many nodes of each kind are in it."""
        return self._ask(ProjectOverview, "GET", f"/projects/{self._project_id(project).key}")

    def rename_project(self, project: NodeId | str, name: str) -> ProjectOverview:
        """Call a project otherwise; its node and all that is in it stay.

        Raises:
            AlreadyExists: another project has the name.

        """
        return self._ask(ProjectOverview, "PATCH", f"/projects/{self._project_id(project).key}", {"name": name})

    def archive_project(self, project: NodeId | str, *, archived: bool = True) -> ProjectOverview:
        """Archive a project, so that it takes nothing new and is not listed; or bring it back."""
        path = f"/projects/{self._project_id(project).key}"
        return self._ask(ProjectOverview, "PATCH", path, {"archived": archived})

    def project_bytes(self, project: NodeId | str) -> ProjectBytes:
        """Return how many bytes the artifacts and data sets of a project keep."""
        return self._ask(ProjectBytes, "GET", f"/projects/{self._project_id(project).key}/bytes")

    def _project_id(self, project: NodeId | str) -> NodeId:
        if isinstance(project, NodeId) or project.startswith("project/"):
            return node_id(project, "project")
        items = self._ask_document("GET", "/nodes/project", None, name=project, limit=1)["items"]
        if not items:
            raise NotFound(f"there is no project {project!r}")
        return NodeId.parse(items[0]["id"])

    def _deployment_id(self, deployment: AnyDeployment, project: str | None) -> NodeId:
        if isinstance(deployment, Deployment):
            return deployment.node
        if isinstance(deployment, NodeId) or deployment.startswith("deployment/"):
            return node_id(deployment, "deployment")
        return self._tagged(deployment, project)

    def _tagged(self, tag: str, project: str | None) -> NodeId:
        for state in (DeploymentState.ACTIVE.value, None):
            found = next(self.deployments(tag=tag, state=state, project=project, limit=1), None)
            if found is not None:
                return found.node
        raise NotFound(f"there is no deployment of the tag {tag!r}")


def _told(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: plain_document(value) for name, value in body.items() if value is not None}
