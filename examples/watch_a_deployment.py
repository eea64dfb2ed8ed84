"""A model in service for 22 months: when did its data begin to shift, what moved, and what is affected?

A classifier of handwritten digits is deployed from a tagged run. Every month its traffic is scored and the performance
logged beside that of the development. From month 16 on the scanner sits a pixel too far left. The drop shows in the
figures; that the data moved, and where, is found without any label.

    python examples/watch_a_deployment.py [FOLDER]

FOLDER keeps the store; without one it is a temporary folder.
"""

import sys
import tempfile

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

import arangovis as av

TRAINED, SEEN, PERIODS, MOVED_FROM = 600, 917, 22, 16
DROP_MAX = 0.15


def ink_of(images: np.ndarray) -> bytes:
    """Return how much ink each row and each column of the images has, as a CSV file."""
    names = [f"ink_of_{side}_{number}" for side in ("row", "column") for number in range(8)]
    ink = np.hstack([images.sum(axis=2), images.sum(axis=1)])
    return "\n".join([",".join(names), *(",".join(map(str, row)) for row in ink.tolist())]).encode()


def main(home: str) -> None:
    """Deploy, serve, watch."""
    digits = load_digits()
    mixed = np.random.default_rng(0).permutation(len(digits.images))  # they lie in order of who wrote them
    images, classes = digits.images[mixed] / 16, digits.target[mixed]
    pixels = images.reshape(-1, 64)
    model = LogisticRegression(max_iter=300).fit(pixels[:TRAINED], classes[:TRAINED])
    known = model.score(pixels[TRAINED:SEEN], classes[TRAINED:SEEN])
    months = np.array_split(np.arange(SEEN, len(images)), PERIODS)

    with av.connect(home=home, actor="ada") as client:
        client.register_project("post")
        client.register_model("post", "zip code")
        signature = av.Signature(outputs=(av.signature_field("digit", "int64", "NOMINAL"),))
        version = client.register_model_version("post", "zip code", signature)
        train = client.anomaly.frame(ink_of(images[:SEEN]), "training.csv")
        client.log_run(
            av.LoggedRun(
                "training",
                project="post",
                deployment_tag="sorting",
                evaluation={"accuracy": known},
                inputs=(av.Input(train, "train"), av.Input(version.node, "model")),
            )
        )
        deployment = client.provision("sorting", state="active")

        for number, rows in enumerate(months, start=1):
            seen = np.roll(images[rows], -1, axis=2) if number >= MOVED_FROM else images[rows]
            accuracy = model.score(seen.reshape(-1, 64), classes[rows])
            year, month = 2025 + (number - 1) // 12, (number - 1) % 12 + 1
            client.log_serving_performance("sorting", {"accuracy": accuracy}, start=f"{year}-{month:02}-01")

        served = client.serving_performance("sorting").periods
        dropped = [at for at, one in enumerate(served, start=1) if one.difference["accuracy"] < -DROP_MAX]
        print(f"{len(served)} months; more than {DROP_MAX} below its development since month {dropped[0]}")

        for name, first, last in (
            ("the months before", 0, MOVED_FROM - 1),
            ("the months since", MOVED_FROM - 1, PERIODS),
        ):
            rows = np.concatenate(months[first:last])
            seen = np.roll(images[rows], -1, axis=2) if first else images[rows]
            traffic = client.anomaly.frame(ink_of(seen), f"{name}.csv")
            found = client.detect_shift(train, traffic)
            moved = f", most of all {found.report.columns[0].column}" if found.report.shifted else ""
            print(f"{name}: area {found.report.auc:.2f}, shifted: {found.report.shifted}{moved}")

        affected = client.derived_models(train, active=True)
        print("in service and trained on these data:", ", ".join(str(one.name) for one in affected.deployments))
        client.change_deployment("sorting", "archived", reason="the scanner moved")
        print([change.state.value for change in client.deployment_history(deployment.node)])


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(sys.argv[1])
    else:
        with tempfile.TemporaryDirectory() as folder:
            main(folder)
