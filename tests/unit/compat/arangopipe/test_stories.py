"""What arangopipe's examples do, told anew on scikit-learn's own data: only the import lines are ours."""

import datetime as dt
import json
import uuid
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_wine
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import ElasticNet, Lasso
from sklearn.model_selection import KFold, cross_val_score, train_test_split
from sklearn.neighbors import KNeighborsRegressor
from sklearn.utils import resample

from arangovis.client.client import Client
from arangovis.compat.arangopipe.arangopipe_storage.arangopipe_admin_api import ArangoPipeAdmin
from arangovis.compat.arangopipe.arangopipe_storage.arangopipe_api import ArangoPipe
from arangovis.compat.arangopipe.arangopipe_storage.arangopipe_config import ArangoPipeConfig
from arangovis.compat.arangopipe.arangopipe_storage.managed_service_conn_parameters import ManagedServiceConnParam
from arangovis.settings import Settings
from tests.unit.compat.arangopipe.worlds import X, Y, features, fitted, scores

PERIODS = 22


@pytest.fixture
def connected(by_settings: Settings) -> tuple[ArangoPipeAdmin, ArangoPipe]:
    """Connect as every example begins."""
    names = ManagedServiceConnParam()
    conn_params = {
        names.DB_SERVICE_HOST: "localhost",
        names.DB_SERVICE_END_POINT: "apmdb",
        names.DB_SERVICE_NAME: "createDB",
        names.DB_SERVICE_PORT: 8529,
        names.DB_CONN_PROTOCOL: "http",
    }
    config = ArangoPipeConfig().create_connection_config(conn_params)
    admin = ArangoPipeAdmin(reuse_connection=False, config=config)
    return admin, ArangoPipe(config=admin.get_config())


def register_diabetes(admin: ArangoPipeAdmin, ap: ArangoPipe, project: str) -> tuple[Any, Any]:
    admin.register_project({"name": project})
    ds_reg = ap.register_dataset({"name": "diabetes", "description": "one year on", "source": "scikit-learn"})
    return ds_reg, ap.register_featureset(features(), ds_reg["_key"])


def log(ap: ArangoPipe, registrations: tuple[Any, Any, Any], params: Any, perf: Any, **more: Any) -> str:
    ds_reg, fs_reg, model_reg = registrations
    run_id = more.pop("run_id", str(uuid.uuid4().int))
    ap.log_run(
        {
            "dataset": ds_reg["_key"],
            "featureset": fs_reg["_key"],
            "model": model_reg["_key"],
            "run_id": run_id,
            "model-params": {"run_id": run_id, **params},
            "model-perf": {"run_id": run_id, "timestamp": str(dt.datetime.now()), **perf},
            **more,
        }
    )
    return run_id


def test_the_basic_workflow(connected: tuple[ArangoPipeAdmin, ArangoPipe]) -> None:
    admin, ap = connected
    project = "Diabetes_Progression_Project"
    ds_reg, fs_reg = register_diabetes(admin, ap, project)
    notebook = json.dumps({"cells": [{"source": ["Lasso().fit(X, y)"], "cell_type": "code"}], "nbformat": 4})
    model_info = {"name": "Lasso on logs", "task": "Model Selection", "notebook": notebook}
    model_reg = ap.register_model(model_info, project=project)
    lasso, performance = fitted(0.001)
    tag = "Diabetes-Lasso-Experiment"
    log(ap, (ds_reg, fs_reg, model_reg), {"model_params": lasso.get_params()}, performance, tag=tag, project=project)
    params, perf = ap.lookup_modelparams(tag), ap.lookup_modelperf(tag)
    assert params is not None
    assert perf is not None
    assert Lasso(**params["model_params"]).get_params() == lasso.get_params()
    assert {name: perf[name] for name in performance} == performance
    model = ap.lookup_model("Lasso on logs")
    assert model is not None
    assert json.loads(model["notebook"])["nbformat"] == 4


