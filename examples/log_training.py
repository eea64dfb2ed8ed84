"""Log a training: a network learns scikit-learn's digits three times, and its curves are found, read and compared.

Run it as it is: it keeps everything in a folder of its own and needs no server. Only NumPy is used here;
tensors of PyTorch or JAX are logged just the same.
"""

import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import arangovis as av

HIDDEN, BATCH, EPOCHS = 32, 64, 12
Matrix = npt.NDArray[np.float64]


class Network:
    """64 pixels, a layer of rectifiers, ten digits."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.weights = [rng.normal(0, (2 / n) ** 0.5, (n, m)) for n, m in ((64, HIDDEN), (HIDDEN, 10))]

    def chances(self, pixels: Matrix) -> tuple[Matrix, Matrix]:
        """Return the hidden layer, and for each row the chance of each digit."""
        hidden = np.maximum(pixels @ self.weights[0], 0)
        scores = np.exp(hidden @ self.weights[1] - (hidden @ self.weights[1]).max(axis=1, keepdims=True))
        return hidden, scores / scores.sum(axis=1, keepdims=True)

    def step(self, pixels: Matrix, digits: npt.NDArray[np.int64], rate: float) -> tuple[float, float]:
        """Learn from a batch; return its loss and the norm of the gradient."""
        hidden, chances = self.chances(pixels)
        loss = -np.log(chances[np.arange(len(digits)), digits] + 1e-12).mean()
        error = (chances - np.eye(10)[digits]) / len(digits)
        gradients = [pixels.T @ (error @ self.weights[1].T * (hidden > 0)), hidden.T @ error]
        self.weights = [weights - rate * slope for weights, slope in zip(self.weights, gradients, strict=True)]
        return float(loss), float(np.sqrt(sum((gradient**2).sum() for gradient in gradients)))


def batches(count: int, seed: int) -> Iterator[npt.NDArray[np.int64]]:
    order = np.random.default_rng(seed).permutation(count)
    yield from (order[first : first + BATCH] for first in range(0, count, BATCH))


def train(home: Path, rate: float) -> av.NodeId:
    digits = load_digits()
    train_x, test_x, train_y, test_y = train_test_split(digits.data / 16, digits.target, random_state=0)
    network = Network(seed=1)
    params = {"rate": rate, "hidden": HIDDEN, "batch": BATCH}
    with av.run("digits", name=f"rate {rate}", tags=["example"], params=params, home=home) as run:
        run.use(train_x, "train")
        # A series that is named is a contract: rows with other fields are refused. So it is defined once.
        run.define("verdicts", {"epoch": "int", "digit": "int", "sure": "float", "right": "bool"})
        for epoch in range(EPOCHS):
            for batch in batches(len(train_x), epoch):
                loss, gradient = network.step(train_x[batch], train_y[batch], rate)
                run.log({"loss": loss, "gradient": gradient})  # a row; the step counts up by itself
            chances = network.chances(test_x)[1]
            right = chances.argmax(axis=1) == test_y
            # One epoch beside 450 digits: values are broadcast to one shape, as numpy does it.
            run.write("verdicts", epoch=epoch, digit=test_y, sure=chances.max(axis=1), right=right)
        run.metric("accuracy", right.mean())
    return run.id


def main(home: Path) -> None:
    for rate in (0.02, 0.5, 30.0):
        train(home, rate)

    with av.connect(home=home) as client:
        found = client.find_runs(project="digits", tags_any=["example"], attributes={"params.rate": (None, 1.0)})
        print(f"{found.runs} of {found.of_runs} runs have a rate below 1")
        best = max(found.items, key=lambda run: run.attributes["metrics"]["accuracy"])
        print(f"the best is {best.attributes['name']}: accuracy {best.attributes['metrics']['accuracy']:.3f}")

        curve = client.series(best.id, fields=["step", "loss"], window=22, stride=22, order="step")
        print("mean loss of each epoch:", ", ".join(f"{loss:.2f}" for loss in curve.columns["loss"]))
        few = client.series(best.id, fields=["step", "gradient"], decimate=40, x="step")
        print(f"the gradient is shown by {few.rows} of {few.of_points} points")

        wrong = client.series(best.id, "verdicts", filter=f"right = false and epoch = {EPOCHS - 1}").columns["digit"]
        print("wrong in the end:", dict(sorted(Counter(wrong.tolist()).items())))
        read = [found.node.id.kind for found in client.edges(best.id, direction="upstream")]
        print(f"it read {sorted(set(read))}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        main(Path(folder))
