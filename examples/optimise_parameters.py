"""Search for the best parameters with optuna, and keep every trial: which one was best, and what was tried?

Three cultivars of wine are told apart by a support vector machine. The search is a run; each trial is a child of it,
with its parameters, its accuracy, and the data that it read.

    python examples/optimise_parameters.py [FOLDER]

FOLDER keeps the store; without one it is a temporary folder.
"""

import sys
import tempfile

import optuna
from sklearn.datasets import load_wine
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC

import arangovis as av

TRIALS = 20
SCALERS = {"standard": StandardScaler, "range": MinMaxScaler}


def accuracy(rows: object, classes: object, params: dict[str, object]) -> float:
    """Return the mean accuracy of five folds."""
    model = make_pipeline(SCALERS[str(params["scaler"])](), SVC(C=params["C"], gamma=params["gamma"]))
    return float(cross_val_score(model, rows, classes, cv=5).mean())


def main(home: str) -> None:
    """Search, then ask the graph what came of it."""
    wine = load_wine()
    optuna.logging.set_verbosity(optuna.logging.WARNING)

    with av.connect(home=home, actor="ada") as client:
        with av.run("wine", name="search", method="optimisation", client=client) as search:
            rows = search.use(wine.data, "train")

            def objective(trial: optuna.Trial) -> float:
                params = {
                    "C": trial.suggest_float("C", 0.01, 100, log=True),
                    "gamma": trial.suggest_float("gamma", 1e-4, 10, log=True),
                    "scaler": trial.suggest_categorical("scaler", list(SCALERS)),
                }
                with av.run("wine", name=f"trial {trial.number}", method="trial", tags=["svc"], params=params) as run:
                    found = accuracy(run.use(rows, "train"), wine.target, params)
                    run.metric("accuracy", found)
                search.log({"accuracy": found})
                return found

            study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=1))
            study.optimize(objective, n_trials=TRIALS)
            search.metric("accuracy", study.best_value)

        best = client.best_run("accuracy", 'method = "trial"', project="wine")
        print(f"best: {best.attributes['name']} with {best.attributes['metrics']['accuracy']:.4f}")
        print("its parameters:", dict(best.attributes["params"]))
        children = [node for _, node in client.edges(search.id, direction="downstream", edges=["spawned"])]
        print(f"the search had {len(children)} trials")
        facets = client.facets("run", ["params.scaler"], 'metrics.accuracy > 0.97 and tags = "svc"')
        counts = {value.value: value.count for value in facets["params.scaler"].values}
        print("scalers of the trials above 0.97:", counts)
        worst = client.runs('method = "trial"', order="metrics.accuracy", limit=1).items[0]
        print("the worst differs in", sorted(item.name for item in client.diff(best.id, worst.id).params))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(sys.argv[1])
    else:
        with tempfile.TemporaryDirectory() as folder:
            main(folder)
