"""Questions about the trials of a project or a task, and about how models were trained."""

from collections.abc import Sequence

import falcon

from arangovis.domain.ids import NodeId
from arangovis.domain.wire import to_wire
from arangovis.services.trials.choosing import LIMIT_DEFAULT, RankingAnswer
from arangovis.services.trials.data import NODES_DEFAULT, DatasetsAnswer, DerivedAnswer, InfluencesAnswer
from arangovis.services.trials.techniques import (
    FeatureTechniquesAnswer,
    GainsAnswer,
    MetricGoal,
    TechniquesAnswer,
    TransformationsAnswer,
)
from arangovis.services.trials.training import AsTrained, Recipe
from arangovis.wiring import Arangovis
from arangovis_api.conditional import graph_is_unchanged
from arangovis_api.encode import send
from arangovis_api.operation import operation
from arangovis_api.routes import Route
from arangovis_api.schemas.generated import answer_schema
from arangovis_api.schemas.graph import AtQuery, AtSchema
from arangovis_api.schemas.stewardship import (
    DerivedQuery,
    DerivedSchema,
    EffectSchema,
    GainSchema,
    InfluenceSchema,
    PeriodSchema,
    RankingSchema,
    ScopeSchema,
    TechniqueSchema,
    TrialQuery,
)

TAG = "trials"


def routes(service: Arangovis, root: str) -> Sequence[Route]:
    """Return the routes of these questions."""
    trials, training, node = Trials(service), Training(service), "{kind}/{key}"
    return (
        Route(f"{root}/trials/techniques", trials, "techniques"),
        Route(f"{root}/trials/features", trials, "features"),
        Route(f"{root}/trials/transformations", trials, "effects"),
        Route(f"{root}/trials/gains", trials, "gains"),
        Route(f"{root}/trials/datasets", trials, "datasets"),
        Route(f"{root}/trials/influences", trials, "influences"),
        Route(f"{root}/trials/ranking", trials, "ranking"),
        Route(f"{root}/derived/{node}", training, "derived"),
        Route(f"{root}/as-trained/{node}", training, "trained"),
        Route(f"{root}/recipe/runs/{{key}}", training, "recipe"),
    )


class _Resource:
    def __init__(self, service: Arangovis) -> None:
        self._service = service
        self._questions = service.stewardship


