"""Train a network with PyTorch, watch its curves, keep its weights, and find it again from what it made.

Handwritten digits. The evaluation knows nothing of the training but the bytes of the weights: that is enough for the
graph to join the two, so the report leads back to the training and its data.

    python examples/train_with_torch.py [FOLDER]

FOLDER keeps the store; without one it is a temporary folder.
"""

import io
import sys
import tempfile

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn

import arangovis as av

EPOCHS, BATCH, SEEN = 15, 100, 1200


def network(hidden: int) -> nn.Sequential:
    """Return a network that is not trained."""
    return nn.Sequential(nn.Linear(64, hidden), nn.ReLU(), nn.Linear(hidden, 10))


def weights_of(model: nn.Module) -> bytes:
    """Return the weights as arrays, without pickle."""
    file = io.BytesIO()
    np.savez(file, **{name: value.numpy() for name, value in model.state_dict().items()})
    return file.getvalue()


def loaded(data: bytes, hidden: int) -> nn.Module:
    """Return the network that has these weights."""
    model = network(hidden)
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        model.load_state_dict({name: torch.from_numpy(arrays[name]) for name in arrays.files})
    return model.eval()


def main(home: str) -> None:
    """Train, evaluate, and ask where the evaluation comes from."""
    pixels, classes = load_digits(return_X_y=True)
    pixels, params = (pixels / 16).astype(np.float32), {"hidden": 32, "lr": 0.2}
    torch.manual_seed(0)

    with av.connect(home=home, actor="ada") as client:
        with av.run("digits", name="two layers", method="training", params=params, client=client) as run:
            x, y = torch.from_numpy(run.use(pixels[:SEEN], "train")), torch.from_numpy(classes[:SEEN])
            model = network(params["hidden"])
            optimizer = torch.optim.SGD(model.parameters(), lr=params["lr"])
            for _ in range(EPOCHS):
                for start in range(0, SEEN, BATCH):
                    loss = nn.functional.cross_entropy(model(x[start : start + BATCH]), y[start : start + BATCH])
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
                right = (model(x).argmax(1) == y).float().mean().item()
                run.log({"loss": loss.item(), "accuracy": right})
            run.log_artifact(weights_of(model), "weights.npz", role="model")

        curve = client.series(run.id, fields=["loss"]).columns["loss"]
        print(f"the loss fell from {curve[0]:.2f} to {curve[-1]:.2f} in {len(curve)} epochs")

        kept = client.content(client.outputs(run.id)["model"])
        with av.run("digits", name="test", method="evaluation", client=client) as test:
            test.use(kept, "model")
            again = loaded(kept, params["hidden"])
            answers = again(torch.from_numpy(test.use(pixels[SEEN:], "test"))).argmax(1)
            test.metric("accuracy", (answers.numpy() == classes[SEEN:]).mean())
        assert torch.equal(answers, model(torch.from_numpy(pixels[SEEN:])).argmax(1))
        print(f"accuracy on digits it never saw: {client.run(test.id).attributes['metrics']['accuracy']:.3f}")

        upstream = client.lineage(test.id).visits
        runs = [visit.node.attributes["name"] for visit in upstream if visit.node.id.kind == "run"]
        print("the evaluation rests on:", ", ".join(runs[1:]))
        code = client.run(run.id).attributes["environment"]
        print("trained with torch", code["torch"])


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(sys.argv[1])
    else:
        with tempfile.TemporaryDirectory() as folder:
            main(folder)
