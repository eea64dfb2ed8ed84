"""How the questions grow with the runs in the store: over REST, beside plain SQL on documents of the same graph.

    python -m tests.benchmarks.questions.curve [--runs 1000 10000 100000] [--rounds 5] [--chart FILE.svg]

The graph is that of `tests.benchmarks.scaling`: chains of ten runs. The floor (`tests/benchmarks/lineage/targets/
floor.py`) runs in this process and answers lineage, impact and the filter; of the others there is none. Answers are
compared with what is known of the runs; a wrong one ends the program.
"""

import argparse
import random
import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson

from tests.benchmarks.lineage.targets import embedded, floor
from tests.benchmarks.lineage.workload import PAGE, shared_artifacts
from tests.benchmarks.rest import Rest
from tests.benchmarks.scaling import workload
from tests.benchmarks.scaling.chart import chart
from tests.benchmarks.scaling.measured import Figure, median_ms, rounds_of
from tests.benchmarks.service_process import running_service

BATCH = 2000
ASKED = 40
FACETS = ["method", "params.p0", "params.p1"]

Ask = Callable[[], Any]
Line = tuple[str, Sequence[Ask], Sequence[Ask] | None]


def main() -> None:
    """Grow both, ask at each size, print a table, draw the curves."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--chart", type=Path)
    arguments = parser.parse_args()
    figures: list[Figure] = []
    for size in arguments.runs:
        with tempfile.TemporaryDirectory(prefix="questions-curve-") as folder:
            figures += measured(Path(folder), size, arguments.rounds)
    print(table(figures, arguments.runs))
    if arguments.chart:
        names = dict.fromkeys(figure.question for figure in figures)
        lines = {name: [(f.size, f.median) for f in figures if f.question == name] for name in names}
        words = {"title": "Questions over REST", "across": "runs in the store", "up": "median, ms"}
        arguments.chart.write_text(chart(lines, **words), encoding="utf-8")


def measured(folder: Path, size: int, rounds: int) -> list[Figure]:
    """Fill both with runs, serve ours, and ask in turns."""
    targets = embedded.Target(folder), floor.Target(folder)
    for target in targets:
        target.add_artifacts(shared_artifacts())
        for first in range(0, size, BATCH):
            target.commit(list(workload.runs(first, min(first + BATCH, size))))
    targets[0].close()
    with running_service(folder, workers=0) as service:
        rest = Rest(service.url)
        figures = [figure(line, size, rounds) for line in lines_of(rest, targets[1], size)]
        rest.close()
    targets[1].close()
    return figures


def figure(line: Line, size: int, rounds: int) -> Figure:
    """Ask a question in rounds, ours and the floor in turn."""
    name, asks, floors = line
    least = None if floors is None else partial(median_ms, floors)
    return rounds_of(name, size, partial(median_ms, asks), least, rounds=rounds)


def lines_of(rest: Rest, least: floor.Target, size: int) -> Iterator[Line]:
    """Yield each question: how ours is asked, and how the floor is."""
    ends = [end for end, _ in workload.chain_ends(size, ASKED)]
    begins = [begin for begin, _ in workload.chain_begins(size, ASKED)]
    runs = [workload.run(number).key for number in random.Random(3).sample(range(size), ASKED)]
    filters = [
        f'params.p0 = "{query.value}" and metrics.m0 >= {query.low} and metrics.m0 <= {query.high}'
        for query in workload.searches("many", size, ASKED)
    ]
    check(rest, size)
    yield "origin", [get(rest, f"/origin/artifact/{end}") for end in ends], None
    yield "history", [get(rest, f"/history/run/{run}") for run in runs], None
    yield "difference of two runs", [get(rest, f"/diff?a=run/{a}&b=run/{b}") for a, b in pairwise(runs)], None
    floors = [partial(least.lineage, end, "up") for end in ends]
    yield "lineage, 10 runs back", [get(rest, f"/lineage/artifact/{end}") for end in ends], floors
    floors = [partial(least.lineage, begin, "down") for begin in begins]
    yield "impact, 9 runs on", [get(rest, f"/impact/artifact/{begin}") for begin in begins], floors
    floors = [partial(least.search, query) for query in workload.searches("many", size, ASKED)]
    yield "filter, a full page", [get(rest, f"/runs?limit={PAGE}&filter={quote(text)}") for text in filters], floors
    yield (
        "facets of a twentieth",
        [post(rest, f'params.p0 = "v{n % 20}" and metrics.m0 >= {n / 1e9}') for n in range(ASKED // 4)],
        None,
    )
    yield "facets of nineteen twentieths", [post(rest, f'not params.p0 = "v{n % 20}"') for n in range(ASKED // 4)], None
    yield "the same facets again", [post(rest, 'not params.p0 = "v1"', again=True)] * ASKED, None


def get(rest: Rest, path: str) -> Ask:
    return partial(rest.get, f"/api/v1{path}")


def post(rest: Rest, where: str, *, again: bool = False) -> Ask:
    """Return a question for facets. What was counted is kept, so each has a condition of its own, but if `again`."""
    numbers = iter(range(10**9))

    def ask() -> bytes:
        text = where if again else f"({where}) and not metrics.m0 = {2 + next(numbers)}"
        return rest.post("/api/v1/search", orjson.dumps({"kind": "run", "filter": text, "facets": FACETS, "limit": 0}))

    return ask


def check(rest: Rest, size: int) -> None:
    """Compare answers with what is known."""
    (end, reached), (begin, onward) = workload.chain_ends(size, 1)[0], workload.chain_begins(size, 1)[0]
    nodes = orjson.loads(get(rest, f"/lineage/artifact/{end}")())["nodes"]
    assert {node["id"].partition("/")[2] for node in nodes if node["kind"] == "artifact"} == {*reached, end}
    affected = orjson.loads(get(rest, f"/impact/artifact/{begin}")())["affected"]
    assert {one["node"].partition("/")[2] for one in affected if one["node"].startswith("artifact/")} >= onward
    counted = orjson.loads(post(rest, 'not params.p0 = "v3"')())
    wanted = sum(workload.run(number).params["p0"] != "v3" for number in range(size))
    assert counted["total"] == wanted, (counted["total"], wanted)


def table(figures: Sequence[Figure], sizes: Sequence[int]) -> str:
    """Return the medians, and how many times the floor they are."""
    out = [
        "| by runs in the store | " + " | ".join(f"{size:,}" for size in sizes) + " |",
        "|---" * (len(sizes) + 1) + "|",
    ]
    for name in dict.fromkeys(figure.question for figure in figures):
        cells = [cell(figure) for figure in figures if figure.question == name]
        out.append(f"| {name}, ms | {' | '.join(cells)} |")
    return "\n".join(out)


def cell(figure: Figure) -> str:
    ratio = f" ({statistics.median(figure.ratios):.1f}x)" if figure.ratios else ""
    return f"{figure.median:.1f}{ratio}"


if __name__ == "__main__":
    main()
