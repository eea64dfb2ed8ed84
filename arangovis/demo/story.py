"""What the demo does, step by step: two people of one team and their model. Each step says what it did."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from arangovis.client import Client, Projection, signature_field
from arangovis.demo.digits import HIDDEN_UNITS, SIDE, TrainedClassifier, train
from arangovis.demo.operation import CLASS_BEFORE, TRUTH, operate
from arangovis.domain.catalogue import Signature
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Scalar
from arangovis.domain.work import Input
from arangovis.services.catalogue import RegisteredVersion
from arangovis.services.run_log import LoggedRun, Output

PROJECT, MODEL = "digits", "digit classifier"
METHOD = "umap"
BEFORE: Mapping[str, Scalar] = {"n_neighbours": 15, "min_dist": 0.1}
AFTER: Mapping[str, Scalar] = {"n_neighbours": 40, "min_dist": 0.3}
Say = Callable[[str], None]
ConnectAs = Callable[[str], Client]

SIGNATURE = Signature(
    inputs=(signature_field("pixels", "float32", "IMAGE", (SIDE, SIDE)),),
    outputs=(
        signature_field("embedding", "float32", "NONE", (1, HIDDEN_UNITS)),
        signature_field("class", "int64", "NOMINAL"),
        signature_field("confidence", "float64", "NUMERICAL"),
    ),
)


@dataclass(frozen=True, slots=True)
class Told:
    """What the story left behind."""

    first: RegisteredVersion
    second: RegisteredVersion
    before: Projection
    after: Projection
    of_second: Projection


def tell(connect_as: ConnectAs, say: Say) -> Told:
    """Act as two people of one team. Telling it again finds everything there and changes nothing."""
    with connect_as("ada") as ada, connect_as("grace") as grace:
        ada.register_project(PROJECT)
        ada.register_model(PROJECT, MODEL)
        if ada.model_versions(limit=1).items:
            say("(this was told here before: everything is found again, and nothing is made twice)")
        early, late = train(epochs=15, seed=1), train(epochs=60, seed=2)
        first = _release(ada, "ada", "1", early, say)
        second = _release(grace, "grace", "2", late, say, before=early)
        say("ada asks for a plot of version 1 (the first one takes a while: UMAP is compiled)")
        before = _plot(ada, first, BEFORE)
        _describe(before, say)
        say("grace changes n_neighbours from 15 to 40 and min_dist from 0.1 to 0.3, and asks again")
        after = _plot(grace, first, AFTER)
        _describe(after, say)
        say("grace asks for a plot of version 2")
        of_second = grace.project(second, METHOD)
        _describe(of_second, say)
        operate(grace, (PROJECT, MODEL), ((first, early), (second, late)), of_second, say)
    return Told(first, second, before, after, of_second)


def _release(
    client: Client,
    actor: str,
    version: str,
    classifier: TrainedClassifier,
    say: Say,
    *,
    before: TrainedClassifier | None = None,
) -> RegisteredVersion:
    registered = client.register_model_version(PROJECT, MODEL, SIGNATURE, version=version)
    training = client.put_training_data(
        registered,
        {
            "pixels": classifier.training_pixels,
            "class": classifier.training_class,
            "embedding": classifier.training_embedding,
        },
    )
    production = client.append_production_data(registered, _traffic(classifier, version, before))
    client.register_metric_spec(registered, "novelty", threshold=round(classifier.novelty_threshold, 3))
    _log_training(client, registered, training.node, classifier)
    say(
        f"{actor} trains version {version} of the {MODEL} on {training.rows} digits (model version id "
        f"{registered.number}) and sends {production.rows} it never saw as traffic: "
        f"{classifier.accuracy:.1%} classified right"
    )
    return registered


def _traffic(classifier: TrainedClassifier, version: str, before: TrainedClassifier | None) -> dict[str, object]:
    """Return the rows; of what the version before said of them, too, if there was one."""
    count = len(classifier.production_class)
    earlier = {} if before is None else {CLASS_BEFORE: before.production_class}
    return {
        "_id": [f"digit-{version}-{row:04d}" for row in range(count)],
        "pixels": classifier.production_pixels,
        "class": classifier.production_class,
        **earlier,
        TRUTH: classifier.production_truth,
        "confidence": np.round(classifier.production_confidence, 6),
        "novelty": np.round(classifier.production_novelty, 6),
        "embedding": classifier.production_embedding,
    }


def _log_training(client: Client, version: RegisteredVersion, training: NodeId, classifier: TrainedClassifier) -> None:
    client.log_run(
        LoggedRun(
            method="training.mlp",
            project=PROJECT,
            key=f"train-digits-{version.version}",
            name=f"training of {MODEL} {version.version}",
            params={"hidden_units": HIDDEN_UNITS, "epochs": classifier.epochs, "seed": classifier.seed},
            metrics={"accuracy": round(classifier.accuracy, 4)},
            inputs=(Input(training, "training"),),
            outputs=(Output("model", version.node),),
        )
    )


def _plot(client: Client, version: RegisteredVersion, values: Mapping[str, Scalar]) -> Projection:
    """Put parameters in force and return their plot; if an earlier telling did so, return the plot it got."""
    for revision in client.params_history(version, METHOD):
        if not revision.current and revision.runs and values.items() <= revision.params.values.items():
            return client.wait_projection(revision.runs[-1])
    client.set_params(version, METHOD, parameters=values)
    return client.project(version, METHOD)


def _describe(projection: Projection, say: Say) -> None:
    rows, components = projection.result["data_shape"]
    score = projection.metrics.get("global_score")
    shown = f", global score {score:.3f}" if isinstance(score, float) else ""
    say(f"  a worker projected {rows} rows to {components} dimensions{shown}")