def test_bias_and_variance_by_bootstrap(connected: tuple[ArangoPipeAdmin, ArangoPipe]) -> None:
    admin, ap = connected
    ds_reg, fs_reg = register_diabetes(admin, ap, "Model validation")
    model_reg = ap.register_model({"name": "Bias and variance", "task": "Model Validation"}, project="Model validation")
    x_train, x_test, y_train, y_test = train_test_split(X, Y, random_state=0)
    bias = {}
    for number in range(200):
        rows = resample(np.arange(len(x_train)), random_state=number)
        predicted = Lasso(alpha=0.001).fit(x_train[rows], y_train[rows]).predict(x_test)
        bias[str(number)] = float(np.mean(predicted - y_test))
    log(ap, (ds_reg, fs_reg, model_reg), {"alpha": 0.001}, {"model_bias": bias}, tag="bootstrap")
    perf = ap.lookup_modelperf("bootstrap")
    assert perf is not None
    assert perf["model_bias"] == bias


def test_a_search_of_hyper_parameters_with_a_collection_of_its_own(
    connected: tuple[ArangoPipeAdmin, ArangoPipe],
) -> None:
    admin, ap = connected
    project = "Hyperparameters"
    ds_reg, fs_reg = register_diabetes(admin, ap, project)
    model_reg = ap.register_model({"name": "search", "task": "Hyper-parameter optimisation"}, project=project)
    space: dict[str, Any] = {
        "lasso": {"alpha": [0.001, 0.01, 0.1]},
        "forest": {"max_depth": [2, 4], "n_estimators": [10]},
        "knn": {"n_neighbors": [5, 20]},
    }
    makers: dict[str, Callable[..., Any]] = {
        "lasso": Lasso,
        "forest": lambda **given: RandomForestRegressor(random_state=0, **given),
        "knn": KNeighborsRegressor,
    }
    trials = [
        (name, dict(zip(grid, values, strict=True)))
        for name, grid in space.items()
        for values in (np.array(np.meshgrid(*grid.values())).T.reshape(-1, len(grid)).tolist())
    ]
    whole = [(name, {k: int(v) if float(v).is_integer() else v for k, v in given.items()}) for name, given in trials]
    losses = [-float(np.mean(cross_val_score(makers[n](**g), X, Y, cv=KFold(3)))) for n, g in whole]
    best = whole[int(np.argmin(losses))]
    params = {"hyperopt-space": space, "trials": len(whole)}
    perf = {"best": {"type": best[0], **best[1]}, "training_loss_schedule": losses}
    log(ap, (ds_reg, fs_reg, model_reg), params, perf, tag="search-1", deployment_tag="best-of-search")
    admin.add_vertex_to_arangopipe("notebook")
    admin.add_edge_definition_to_arangopipe("project_notebook", "project", "notebook")
    made = ap.insert_into_vertex_type("notebook", {"name": "search notebook", "source": "fmin(...)"})
    ap.insert_into_edge_type("project_notebook", ap.lookup_entity(project, "project") or {}, made)
    stored, scored = ap.lookup_modelparams("search-1"), ap.lookup_modelperf("search-1")
    assert stored is not None
    assert scored is not None
    assert stored["hyperopt-space"] == space
    given = {name: value for name, value in scored["best"].items() if name != "type"}
    again = -float(np.mean(cross_val_score(makers[scored["best"]["type"]](**given), X, Y, cv=KFold(3))))
    assert again == pytest.approx(min(losses))
    assert ap.find_entity("source", "fmin(...)", "notebook")[0]["_key"] == made["_key"]


