"""Asking for projections, and reading their answers.

`plottable` answers with the newest success for the parameters in force, whatever traffic arrived since; only without
one it asks for a run. `recompute` freezes a new sample of the traffic and always asks for a run.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from arangovis.domain.catalogue import ModelVersion, ProjectionParams
from arangovis.domain.errors import Conflict, NoData
from arangovis.domain.graph import Caller, Direction
from arangovis.domain.ids import NodeId
from arangovis.domain.json import JsonValue
from arangovis.domain.runs import Run, RunState
from arangovis.domain.views import optional_text
from arangovis.projections.registry import projector
from arangovis.services.catalogue import Catalogue
from arangovis.services.lineage.bulk import live_nodes
from arangovis.services.params import ParamsHistory
from arangovis.services.projections.aligning import REFERENCE
from arangovis.services.projections.answers import Answers, Job, StoredFile, shows_the_same
from arangovis.services.projections.parameters import (
    METHOD_PREFIX,
    check_rows_measurable,
    default_params,
    read_params,
)
from arangovis.services.projections.requests import Ask, question_of, refused_request, run_name, run_request
from arangovis.services.projections.samples import Sample, Samples, Sampling, is_fresh
from arangovis.services.projections.support import Support, support_of
from arangovis.services.runs import Runs
from arangovis.stores.base import GraphStore
from arangovis.stores.transaction import Transaction

__all__ = ["METHOD_PREFIX", "Job", "Projections", "StoredFile", "Support"]


PREDECESSORS_MAX = 5
"""How many versions of a model are looked at for a layout that a new one is to resemble."""


class Projections:
    """Projections of model versions."""

    def __init__(
        self,
        store: GraphStore,
        *,
        catalogue: Catalogue,
        params: ParamsHistory,
        samples: Samples,
        answers: Answers,
        runs: Runs,
    ) -> None:
        self._store = store
        self._catalogue = catalogue
        self._params = params
        self._samples = samples
        self._answers = answers
        self._runs = runs

    # --- parameters -------------------------------------------------------------------------------------------

    def params(self, version: ModelVersion, method: str) -> ProjectionParams:
        """Return the parameters in force, defaults if none were set.

        Raises:
            InvalidInput: there is no such method.

        """
        return self._params.current(version, method, default_params(projector(method)))

    def set_params(self, version: ModelVersion, method: str, body: Mapping[str, JsonValue], caller: Caller) -> NodeId:
        """Put parameters in force: a full replacement, what is left out of the optional ones goes back to default.

        Raises:
            InvalidInput: it names everything that is wrong at once; nothing is stored.

        """
        params = read_params(projector(method), body, dimensions=version.signature.embedding_dimension)
        return self._params.set(version, method, params, caller)

    # --- asking -----------------------------------------------------------------------------------------------

    def support(self, version: ModelVersion) -> Support:
        """Say whether a model version can be projected now."""
        production, training = self._samples.production(version), self._samples.training(version)
        has_embedder = self._samples.embedder(version) is not None
        return support_of(version, production=production, training=training, embedder=has_embedder)

    def plottable(self, version: ModelVersion, method: str, caller: Caller, *, periods: Sequence[NodeId] = ()) -> Run:
        """Return the run that answers the parameters in force: a success, one under way, or a new one.

        `periods` are data sets that are placed in the same plot, such as last month's traffic.

        Raises:
            InvalidInput: there is no such method, or a period cannot be shown.

        """
        self._samples.check_periods(periods)
        try:
            return self._plottable(self._ask(version, method, caller, periods))
        except Conflict:  # parameters were set for the first time in the midst of it; now they are in force
            return self._plottable(self._ask(version, method, caller, periods))

    def _plottable(self, ask: Ask) -> Run:
        successes = self._answers.successes(ask.question)
        answer = next((run for run in successes if shows_the_same(run, ask.params, ask.specs)), None)
        if answer is not None and self._answers.is_intact(answer):
            return answer
        # Other metrics on the same layout, or damaged files: what is still good of the earlier run is used again.
        basis = answer or next(iter(successes), None)
        return self._request(replace(self._built_on(ask, basis), repairs=answer is not None))

    def recompute(self, version: ModelVersion, method: str, caller: Caller, *, refit: bool) -> Run:
        """Ask for a run on a new sample of the traffic; without `refit` on the transformer of the newest success.

        Raises:
            InvalidInput: there is no such method.

        """
        try:
            return self._recompute(self._ask(version, method, caller), refit=refit)
        except Conflict:  # as above
            return self._recompute(self._ask(version, method, caller), refit=refit)

    def _recompute(self, ask: Ask, *, refit: bool) -> Run:
        forced = replace(ask, resample=True, refit=refit)
        basis = None if refit else next(iter(self._answers.successes(ask.question)), None)
        return self._request(self._built_on(forced, basis))

    def _ask(self, version: ModelVersion, method: str, caller: Caller, periods: Sequence[NodeId] = ()) -> Ask:
        engine = projector(method)
        node = self._params.in_force(version, method)
        params = default_params(engine) if node is None else ProjectionParams.of(self._store.get(node).attributes)
        check_rows_measurable(params.values, version.signature.embedding_dimension)
        embedder = self._samples.embedder(version)
        return Ask(
            version,
            engine,
            params,
            caller,
            question_of(version, engine, params, self._samples.training(version), embedder, periods),
            params_node=node,
            embedder=embedder,
            periods=tuple(periods),
            specs=self._catalogue.metric_specs(version),
        )

    def _built_on(self, ask: Ask, basis: Run | None) -> Ask:
        if basis is None or not self._answers.samples_exist(basis):
            return replace(ask, reference=self._predecessor(ask))
        reference = optional_text(basis.options, REFERENCE)
        sound = reference is not None and self._answers.is_sound(NodeId.parse(reference))
        kept = NodeId.parse(reference) if reference is not None and sound else None
        return replace(ask, basis=basis, transformer=self._answers.transformer(basis), reference=kept)

    def _predecessor(self, ask: Ask) -> NodeId | None:
        """Return the newest layout of the model by this method, of this version or else of the ones before it."""
        if not ask.engine.turns_freely:
            return None
        version: ModelVersion | None = ask.version
        for _ in range(PREDECESSORS_MAX):
            if version is None:
                return None
            found = self._answers.newest(version.id, run_name(ask.engine, version), METHOD_PREFIX + ask.engine.name)
            if found is not None:
                return self._answers.layout(found)
            version = self._version_before(version)
        return None

    def _version_before(self, version: ModelVersion) -> ModelVersion | None:
        edges = self._store.edges_of((version.id,), Direction.UPSTREAM, ("succeeded_by",))
        there = live_nodes(self._store, (edge.id.source for edge in edges))
        return next(map(ModelVersion.of, there.values()), None)

    def _request(self, ask: Ask) -> Run:
        support = self.support(ask.version)
        if not support.supported:
            return self._refuse(ask, support)
        if ask.resample:
            sequence = f"generation {ask.version.id} {ask.engine.name}"
            ask = replace(ask, generation=self._store.transact(lambda tx: tx.next_number(sequence), ask.caller))
        wanted = _sampling(ask)
        try:
            samples = self._samples.choose(wanted)
        except NoData as error:
            return self._refuse(ask, Support(False, error.detail, RunState.NO_DATA))
        return self._store.transact(lambda tx: self._write(tx, ask, wanted, samples), ask.caller)

    def _write(self, transaction: Transaction, ask: Ask, wanted: Sampling, samples: list[Sample]) -> Run:
        params = ask.params_node
        if params is None:
            params = self._params.write_first(transaction, ask.version, ask.engine.name, ask.params)
        ready = [self._samples.write(transaction, item, fresh=is_fresh(wanted, item.role)) for item in samples]
        return self._runs.request(transaction, run_request(ask, params, ready))[0]

    def _refuse(self, ask: Ask, support: Support) -> Run:
        return self._store.transact(
            lambda tx: self._runs.refuse(tx, refused_request(ask), support.state, message=support.message), ask.caller
        )

    # --- answers ----------------------------------------------------------------------------------------------

    def job(self, run_id: NodeId) -> Job:
        """Return what a poll shows.

        Raises:
            NotFound: there is no such projection run.

        """
        return self._answers.job(run_id)

    def content(self, file: StoredFile | None) -> bytes:
        """Return the verified bytes of a file of a finished job.

        Raises:
            NotFound: there is none.
            IntegrityError: the stored bytes are damaged or gone.

        """
        return self._answers.content(file)


def _sampling(ask: Ask) -> Sampling:
    return Sampling(
        ask.version,
        ask.params,
        ask.generation,
        ask.caller,
        basis=ask.basis,
        fresh_production=ask.resample,
        fresh_training=ask.resample and ask.refit,
        periods=ask.periods,
    )
