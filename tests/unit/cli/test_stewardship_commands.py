"""`arangovis ask` about rows, columns, bytes, software and trials."""

import json
from pathlib import Path

import pytest

from arangovis.domain.catalogue import Signature
from arangovis.domain.graph import Caller, Direction
from arangovis.domain.ids import NodeId
from arangovis.services.datasets import production_id
from arangovis.settings import Settings
from arangovis.wiring import build, worker_context
from arangovis.workers.inline import drain
from tests.api.visualization import DIGITS, digits, rows_of
from tests.period_graph import PeriodGraph, began, build_periods
from tests.unit.cli.conftest import Call

USAGE, FAILED = 2, 1
ADA = Caller("ada")


@pytest.fixture(scope="module")
def periods(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, PeriodGraph]:
    home = tmp_path_factory.mktemp("periods") / "home"
    service = build(Settings(home=home))
    graph = build_periods(service.store)
    service.close()
    return home, graph


@pytest.fixture(scope="module")
def plotted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, NodeId, NodeId]:
    """Return a home, a stream in it, and the plot of it."""
    home = tmp_path_factory.mktemp("plotted") / "home"
    service = build(Settings(home=home))
    service.catalogue.register_project("demo", ADA)
    service.catalogue.register_model("demo", "digits", ADA)
    number = service.catalogue.register_version("demo", "digits", Signature.of(DIGITS), ADA).number
    version = service.catalogue.version(number)
    service.datasets.append_production(version, rows_of(digits(0, 30)), ADA)
    run = service.projections.plottable(version, "pca", ADA)
    drain(worker_context(service))
    made = service.store.edges_of((run.id,), Direction.DOWNSTREAM, ("generated",))
    plot = next(edge.id.target for edge in made if edge.id.role == "plot")
    service.close()
    return home, production_id(version), plot


def test_rows_points_and_columns(call: Call, plotted: tuple[Path, NodeId, NodeId]) -> None:
    home, stream, plot = plotted
    row = f"{7:024x}"
    held = call("ask", "rows", stream, row, "--home", home)
    assert (held.code, str(plot) in held.out) == (0, True)
    assert json.loads(call("ask", "point", plot, 7, "--home", home, "--json").out)["row"] == row
    assert "embedding" in call("ask", "columns", plot, "y", "--home", home).out
    assert json.loads(call("ask", "rows", stream, "--index", "--home", home, "--json").out)["filters"] == 1
    assert call("ask", "rows", stream, "--home", home).code == USAGE
    assert call("ask", "rows", stream, "--index", "--files", 3, "--home", home).code == USAGE
    missing = call("ask", "rows", stream, "nobody", "--home", home)
    assert (missing.code, "has no row 'nobody'" in missing.err) == (FAILED, True)


def test_bytes_are_an_exit_status(call: Call, plotted: tuple[Path, NodeId, NodeId]) -> None:
    home, _, plot = plotted
    assert call("ask", "verify", plot, "--home", home).code == 0
    store = build(Settings(home=home))
    digest = str(store.store.get(plot).attributes["digest"])
    store.close()
    path = home / "artifacts" / "blobs" / digest[:2] / digest
    sound = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(b"other")
    bad = call("ask", "verify", plot, "--alone", "--home", home)
    path.write_bytes(sound)
    assert (bad.code, "damaged" in bad.out) == (FAILED, True)


def test_who_did_what_and_what_may_go(call: Call, plotted: tuple[Path, NodeId, NodeId]) -> None:
    home, stream, plot = plotted
    assert "created" in call("ask", "audit", stream, "--home", home).out
    assert json.loads(call("ask", "deletion", plot, "--home", home, "--json").out)["bytes_freed"] > 0
    assert json.loads(call("ask", "retention", "--older-than", 0, "--home", home, "--json").out)["partial"] is False


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (("environments", "service-3", "--package", "scikit-learn"), "1.4.2"),
        (("package", "scikit-learn", "--versions", "<1.5", "--kind", "deployment"), "service 7"),
        (("techniques", "--task", "forecast", "--metric", "rmse", "--goal", "minimise"), "lasso"),
        (("features", "--project", "shop"), "weekly"),
        (("transformations", "--project", "shop", "--metric", "rmse"), "log"),
        (("gains", "day", "--project", "shop", "--metric", "rmse"), "attribute: day"),
        (("datasets", "--project", "shop"), "count: 23"),
        (("influences", "--project", "shop"), "holdout"),
        (("derived", "holdout", "--active"), "service 22"),
        (("trained", "lasso"), "rmse=29"),
        (("recipe", "fit-3"), "the version of the code"),
        (("ranking", "--project", "shop", "--metric", "rmse", "--goal", "minimise", "--limit", "1"), "forest"),
    ],
)
def test_a_question_prints_its_answer(
    call: Call, periods: tuple[Path, PeriodGraph], words: tuple[str, ...], shown: str
) -> None:
    home, graph = periods
    given = (str(graph.nodes.get(word, word)) if 0 < number < 2 else word for number, word in enumerate(words))
    said = call("ask", *given, "--home", home)
    assert (said.code, said.err) == (0, "")
    assert shown in said.out


def test_a_period_is_given_as_times(call: Call, periods: tuple[Path, PeriodGraph]) -> None:
    home, _ = periods
    words = ("--start", began(5), "--end", began(8), "--home", home, "--json")
    assert json.loads(call("ask", "datasets", "--task", "forecast", *words).out)["count"] == 4