def test_three_scenarios_with_a_tracker_of_runs(connected: tuple[ArangoPipeAdmin, ArangoPipe]) -> None:
    """The run's id of the other tracker is the run's id here: register and log, look up and log, tag to deploy."""
    admin, ap = connected
    project = "Wine-Quality-Regression-Modelling"
    admin.register_project({"name": project})
    wine = load_wine()
    quality = wine.data[:, wine.feature_names.index("proline")]
    x_train, x_test, y_train, y_test = train_test_split(wine.data[:, :6], quality, random_state=0)

    def train(alpha: float, l1_ratio: float) -> tuple[dict[str, Any], dict[str, Any]]:
        net = ElasticNet(alpha=alpha, l1_ratio=l1_ratio, random_state=42).fit(x_train, y_train)
        return {"l1_ratio": l1_ratio, "alpha": alpha}, scores(y_test, net.predict(x_test))

    first, second, third = (uuid.uuid4().hex for _ in range(3))
    ds_reg = ap.register_dataset({"name": "wine_dataset", "description": "Wine", "source": "scikit-learn"}, "ada")
    columns = {**dict.fromkeys(wine.feature_names[:6], "float64"), "name": "wine_no_transformations"}
    fs_reg = ap.register_featureset(columns, ds_reg["_key"], "ada")
    model_reg = ap.register_model({"name": "elastic_net", "type": "elastic net regression"}, "ada")
    params, perf = train(0.5, 0.5)
    log(ap, (ds_reg, fs_reg, model_reg), params, perf, run_id=first, tag="scenario", project="Wine-Quality-Assessment")

    found = tuple(
        ap.lookup_entity(*one) for one in (("wine_dataset", "datasets"), ("wine_no_transformations", "featuresets"))
    )
    model = ap.lookup_model("elastic_net")
    assert all(found)
    assert model is not None
    params, perf = train(0.1, 0.9)
    log(ap, (*found, model), params, perf, run_id=second, tag="scenario")  # type: ignore[arg-type]
    newest = ap.lookup_modelparams("scenario")
    assert newest is not None
    assert (newest["run_id"], newest["alpha"]) == (second, 0.1)

    params, perf = train(0.01, 0.1)
    log(ap, (*found, model), params, perf, run_id=third, deployment_tag="Wine_Elastic_Net")  # type: ignore[arg-type]
    admin.register_deployment("Wine_Elastic_Net")
    to_date = dt.datetime.now()
    from_date = to_date - dt.timedelta(days=30)
    ap.log_serving_perf({"rmse": 1.5, "from_date": str(from_date), "to_date": str(to_date)}, "Wine_Elastic_Net", "ada")
    served = ap.client.serving_performance("Wine_Elastic_Net")
    assert served.run is not None
    assert served.run.key == third
    assert served.periods[0].difference["rmse"] == pytest.approx(1.5 - perf["rmse"])


def test_statistics_and_a_schema_of_a_data_set(connected: tuple[ArangoPipeAdmin, ArangoPipe]) -> None:
    _, ap = connected
    cancer = load_breast_cancer()
    statistics = {
        name: {"mean": float(column.mean()), "min": float(column.min()), "max": float(column.max())}
        for name, column in zip(cancer.feature_names.tolist(), cancer.data.T, strict=True)
    }
    schema = {"feature": [{"name": name, "type": "FLOAT", "presence": {"min_fraction": 1.0}} for name in statistics]}
    info = {
        "name": "breast cancer",
        "encoded_stats": json.dumps(statistics),
        "encoded_schema": json.dumps(schema),
        "ML_Spec_Representation": {"type": {"value": "dataset"}, "schema": schema},
    }
    ap.register_dataset(info)
    found = ap.lookup_dataset("breast cancer")
    assert found is not None
    assert json.loads(found["encoded_stats"]) == statistics
    assert json.loads(found["encoded_schema"]) == schema
    assert found["ML_Spec_Representation"]["schema"] == schema
    beyond = cancer.data.max(axis=0) * 2
    read = json.loads(found["encoded_stats"])
    assert all(value > read[name]["max"] for name, value in zip(read, beyond, strict=True))


def test_a_network_is_looked_up_and_predicts_the_same(connected: tuple[ArangoPipeAdmin, ArangoPipe]) -> None:
    """Architecture as JSON and weights as text are parameters, as for Keras; a loss an epoch, as for PyTorch."""
    torch = pytest.importorskip("torch")
    admin, ap = connected
    project = "Networks"
    ds_reg, fs_reg = register_diabetes(admin, ap, project)
    model_reg = ap.register_model({"name": "two layers", "task": "regression"}, project=project)
    torch.manual_seed(0)
    x, y = torch.tensor(X, dtype=torch.float32), torch.tensor(Y, dtype=torch.float32)[:, None]
    architecture = [{"in": 10, "out": 64}, {"in": 64, "out": 64}, {"in": 64, "out": 1}]

    def built(layers: list[dict[str, int]]) -> Any:
        parts = [part for layer in layers for part in (torch.nn.Linear(layer["in"], layer["out"]), torch.nn.ReLU())]
        return torch.nn.Sequential(*parts[:-1])

    network = built(architecture)
    optimiser = torch.optim.Adam(network.parameters(), lr=0.01)
    losses = []
    for _ in range(30):
        optimiser.zero_grad()
        loss = torch.nn.functional.mse_loss(network(x), y)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    weights = {name: value.tolist() for name, value in network.state_dict().items()}
    params = {"model_json": json.dumps(architecture), "json_weights": json.dumps(weights), "weights": weights}
    perf = {"loss": losses[-1], "training_loss_schedule": json.dumps(losses)}
    run_id = log(ap, (ds_reg, fs_reg, model_reg), params, perf, tag="network-1", deployment_tag="network")
    stored, scored = ap.lookup_modelparams("network-1"), ap.lookup_modelperf("network-1")
    assert stored is not None
    assert scored is not None
    for read in (json.loads(stored["json_weights"]), stored["weights"]):
        restored = built(json.loads(stored["model_json"]))
        restored.load_state_dict({name: torch.tensor(value) for name, value in read.items()})
        with torch.no_grad():
            assert torch.equal(restored(x), network(x))
    assert json.loads(scored["training_loss_schedule"]) == losses
    assert len(repr(ap.client.run(f"run/{run_id}").attributes)) < 4000