class Trials(_Resource):
    """What was tried for a task, on which data, and what was best."""

    @operation(
        "Read which techniques were tried",
        query=TechniqueSchema,
        answers={200: answer_schema(TechniquesAnswer), 304: None},
        tag=TAG,
    )
    def on_get_techniques(self, req: falcon.Request, resp: falcon.Response, *, query: TrialQuery) -> None:
        """Answer the modelling techniques, with counts of distinct runs and the best by a metric."""
        if not graph_is_unchanged(self._service.store, req, resp):
            send(resp, to_wire(self._questions.techniques.techniques(query.scope, query.measured)))

    @operation(
        "Read which features were engineered",
        query=ScopeSchema,
        answers={200: answer_schema(FeatureTechniquesAnswer), 304: None},
        tag=TAG,
    )
    def on_get_features(self, req: falcon.Request, resp: falcon.Response, *, query: TrialQuery) -> None:
        """Answer the transformations of features, with counts of feature sets and runs."""
        if not graph_is_unchanged(self._service.store, req, resp):
            send(resp, to_wire(self._questions.techniques.features(query.scope)))

    @operation(
        "Read which transformation helps",
        query=EffectSchema,
        answers={200: answer_schema(TransformationsAnswer), 304: None},
        tag=TAG,
    )
    def on_get_effects(self, req: falcon.Request, resp: falcon.Response, *, query: TrialQuery) -> None:
        """Answer a metric with and without each transformation: medians, intervals and counts."""
        if not graph_is_unchanged(self._service.store, req, resp):
            send(resp, to_wire(self._questions.techniques.effects(query.scope, _metric(query))))

    @operation(
        "Read what a feature gained",
        query=GainSchema,
        answers={200: answer_schema(GainsAnswer), 304: None},
        tag=TAG,
    )
    def on_get_gains(self, req: falcon.Request, resp: falcon.Response, *, query: TrialQuery) -> None:
        """Answer the gains of a feature in pairs of runs that differ in nothing else."""
        if not graph_is_unchanged(self._service.store, req, resp):
            send(resp, to_wire(self._questions.techniques.gains(query.scope, query.attribute, _metric(query))))

    @operation(
        "Read which data sets were used",
        query=PeriodSchema,
        answers={200: answer_schema(DatasetsAnswer), 304: None},
        tag=TAG,
    )
    def on_get_datasets(self, req: falcon.Request, resp: falcon.Response, *, query: TrialQuery) -> None:
        """Answer the distinct data sets of the runs that began in a period."""
        if not graph_is_unchanged(self._service.store, req, resp):
            send(resp, to_wire(self._questions.data.datasets(query.scope, query.period)))

    @operation(
        "Read which data sets influence which models",
        query=InfluenceSchema,
        answers={200: answer_schema(InfluencesAnswer), 304: None},
        tag=TAG,
    )
    def on_get_influences(self, req: falcon.Request, resp: falcon.Response, *, query: TrialQuery) -> None:
        """Answer the data sets upstream of each model version, the nearest first."""
        if not graph_is_unchanged(self._service.store, req, resp):
            send(resp, to_wire(self._questions.data.influences(query.scope, limit=query.limit or NODES_DEFAULT)))

    @operation(
        "Read which model is best",
        query=RankingSchema,
        answers={200: answer_schema(RankingAnswer), 304: None},
        tag=TAG,
    )
    def on_get_ranking(self, req: falcon.Request, resp: falcon.Response, *, query: TrialQuery) -> None:
        """Answer the model versions ranked by the metric of their best run, under a filter."""
        if graph_is_unchanged(self._service.store, req, resp):
            return
        limit = query.limit or LIMIT_DEFAULT
        found = self._questions.choosing.ranking(query.scope, _metric(query), where=query.filter, limit=limit)
        send(resp, to_wire(found))


class Training(_Resource):
    """How models were trained, and what came of data."""

    @operation(
        "Read which models came of a data set",
        query=DerivedSchema,
        answers={200: answer_schema(DerivedAnswer), 304: None},
        tag=TAG,
    )
    def on_get_derived(
        self, req: falcon.Request, resp: falcon.Response, *, kind: str, key: str, query: DerivedQuery
    ) -> None:
        """Answer models and deployments; with `active`, what is affected if the data set is withdrawn."""
        if graph_is_unchanged(self._service.store, req, resp):
            return
        node, data = NodeId.of(kind, key), self._questions.data
        send(resp, to_wire(data.derived(node, at=query.at, active_only=query.active, limit=query.limit)))

    @operation(
        "Read how a model was trained", query=AtSchema, answers={200: answer_schema(AsTrained), 304: None}, tag=TAG
    )
    def on_get_trained(
        self, req: falcon.Request, resp: falcon.Response, *, kind: str, key: str, query: AtQuery
    ) -> None:
        """Answer the last training until a time: by whom, on what, with which result."""
        if not graph_is_unchanged(self._service.store, req, resp):
            send(resp, to_wire(self._questions.trainings.as_trained(NodeId.of(kind, key), at=query.at)))

    @operation(
        "Read what doing a run again takes", query=AtSchema, answers={200: answer_schema(Recipe), 304: None}, tag=TAG
    )
    def on_get_recipe(self, req: falcon.Request, resp: falcon.Response, *, key: str, query: AtQuery) -> None:
        """Answer parameters, code, software, seed and inputs of a run, and what of it is missing."""
        if not graph_is_unchanged(self._service.store, req, resp):
            send(resp, to_wire(self._questions.trainings.recipe(NodeId.of("run", key), at=query.at)))


def _metric(query: TrialQuery) -> MetricGoal:
    assert query.measured is not None  # noqa: S101  # the schema requires it
    return query.measured
