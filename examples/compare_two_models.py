"""Does the new model break what the old one got right? A real before and after on handwritten digits.

The old model is a softmax regression that saw 200 digits; the new one has a hidden layer and sees 1,200. It is more
accurate, and yet wrong on some digits that the old one read. Then it is trained again for compatibility, over a grid of
lambda_c and with both kinds of dissonance, and the most compatible model that is accurate enough is taken.

    python examples/compare_two_models.py [FOLDER]

FOLDER keeps the store; without one it is a temporary folder.
"""

import sys
import tempfile

import torch
from sklearn.datasets import load_digits
from torch import nn

import arangovis as av
from arangovis.compatibility import LogisticRegression, MLPClassifier

SEEN, OLD_SEEN, BATCH = 1200, 200, 50
EPOCHS = 30
ACCURACY_LOSS_MAX = 0.01
"""How much accuracy, at most, may be given for compatibility."""


def batches(first: int, end: int) -> list[tuple[list[int], torch.Tensor, torch.Tensor]]:
    """Return digits as (ids, pixels, classes)."""
    pixels, classes = load_digits(return_X_y=True)
    x, y = torch.tensor(pixels / 16, dtype=torch.float32), torch.tensor(classes)
    starts = range(first, end, BATCH)
    return [
        (list(range(i, min(i + BATCH, end))), x[i : min(i + BATCH, end)], y[i : min(i + BATCH, end)]) for i in starts
    ]


def trained(model: nn.Module, rows: list[tuple[list[int], torch.Tensor, torch.Tensor]]) -> nn.Module:
    """Train a model as anybody would."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
    for _ in range(EPOCHS):
        for _, x, y in rows:
            optimizer.zero_grad()
            nn.functional.nll_loss(model(x)[2], y).backward()
            optimizer.step()
    return model.eval()


def main(home: str) -> None:
    """Compare, sweep, choose."""
    torch.manual_seed(0)
    old = trained(LogisticRegression(64, 10), batches(0, OLD_SEEN))
    fresh = MLPClassifier(64, 10, hidden_sizes=[32])
    torch.manual_seed(1)
    new = MLPClassifier(64, 10, hidden_sizes=[32])
    new.load_state_dict(fresh.state_dict())
    trained(new, batches(0, SEEN))

    with av.connect(home=home) as client:
        test = batches(SEEN, 1797)
        update = av.compare_models(old, new, test, client=client, name="the update")
        scores = update.scores
        print(f"old accuracy {update.answer['h1_performance']:.3f}, new {update.answer['h2_performance']:.3f}")
        print(f"right before, wrong now: {scores['regress']} of {scores['rows']} digits (BTC {scores['btc']:.3f})")

        sweep = av.compatibility_sweep(
            None,
            EPOCHS,
            old,
            fresh,
            batches(0, SEEN),
            test,
            optimizer_kwargs={"lr": 0.02, "momentum": 0.9},
            lambda_c_stepsize=0.25,
            workers=2,
            client=client,
            name="the update, made compatible",
        )
        for point in sweep.points:
            found = point["metrics"]
            what = f"lambda {point['lambda_c']:.2f} {point['dissonances'][0]:<16}"
            print(f"{what} accuracy {found['test_performance']:.3f}, BTC {found['test_btc']:.3f}")

        best = sweep.most_compatible(performance=update.answer["h2_performance"] - ACCURACY_LOSS_MAX)
        found = best["metrics"]
        print(f"taken: lambda {best['lambda_c']} {best['dissonances'][0]}, accuracy {found['test_performance']:.3f},")
        print(f"  right before, wrong now: {found['test_regress']} digits (BTC {found['test_btc']:.3f})")
        origin = client.origin(best["model"])
        print(f"its model is {best['model']}, made from {', '.join(sorted(i.role for i in origin.inputs))}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(sys.argv[1])
    else:
        with tempfile.TemporaryDirectory() as folder:
            main(folder)
