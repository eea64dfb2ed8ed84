"""Questions about the trials of a project or a task, each one call; `docs/reference/questions.md` lists them."""

from typing import Any, TypeAlias, TypedDict, Unpack

from arangovis.client.asking import Asking
from arangovis.client.values import AnyTime, microseconds, node_id
from arangovis.domain.ids import NodeId
from arangovis.services.trials.choosing import RankingAnswer
from arangovis.services.trials.data import DatasetsAnswer, DerivedAnswer, InfluencesAnswer
from arangovis.services.trials.techniques import (
    FeatureTechniquesAnswer,
    GainsAnswer,
    TechniquesAnswer,
    TransformationsAnswer,
)
from arangovis.services.trials.training import AsTrained, Recipe

AnyNode: TypeAlias = NodeId | str


class _Ranking(TypedDict, total=False):
    goal: str | None
    limit: int | None
    at: AnyTime | None


class TrialQuestions(Asking):
    """A trial is a run that trained or measured a model. `project` is a project's name; a model is of a `task` if its
    attribute `task` or one of its tags says so. `goal` is `maximise` or `minimise`. `at` asks as of a time.
    """

    def techniques(
        self,
        *,
        project: str | None = None,
        task: str | None = None,
        metric: str | None = None,
        goal: str | None = None,
        at: AnyTime | None = None,
    ) -> TechniquesAnswer:
        """Return the modelling techniques, with counts of distinct runs and the best run by a metric."""
        query = {**_scope(project, task, at), "metric": metric, "goal": goal}
        return self._ask(TechniquesAnswer, "GET", "/trials/techniques", **query)

    def feature_techniques(
        self, *, project: str | None = None, task: str | None = None, at: AnyTime | None = None
    ) -> FeatureTechniquesAnswer:
        """Return the transformations of features, with counts of feature sets and runs."""
        return self._ask(FeatureTechniquesAnswer, "GET", "/trials/features", **_scope(project, task, at))

    def transformation_effects(
        self,
        metric: str,
        *,
        project: str | None = None,
        task: str | None = None,
        goal: str | None = None,
        at: AnyTime | None = None,
    ) -> TransformationsAnswer:
        """Return a metric with and without each transformation of features: medians, intervals, counts."""
        query = {**_scope(project, task, at), "metric": metric, "goal": goal}
        return self._ask(TransformationsAnswer, "GET", "/trials/transformations", **query)

    def feature_gains(
        self,
        attribute: str,
        metric: str,
        *,
        project: str | None = None,
        task: str | None = None,
        goal: str | None = None,
        at: AnyTime | None = None,
    ) -> GainsAnswer:
        """Return what adding a feature gained, in pairs of runs that differ in nothing else."""
        query = {**_scope(project, task, at), "attribute": attribute, "metric": metric, "goal": goal}
        return self._ask(GainsAnswer, "GET", "/trials/gains", **query)

    def datasets_used(
        self,
        *,
        project: str | None = None,
        task: str | None = None,
        start: AnyTime | None = None,
        end: AnyTime | None = None,
        at: AnyTime | None = None,
    ) -> DatasetsAnswer:
        """Return the distinct data sets of the runs that began in a period: from `start` until before `end`."""
        query = {**_scope(project, task, at), "start": microseconds(start), "end": microseconds(end)}
        return self._ask(DatasetsAnswer, "GET", "/trials/datasets", **query)

    def dataset_influences(
        self,
        *,
        project: str | None = None,
        task: str | None = None,
        at: AnyTime | None = None,
        limit: int | None = None,
    ) -> InfluencesAnswer:
        """Return which data sets influence which model versions, the nearest first."""
        return self._ask(InfluencesAnswer, "GET", "/trials/influences", **_scope(project, task, at), limit=limit)

    def derived_models(
        self, dataset: AnyNode, *, active: bool = False, at: AnyTime | None = None, limit: int | None = None
    ) -> DerivedAnswer:
        """Return the models and deployments that came of a data set.

        With `active`, what is affected if it is withdrawn: deployments in service, and the models that they serve.
        """
        query: dict[str, Any] = {"active": True if active else None, "at": microseconds(at), "limit": limit}
        return self._ask(DerivedAnswer, "GET", f"/derived/{node_id(dataset)}", **query)

    def as_trained(self, model: AnyNode, *, at: AnyTime | None = None) -> AsTrained:
        """Return how a model, or one version of it, was trained last until a time: by whom, on what, how well."""
        return self._ask(AsTrained, "GET", f"/as-trained/{node_id(model)}", at=microseconds(at))

    def recipe(self, run: AnyNode, *, at: AnyTime | None = None) -> Recipe:
        """Return all that doing a run again takes, and what of it is missing."""
        return self._ask(Recipe, "GET", f"/recipe/runs/{node_id(run, 'run').key}", at=microseconds(at))

    def model_ranking(
        self,
        metric: str,
        *,
        project: str | None = None,
        task: str | None = None,
        where: str | None = None,
        **given: Unpack[_Ranking],
    ) -> RankingAnswer:
        """Return the model versions ranked by the metric of their best run, under a filter over the runs.

        `goal`, `limit` (candidates at most) and `at` may be given too.
        """
        query: dict[str, Any] = {
            "metric": metric,
            "filter": where,
            "goal": given.get("goal"),
            "limit": given.get("limit"),
        }
        return self._ask(RankingAnswer, "GET", "/trials/ranking", **_scope(project, task, given.get("at")), **query)


def _scope(project: str | None, task: str | None, at: AnyTime | None) -> dict[str, Any]:
    return {"project": project, "task": task, "at": microseconds(at)}
