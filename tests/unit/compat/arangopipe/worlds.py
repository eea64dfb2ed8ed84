"""A small pipeline on scikit-learn's diabetes data, in arangopipe's words."""

import copy
import uuid
from typing import Any

import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Lasso
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score
from sklearn.model_selection import train_test_split

PROJECT = "Diabetes Progression"
DIABETES = load_diabetes()
X, Y = DIABETES.data, np.log(DIABETES.target)


def features() -> dict[str, Any]:
    columns: dict[str, Any] = dict.fromkeys(DIABETES.feature_names, "float64")
    return {**columns, "name": "log_progression", "generated_by": "log of the target", "tag": "features_1"}


def scores(actual: Any, predicted: Any) -> dict[str, float]:
    return {
        "rmse": float(np.sqrt(mean_squared_error(actual, predicted))),
        "r2": float(r2_score(actual, predicted)),
        "mae": float(mean_absolute_error(actual, predicted)),
    }


def fitted(alpha: float, seed: int = 0) -> tuple[Lasso, dict[str, float]]:
    parts = train_test_split(X, Y, test_size=0.2, random_state=seed)
    model = Lasso(alpha=alpha).fit(parts[0], parts[2])
    return model, scores(parts[3], model.predict(parts[1]))


def registered(ap: Any, project: str = PROJECT) -> dict[str, Any]:
    """Register what a run refers to; return the documents that registering answered."""
    ap.register_project({"name": project})
    dataset = ap.register_dataset({"name": "diabetes", "description": "Progression after a year", "source": "sklearn"})
    featureset = ap.register_featureset(features(), dataset["_key"])
    model = ap.register_model({"name": "lasso", "type": "lasso", "task": "regression"}, project=project)
    return {"dataset": dataset, "featureset": featureset, "model": model}


def run_info(given: dict[str, Any], alpha: float = 0.01, **more: Any) -> dict[str, Any]:
    """Return a run, as a script puts it together."""
    run_id = more.pop("run_id", str(uuid.uuid4()))
    _model, performance = fitted(alpha)
    info = {
        "dataset": given["dataset"]["_key"],
        "featureset": given["featureset"]["_key"],
        "model": given["model"]["_key"],
        "run_id": run_id,
        "model-params": {"alpha": alpha, "copy_X": True, "random_state": None, "run_id": run_id},
        "model-perf": {**performance, "run_id": run_id, "timestamp": "2026-03-04 10:11:12.131415"},
        "pipeline": "lasso pipeline",
        "project": "another name of the project",
    }
    return {**info, **copy.deepcopy(more)}
