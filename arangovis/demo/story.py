"""What the demo does, step by step, over REST: each step says what it did."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from arangovis.client import Client, Projection, connect, signature_field
from arangovis.demo.digits import HIDDEN_UNITS, TrainedClassifier, train
from arangovis.domain.catalogue import Signature
from arangovis.domain.ids import NodeId
from arangovis.services.catalogue import RegisteredVersion
from arangovis.services.run_log import LoggedRun, Output
from arangovis.services.runs import Input

PROJECT, MODEL = "digits", "digit classifier"
METHOD = "umap"
Say = Callable[[str], None]

SIGNATURE = Signature(
    inputs=(signature_field("pixels", "float32", "NUMERICAL", (64,)),),
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


def tell(url: str, token: str | None, say: Say) -> Told:
    """Act as two people of one team against a server. Telling it again changes nothing."""
    ada, grace = (connect(url, token=token, actor=name) for name in ("ada", "grace"))
    with ada, grace:
        ada.register_project(PROJECT)
        ada.register_model(PROJECT, MODEL)
        first = _release(ada, "1", train(epochs=15, seed=1), say)
        second = _release(grace, "2", train(epochs=60, seed=2), say)
        ada.set_params(first.number, METHOD, parameters={"n_neighbours": 15, "min_dist": 0.1})
        before = _project(ada, first, say)
        grace.set_params(first.number, METHOD, parameters={"n_neighbours": 40, "min_dist": 0.3})
        say("grace changed n_neighbours from 15 to 40 and min_dist from 0.1 to 0.3")
        after = _project(grace, first, say)
        of_second = _project(grace, second, say)
    return Told(first, second, before, after, of_second)


def _release(client: Client, version: str, classifier: TrainedClassifier, say: Say) -> RegisteredVersion:
    registered = client.register_model_version(PROJECT, MODEL, SIGNATURE, version=version)
    number = registered.number
    training = client.put_training_data(
        number, {"class": classifier.training_class, "embedding": classifier.training_embedding}
    )
    production = client.append_production_data(number, _traffic(classifier, version))
    client.register_metric_spec(number, "novelty", threshold=round(classifier.novelty_threshold, 3))
    _log_training(client, registered, training.node, classifier)
    say(
        f"{MODEL} {version} has the id {number}: {training.rows} training rows, {production.rows} rows of traffic, "
        f"{classifier.accuracy:.1%} of the traffic classified right"
    )
    return registered


def _traffic(classifier: TrainedClassifier, version: str) -> dict[str, object]:
    count = len(classifier.production_class)
    return {
        "_id": [f"digit-{version}-{row:04d}" for row in range(count)],
        "class": classifier.production_class,
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


def _project(client: Client, version: RegisteredVersion, say: Say) -> Projection:
    projection = client.project(version.number, METHOD)
    rows, components = projection.result["data_shape"]
    score = projection.metrics.get("global_score")
    shown = f"{score:.3f}" if isinstance(score, float) else score
    say(f"projected {rows} rows of version {version.version} to {components} dimensions, global score {shown}")
    return projection
