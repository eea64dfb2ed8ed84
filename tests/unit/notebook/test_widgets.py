"""The widgets: their server, their pages, several at once, and what is left without a server."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import arangovis as av
from arangovis.compat import (
    build_environment_params,
    default_get_instance_metadata,
    init_app_routes,
    render_widget_html,
)
from arangovis.compat.backwardcompatibilityml import SweepManager
from arangovis.notebook import CompatibilityAnalysis, ModelComparison
from arangovis.notebook.server import close_server, serving, url_of
from arangovis.tabular.pictures import blank
from tests.unit.services.sweep_world import batches, new_model, old_model

PNG = blank().data


@pytest.fixture
def client(tmp_path: Path) -> Iterator[av.Client]:
    with av.connect(home=tmp_path / "home", actor="ada") as client:
        yield client
        close_server(client)


def analysis(client: av.Client, **given: Any) -> CompatibilityAnalysis:
    """Return a widget made with the original's positional arguments."""
    own = {"optimizer_kwargs": {"lr": 0.1}, "lambda_c_stepsize": 1.0, "client": client}
    positional = (None, 1, old_model(), new_model(), batches(0, 200), batches(400, 600), 100, 100)
    return CompatibilityAnalysis(*positional, **{**own, **given})


def get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=20) as answer:
        data = answer.read()
    return json.loads(data) if answer.headers["Content-Type"].startswith("application/json") else data


def base(widget: Any) -> str:
    return str(widget.url).partition("/?")[0]


def test_it_does_not_begin_by_itself(client: av.Client) -> None:
    widget = analysis(client)
    assert widget.sweep.state == "PENDING"
    assert not widget.is_running
    status = get(f"{base(widget)}/api/v1/sweep_status?sweep={widget.sweep.run.key}")
    assert (status["running"], status["percent_complete"]) == (False, 0)


def test_the_page_starts_it(client: av.Client) -> None:
    widget = analysis(client)
    request = urllib.request.Request(f"{base(widget)}/api/v1/start_sweep?sweep={widget.sweep.run.key}", b"{}")
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert answer.status == 200
    assert widget.wait(60).state == "SUCCESS"
    assert len(get(f"{base(widget)}/api/v1/sweep_summary?sweep={widget.sweep.run.key}")["data"]) == 8


def test_several_widgets_never_mix_pictures_or_numbers(client: av.Client) -> None:
    first = analysis(client, get_instance_image_by_id=lambda key: PNG + b"first %d" % key)
    second = analysis(client, seed=1, get_instance_image_by_id=lambda key: PNG + b"second %d" % key)
    third = ModelComparison(
        old_model(), new_model(), batches(400, 600), client=client, get_instance_image_by_id=lambda key: PNG + b"third"
    )
    first.start()
    second.start()
    assert first.wait(60).state == second.wait(60).state == "SUCCESS"
    assert first.sweep.run != second.sweep.run
    assert base(first) == base(second) == base(third)
    for widget, name in ((first, b"first 450"), (second, b"second 450")):
        path = f"/api/v1/compatibility/sweeps/{widget.sweep.run.key}"
        assert get(f"{base(widget)}{path}/instances/450/image").endswith(name)
    path = f"/api/v1/compatibility/comparisons/{third.comparison.run.key}"
    assert get(f"{base(third)}{path}/instances/450/image").endswith(b"third")
    assert get(f"{base(third)}{path}")["scores"] == third.comparison.scores


def test_they_draw_themselves(client: av.Client) -> None:
    widget = analysis(client)
    shown = widget._repr_html_()
    assert f'src="{base(widget)}/?view=compatibility&amp;sweep={widget.sweep.run.key}"' in shown
    assert "<table>" in shown
    compared = ModelComparison(old_model(), new_model(), batches(400, 600), client=client)
    assert f"comparison={compared.comparison.run.key}" in compared._repr_html_()


def test_without_a_server_a_table_is_left(client: av.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object) -> str:
        raise OSError

    widget = analysis(client)
    monkeypatch.setattr("arangovis.notebook.widgets.url_of", none)
    assert "iframe" not in widget._repr_html_()
    assert "<table>" in widget._repr_html_()


def test_the_server_is_on_the_loopback_address_and_asks_no_other_origin_in(client: av.Client) -> None:
    with serving(client) as url:
        assert url.startswith("http://127.0.0.1:")
        assert url_of(client) == url
        request = urllib.request.Request(f"{url}/api/v1/projects", b'{"name": "p"}')
        request.add_header("Content-Type", "application/json")
        request.add_header("Origin", "http://elsewhere")
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=20)
        with refused.value:
            assert refused.value.code == 403
            assert "Access-Control-Allow-Origin" not in refused.value.headers


def test_the_same_arguments_show_what_was_trained(client: av.Client) -> None:
    done = analysis(client).run()
    assert analysis(client).sweep.run == done.run


@pytest.mark.parametrize(
    ("positional", "named"), [((), {"speed": 3}), ((None, 1), {"folder_name": "x"}), (tuple(range(30)), {})]
)
def test_wrong_arguments_are_a_type_error(positional: tuple[Any, ...], named: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        CompatibilityAnalysis(*positional, **named)


# --- the functions around it --------------------------------------------------------------------------------------


class App:
    """An app with Flask's way of adding routes."""

    def __init__(self) -> None:
        self.routes: dict[str, Any] = {}

    def route(self, rule: str, **options: Any) -> Any:
        return lambda function: self.routes.setdefault(rule, (options["methods"], function))


def test_the_five_routes_of_ones_own_app(client: av.Client) -> None:
    app = App()
    manager = SweepManager(
        None, 1, old_model(), new_model(), batches(0, 200), batches(400, 600), lambda_c_stepsize=1.0, client=client
    )
    init_app_routes(app, manager)
    names = ("start_sweep", "sweep_status", "sweep_summary")
    assert {f"/api/v1/{name}" for name in names} < app.routes.keys()
    assert app.routes["/api/v1/start_sweep"][0] == ["POST"]
    assert app.routes["/api/v1/sweep_status"][1]()[0] == {"running": False, "percent_complete": 0.0}
    evaluation = app.routes["/api/v1/evaluation_data/<int:evaluation_id>"][1]
    assert evaluation(evaluation_id=0)[1] == 404
    manager.start_sweep_synchronous()
    assert app.routes["/api/v1/sweep_status"][1]()[0]["percent_complete"] == 1.0
    body, status, headers = evaluation(evaluation_id=3)
    assert (status, body["testing"], headers["Pragma"]) == (200, True, "no-cache")
    assert app.routes["/api/v1/instance_data/<int:instance_id>"][1](instance_id=3)[0] == PNG
    assert len(app.routes["/api/v1/sweep_summary"][1]()[0]["data"]) == 8


class AzureNBEnvironment:
    base_url = "https://notebook.example"


def test_environments() -> None:
    assert build_environment_params(object()) == {"environment_type": "unknown", "base_url": ""}
    azure = build_environment_params(AzureNBEnvironment())
    assert azure == {"environment_type": "azureml", "base_url": "https://notebook.example"}
    assert 'src="https://notebook.example/?view=compatibility"' in render_widget_html(azure)
    local = render_widget_html({"environment_type": "local", "base_url": "", "port": 5003, "sweep": '"><script>'})
    assert "http://127.0.0.1:5003/" in local
    assert "<script>" not in local
    assert default_get_instance_metadata(7) == "7"
