"""The scaling benchmark measures what it says, at sizes at which that takes a moment."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.benchmarks.lineage.workload import Query
from tests.benchmarks.scaling import workload
from tests.benchmarks.scaling.chart import chart
from tests.benchmarks.scaling.graph import Growing
from tests.benchmarks.scaling.history import History
from tests.benchmarks.scaling.hub import Hub
from tests.benchmarks.scaling.measured import Figure
from tests.benchmarks.scaling.queue import Queue
from tests.benchmarks.scaling.report import table


@pytest.mark.slow  # it collects garbage before each figure, of which a process of many tests has much
@pytest.mark.parametrize(
    ("part", "sizes"), [(Growing, (300, 700)), (Hub, (1001, 1200)), (History, (5, 9)), (Queue, (60, 120))]
)
def test_a_part_grows_and_its_answers_are_right(part: type, sizes: tuple[int, int], tmp_path: Path) -> None:
    growing = part(tmp_path)
    try:
        first, second = (growing.grown_to(size, rounds=1) for size in sizes)
    finally:
        growing.close()
    assert first[1]
    assert second[1]
    assert [figure.question for figure in first[0]] == [figure.question for figure in second[0]]
    assert {figure.size for figure in second[0]} == {sizes[1]}
    assert all(figure.median > 0 for figure in first[0] + second[0])


@pytest.mark.slow
def test_a_wrong_answer_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workload, "found", lambda query, size: ["another"])
    growing = Growing(tmp_path)
    try:
        assert not growing.grown_to(300, rounds=1)[1]
    finally:
        growing.close()


def test_the_reference_search_is_the_plain_one() -> None:
    query = Query("p0", "v3", "m0", 0.25, 0.75)
    every = [run for run in workload.runs(0, 2000) if run.params["p0"] == "v3" and 0.25 <= run.metrics["m0"] <= 0.75]
    assert workload.found(query, 2000) == [run.key for run in reversed(every)][:100]
    assert all(run.metrics["m1"] < (int(run.params["p1"][1:]) + 1) / 20 for run in workload.runs(0, 500))


def test_the_table_has_a_ratio_of_each_round() -> None:
    figures = [
        Figure("commit", 10, "ms", (2.0, 4.0), (1.0, 1.0)),
        Figure("commit", 100, "ms", (3.0, 3.0)),
        Figure("rate", 10, "runs/s", (50.0,), (100.0,)),
    ]
    lines = table(figures, heading="by runs").splitlines()
    assert lines[0] == "| by runs | 10 | 100 |"
    assert lines[2] == "| commit, ms | 3.00 (3.0x, 2.0-4.0) | 3.00 |"
    assert lines[3] == "| rate, runs/s | 50.0 (2.0x, 2.0-2.0) | - |"


def test_the_chart_has_each_line_inside_its_frame() -> None:
    lines = {"a < b": [(1000.0, 0.2), (10_000.0, 30.0)], "flat": [(1000.0, 1.0), (10_000.0, 1.0)]}
    root = ET.fromstring(chart(lines, title="t", across="x", up="y"))
    dots = [
        (float(dot.attrib["cx"]), float(dot.attrib["cy"])) for dot in root.iter("{http://www.w3.org/2000/svg}circle")
    ]
    assert len(dots) == 4
    assert all(70 <= x <= 510 and 40 <= y <= 370 for x, y in dots)
    assert dots[2][1] == dots[3][1]
    assert "a < b" in [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
