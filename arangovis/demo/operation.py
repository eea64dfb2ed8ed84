"""What the team does with its two versions: curves, a comparison, a gate, a deployment, and a watch for odd digits."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from arangovis.client import Client, Projection
from arangovis.client.begin_run import run as begin_run
from arangovis.client.outbox import OutboxOptions
from arangovis.demo.digits import HIDDEN_UNITS, TrainedClassifier
from arangovis.domain.errors import NotFound
from arangovis.services.catalogue import RegisteredVersion

TAG, CHAMPION, GATE, DETECTOR = "digit-reader", "champion", "reads nine of ten", "odd digits"
PILOT = "a pilot in one branch"
"""Why the first version is deployed though a gate refuses it."""
CLASS_BEFORE, TRUTH = "class_before", "truth"
"""Columns of the traffic: what the version before said, and what is right."""
MONTHS = 4
VIEWS = {
    "training curves": "live?filter=tags+%3D+%22curves%22&plot=logs:y|y:loss",
    "best evaluations": "home?q=metrics.accuracy+exists&sort=-metrics.accuracy",
}
"""Addresses that the team comes back to."""
Say = Callable[[str], None]
Release = tuple[RegisteredVersion, TrainedClassifier]


def operate(client: Client, names: tuple[str, str], releases: Sequence[Release], plot: Projection, say: Say) -> None:
    """Act on the versions of a project's model, both named; what an earlier telling did is left as it is.

    `plot` is that of the last version: on the rows in it both versions are compared.
    """
    project, model = names
    if _was_told(client, project, model):
        return
    for version, classifier in releases:
        _log_curves(client, project, version, classifier)
    say("the curves of both trainings are logged, epoch by epoch")
    _compare(client, project, releases, plot, say)
    _watch(client, releases[0][1], say)
    _deploy(client, project, releases, say)
    for name, address in VIEWS.items():
        client.save_view(name, address, project=project)
    say(f"views of the page have names for the team: {', '.join(VIEWS)}")
    client.set_alias(project, model, CHAMPION, releases[-1][0])  # last: it says that all of this was done


def _was_told(client: Client, project: str, model: str) -> bool:
    try:
        return any(alias.name == CHAMPION for alias in client.aliases(project, model))
    except NotFound:
        return False


def _log_curves(client: Client, project: str, version: RegisteredVersion, classifier: TrainedClassifier) -> None:
    name = f"curves of version {version.version}"
    with tempfile.TemporaryDirectory() as spool:
        outbox = OutboxOptions(folder=Path(spool))
        with begin_run(project, name=name, tags=["curves"], client=client, capture=False, outbox=outbox) as run:
            for epoch, loss in enumerate(classifier.losses, 1):
                run.log({"loss": loss}, epoch)


def _compare(client: Client, project: str, releases: Sequence[Release], plot: Projection, say: Say) -> None:
    (old, _), (new, _) = releases
    read = client.edges(plot.run, direction="upstream", edges="input_to")
    sample = next(found.node.id for found in read if found.edge.id.role == "production")
    found = client.compatibility.compare_columns(
        sample,
        h1=CLASS_BEFORE,
        h2="class",
        truth=TRUTH,
        h1_model=old.number,
        h2_model=new.number,
        name="version 2 after version 1",
        project=project,
    )
    say(f"version 2 keeps {found.scores['btc']:.1%} of what version 1 read right (backward trust compatibility)")


def _watch(client: Client, classifier: TrainedClassifier, say: Say) -> None:
    frame = client.anomaly.frame(_csv(classifier.training_embedding), "embeddings of known digits.csv")
    detector = client.anomaly.train(frame, DETECTOR, parameters={"hidden": [16, 4, 16], "epochs": 20}, seed=1)
    scored = client.anomaly.score(detector.number, _csv(classifier.production_embedding))
    odd = int(scored.anomalies.sum())
    say(f"a detector that learnt the known digits finds {odd} of {len(classifier.production_class)} new ones odd")


def _deploy(client: Client, project: str, releases: Sequence[Release], say: Say) -> None:
    client.set_gate(project, GATE, "evaluation.accuracy >= 0.9")
    for (version, classifier), override in zip(releases, (PILOT, None), strict=True):
        _log_evaluation(client, project, version, classifier)
        client.provision(TAG, project=project, state="active", override=override)
    _serve(client, project, releases[-1][1])
    say(f"the gate {GATE!r} refuses version 1, which is deployed all the same: {PILOT!r}; version 2 passes")


def _log_evaluation(client: Client, project: str, version: RegisteredVersion, classifier: TrainedClassifier) -> None:
    from arangovis.domain.work import Input
    from arangovis.services.run_log import LoggedRun

    accuracy = round(classifier.accuracy, 4)
    client.log_run(
        LoggedRun(
            method="evaluation.mlp",
            project=project,
            key=f"evaluate-digits-{version.version}",
            name=f"evaluation of version {version.version}",
            params={"hidden_units": HIDDEN_UNITS},
            metrics={"accuracy": accuracy},
            evaluation={"accuracy": accuracy},
            deployment_tag=TAG,
            inputs=(Input(version.node, "model"),),
        )
    )


def _serve(client: Client, project: str, classifier: TrainedClassifier) -> None:
    """Log how much of each quarter of the traffic was read right, as if a quarter had come each month."""
    right = classifier.production_class == classifier.production_truth
    for month, part in enumerate(np.array_split(right, MONTHS), 1):
        period = {"start": f"2026-{month:02d}-01", "end": f"2026-{month:02d}-28"}
        client.log_serving_performance(TAG, {"accuracy": round(float(part.mean()), 4)}, project=project, **period)


def _csv(rows: np.ndarray) -> bytes:
    names = ",".join(f"unit_{unit:02d}" for unit in range(rows.shape[1]))
    return f"{names}\n{chr(10).join(','.join(f'{value:.5g}' for value in row) for row in rows)}\n".encode()