def generate(ap: ArangoPipe, admin: ArangoPipeAdmin, periods: int = PERIODS) -> list[str]:
    """Log a pipeline a month, from the newest back; return the deployment tags."""
    admin.register_project({"name": "Progression_Assessor"})
    ds_info: dict[str, Any] = {"description": "Diabetes"}
    featureset: dict[str, Any] = {**features()}
    end = dt.date(2026, 6, 30)
    tags = []
    for number in range(periods):
        begin = end - dt.timedelta(days=30)
        period = f"{end} to {begin}"
        end = begin - dt.timedelta(days=1)
        model, performance = fitted(0.0005 * (1 + number), seed=number)
        ds_info |= {"name": f"Diabetes_{period}", "tag": f"Diabetes_{period}", "source": "operational data store"}
        featureset |= {"name": f"logs_{number}", "tag": ds_info["tag"], "generated_by": f"Feature pipeline {period}"}
        ds_reg = ap.register_dataset(ds_info)
        fs_reg = ap.register_featureset(featureset, ds_reg["_key"])
        info = {"name": f"Regression {number}", "type": "LASSO regression", "task": "progression"}
        model_reg = ap.register_model(info, project="Progression_Assessor")
        tag = f"Deployment_{period}"
        more = {"pipeline": f"Pipeline {period}", "tag_for_deployment": True, "deployment_tag": tag}
        log(ap, (ds_reg, fs_reg, model_reg), {"alpha": model.alpha}, performance, project="Assessor", **more)
        admin.register_deployment(tag)
        served = scores(Y[number::PERIODS], model.predict(X[number::PERIODS]))
        ap.log_serving_perf({**served, "period": period}, tag, "generator")
        tags.append(tag)
    return tags


def test_14_the_generator_of_22_periods_answers_the_questions(connected: tuple[ArangoPipeAdmin, ArangoPipe]) -> None:
    """The questions of the acceptance list, through the SDK, on what a script of arangopipe logged."""
    admin, ap = connected
    tags = generate(ap, admin)
    client: Client = ap.client
    project = "Progression_Assessor"
    techniques = client.techniques(project=project, metric="rmse", goal="minimise")
    assert [(one.technique, one.runs) for one in techniques.techniques] == [("LASSO regression", PERIODS)]
    assert client.project_overview(project).counts["run"] == PERIODS
    assert len(client.datasets_used(task="progression").datasets) == PERIODS
    dataset = client.lookup("dataset", tag="Diabetes_2026-06-30 to 2026-05-31")
    derived = client.derived_models(dataset.id, active=True)
    assert [one.node.key for one in derived.deployments] == [client.deployment(tags[0]).node.key]
    served = client.serving_performance(tags[0])
    assert [period.period for period in served.periods] == ["2026-06-30 to 2026-05-31"]
    start, end = served.periods[0].period_start, served.periods[0].period_end
    assert start is not None
    assert end is not None
    assert end - start == 31 * 86_400_000_000
    best = client.model_ranking("rmse", project=project, goal="minimise", limit=1)
    assert len(best.candidates) == 1
    assert ap.find_entity("type", "LASSO regression", "models")[0]["name"] == f"Regression {PERIODS - 1}"
    for tag in tags:
        run = ap.find_entity("deployment_tag", tag, "run")
        assert [one["deployment_tag"] for one in run] == [tag]
