"""What was tried: modelling techniques, feature engineering, and whether either helped."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.ids import NodeId
from arangovis.domain.views import items, optional_text
from arangovis.services.trials.statistics import Summary, sign_test, summary
from arangovis.services.trials.trials import Trial, Trials, TrialScope, TrialTable


class Goal(StrEnum):
    """Which values of a metric are better."""

    MAXIMISE = "maximise"
    MINIMISE = "minimise"


@dataclass(frozen=True, slots=True)
class MetricGoal:
    """A metric, and which way it gets better."""

    name: str
    goal: Goal = Goal.MAXIMISE

    def best(self, values: Iterable[float]) -> float | None:
        """Return the best of some values, None of none."""
        return (max if self.goal is Goal.MAXIMISE else min)(values, default=None)


@dataclass(frozen=True, slots=True)
class Technique:
    """A technique: how many runs tried it, on how many models and data sets, and the best run by the metric."""

    technique: str
    runs: int
    models: int
    datasets: int
    best: float | None
    best_run: NodeId | None


@dataclass(frozen=True, slots=True)
class TechniquesAnswer:
    """The techniques of a scope, the most tried first."""

    techniques: tuple[Technique, ...]
    runs: int
    partial_reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FeatureTechnique:
    """A transformation of features: in how many feature sets, on how many features, and how many runs read them."""

    transformation: str
    featuresets: int
    features: int
    runs: int


@dataclass(frozen=True, slots=True)
class FeatureTechniquesAnswer:
    """The transformations of a scope, the most used first."""

    transformations: tuple[FeatureTechnique, ...]
    runs: int
    partial_reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TransformationEffect:
    """A metric with and without a transformation, over runs on data sets where both were tried.

    `difference` is that of the medians, so that more is better, whatever the goal; None if one side is empty.
    """

    transformation: str
    datasets: int
    used: Summary
    unused: Summary
    difference: float | None


@dataclass(frozen=True, slots=True)
class TransformationsAnswer:
    """Which transformation helps, the one that helps most first."""

    metric: str
    goal: Goal
    effects: tuple[TransformationEffect, ...]
    partial_reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PairedGain:
    """Two runs that differ in one feature: the metric without and with it; `gain` is positive if it got better."""

    without_run: NodeId
    with_run: NodeId
    technique: str
    before: float
    after: float
    gain: float


@dataclass(frozen=True, slots=True)
class GainsAnswer:
    """What a feature gained, in pairs of runs of one technique, on the same data, with equal parameters and else equal
    features. `p_value` is that of the sign test; `unpaired` runs have the feature, and no run to be compared with.
    """

    attribute: str
    metric: str
    goal: Goal
    pairs: tuple[PairedGain, ...]
    gain: Summary
    better: int
    worse: int
    p_value: float | None
    unpaired: tuple[NodeId, ...]
    partial_reasons: tuple[str, ...]


class Techniques:
    """Answers what was tried, and what helped."""

    def __init__(self, trials: Trials) -> None:
        self._trials = trials

    def techniques(self, scope: TrialScope, metric: MetricGoal | None = None) -> TechniquesAnswer:
        """Return the modelling techniques of a scope.

        Raises:
            NotFound: there is no such project.

        """
        table = self._trials.of(scope)
        groups = _grouped((trial.technique, trial) for trial in table.trials)
        found = [_technique(name, trials, metric) for name, trials in groups.items()]
        found.sort(key=lambda technique: (-technique.runs, technique.technique))
        return TechniquesAnswer(tuple(found), len(table.trials), table.partial_reasons)

    def features(self, scope: TrialScope) -> FeatureTechniquesAnswer:
        """Return the feature-engineering techniques of a scope.

        Raises:
            NotFound: there is no such project.

        """
        table = self._trials.of(scope)
        used = _transformations(table)
        runs = _grouped((name, trial) for trial in table.trials for name in _of_trial(trial, used))
        names = {name for found in used.values() for name in found}
        answers = [_feature_technique(name, used, len(runs.get(name, ()))) for name in names]
        answers.sort(key=lambda found: (-found.runs, found.transformation))
        return FeatureTechniquesAnswer(tuple(answers), len(table.trials), table.partial_reasons)

    def effects(self, scope: TrialScope, metric: MetricGoal) -> TransformationsAnswer:
        """Return which transformation of features helps.

        Raises:
            NotFound: there is no such project.

        """
        table = self._trials.of(scope)
        used = _transformations(table)
        measured = [(t, t.metrics[metric.name], _of_trial(t, used)) for t in table.trials if metric.name in t.metrics]
        names = {name for _, _, found in measured for name in found}
        effects = [_effect(name, measured, metric) for name in sorted(names)]
        effects.sort(key=lambda effect: -(effect.difference if effect.difference is not None else float("-inf")))
        return TransformationsAnswer(metric.name, metric.goal, tuple(effects), table.partial_reasons)

    def gains(self, scope: TrialScope, attribute: str, metric: MetricGoal) -> GainsAnswer:
        """Return what adding a feature gained.

        Raises:
            NotFound: there is no such project.
            InvalidInput: no feature set of the scope has such a feature.

        """
        table = self._trials.of(scope)
        features = {node: _feature_names(table, node) for trial in table.trials for node in trial.featuresets}
        if not any(attribute in names for names in features.values()):
            raise InvalidInput.of(Fault("attribute", f"{attribute[:80]!r} is a feature of no run in question"))
        pairs, unpaired = _paired(table, features, attribute, metric)
        gains = [pair.gain for pair in pairs]
        return GainsAnswer(
            attribute=attribute,
            metric=metric.name,
            goal=metric.goal,
            pairs=tuple(pairs),
            gain=summary(gains),
            better=sum(gain > 0 for gain in gains),
            worse=sum(gain < 0 for gain in gains),
            p_value=sign_test(gains),
            unpaired=tuple(unpaired),
            partial_reasons=table.partial_reasons,
        )


def _grouped(pairs: Iterable[tuple[str, Trial]]) -> Mapping[str, list[Trial]]:
    found: dict[str, list[Trial]] = {}
    for name, trial in pairs:
        found.setdefault(name, []).append(trial)
    return found


def _technique(name: str, trials: Sequence[Trial], metric: MetricGoal | None) -> Technique:
    measured = {} if metric is None else {t.metrics[metric.name]: t.run for t in trials if metric.name in t.metrics}
    best = None if metric is None else metric.best(measured)
    return Technique(
        technique=name,
        runs=len(trials),
        models=len({trial.model for trial in trials}),
        datasets=len({dataset for trial in trials for dataset in trial.datasets}),
        best=best,
        best_run=None if best is None else measured[best],
    )


# --- transformations ----------------------------------------------------------------------------------------------


def _transformations(table: TrialTable) -> Mapping[NodeId, Mapping[str, frozenset[str]]]:
    """Return, by feature set, the transformations of its features and of the edges that it was derived over."""
    found: dict[NodeId, dict[str, set[str]]] = {}
    for node_id, node in table.nodes.items():
        if node_id.kind == "featureset":
            own = found.setdefault(node_id, {})
            for name, transformation in _declared(node.attributes.get("features")):
                own.setdefault(transformation, set()).add(name)
    for edge in table.derived:
        own = found.setdefault(edge.id.target, {})
        whole = optional_text(edge.attributes, "transformation")
        if whole is not None:
            own.setdefault(whole, set())
        for column in items(edge.attributes, "columns"):
            if isinstance(column, Mapping) and isinstance(column.get("transform"), str):
                own.setdefault(str(column["transform"]), set()).add(str(column.get("to")))
    return {node: {name: frozenset(names) for name, names in own.items()} for node, own in found.items()}


def _declared(features: object) -> Iterator[tuple[str, str]]:
    for feature in features if isinstance(features, list | tuple) else ():
        if isinstance(feature, Mapping) and isinstance(feature.get("transformation"), str):
            yield str(feature.get("name")), str(feature["transformation"])


def _of_trial(trial: Trial, used: Mapping[NodeId, Mapping[str, frozenset[str]]]) -> frozenset[str]:
    return frozenset(name for featureset in trial.featuresets for name in used.get(featureset, ()))


def _feature_technique(name: str, used: Mapping[NodeId, Mapping[str, frozenset[str]]], runs: int) -> FeatureTechnique:
    holders = {node: own[name] for node, own in used.items() if name in own}
    return FeatureTechnique(name, len(holders), len({f for names in holders.values() for f in names}), runs)


def _effect(
    name: str, measured: Sequence[tuple[Trial, float, frozenset[str]]], metric: MetricGoal
) -> TransformationEffect:
    used = [(trial.datasets, value) for trial, value, found in measured if name in found]
    unused = [(trial.datasets, value) for trial, value, found in measured if name not in found]
    both = {datasets for datasets, _ in used} & {datasets for datasets, _ in unused}
    with_it = summary([value for datasets, value in used if datasets in both])
    without = summary([value for datasets, value in unused if datasets in both])
    if not both:
        return TransformationEffect(name, 0, summary([value for _, value in used]), without, None)
    return TransformationEffect(name, len(both), with_it, without, _better_by(metric, without.median, with_it.median))


def _better_by(metric: MetricGoal, before: float | None, after: float | None) -> float | None:
    if before is None or after is None:
        return None
    return after - before if metric.goal is Goal.MAXIMISE else before - after


# --- gains --------------------------------------------------------------------------------------------------------


def _feature_names(table: TrialTable, node_id: NodeId) -> frozenset[str]:
    node = table.nodes.get(node_id)
    if node is None:
        return frozenset()
    declared = items(node.attributes, "features")
    named = (str(feature["name"]) for feature in declared if isinstance(feature, Mapping) and "name" in feature)
    return frozenset((*named, *(str(name) for name in items(node.attributes, "feature_names"))))


def _paired(
    table: TrialTable, features: Mapping[NodeId, frozenset[str]], attribute: str, metric: MetricGoal
) -> tuple[list[PairedGain], list[NodeId]]:
    """Pair the runs of each group in order of time."""
    groups: dict[object, tuple[list[Trial], list[Trial]]] = {}
    for trial in table.trials:
        names = frozenset(name for node in trial.featuresets for name in features[node])
        if metric.name in trial.metrics and names:
            key = (trial.technique, trial.datasets, trial.params_digest, names - {attribute})
            groups.setdefault(key, ([], []))[attribute in names].append(trial)
    pairs, unpaired = [], []
    for without, with_it in groups.values():
        pairs += [_pair(a, b, metric) for a, b in zip(without, with_it, strict=False)]
        unpaired += [trial.run for trial in with_it[len(without) :]]
    return pairs, unpaired


def _pair(without: Trial, with_it: Trial, metric: MetricGoal) -> PairedGain:
    before, after = without.metrics[metric.name], with_it.metrics[metric.name]
    gain = after - before if metric.goal is Goal.MAXIMISE else before - after
    return PairedGain(without.run, with_it.run, without.technique, before, after, gain)
