"""A training as a user writes it; `how` says how it ends. Each line that it prints says how far it came."""

import os
import signal
import sys
import threading

from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression

import arangovis as av


def main(how: str, key: str) -> None:
    wine = load_wine()
    run = av.run(project="wine", run=key, mode="begin", name=how, params={"C": 0.5}, within_s=2.0)
    with run:
        run.use(wine.data, "train")
        model = LogisticRegression(C=0.5, max_iter=20_000).fit(wine.data, wine.target)
        run.log({"accuracy": model.score(wine.data, wine.target)})
        run.log_artifact(model.coef_.tobytes(), "weights.bin", role="model")
        run.flush(20)
        print("logged", flush=True)
        end(how, model)
    print("done", flush=True)


def end(how: str, model: LogisticRegression) -> None:
    """End as told; what waits for a signal waits for a minute at most."""
    match how:
        case "raises":
            model.predict([[0.0]])
        case "exits":
            sys.exit(3)
        case "waits":
            threading.Event().wait(60)
        case "dies":
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(*sys.argv[1:])
