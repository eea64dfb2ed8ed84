"""Search benchmark: filters, text, orders and facets over REST on SQLite, beside plain SQL on the same file.

    python -m tests.benchmarks.search [--runs 1000 10000 100000] [--rounds 5]

The floor answers the same question by one hand-written SQL statement on the store's own tables, in this process,
without reading the nodes. Answers are compared with what is known of the runs; a wrong one ends the program.
"""

import argparse
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

import arangovis as av
from arangovis.domain.graph import Caller
from arangovis.domain.ids import NodeId
from arangovis.stores.embedded import EmbeddedStore
from arangovis.stores.transaction import Transaction
from tests.benchmarks.rest import Rest
from tests.benchmarks.service_process import running_service

BATCH = 2000
METHODS, TEAMS, WORDS = 5, 20, 50
PROJECT = "bench"


@dataclass(frozen=True, slots=True)
class Case:
    """A question, its floor, and how many nodes it finds of so many runs."""

    name: str
    asked: dict[str, Any]
    floor: str
    found: Callable[[int], int]


_NAMED = "SELECT node FROM property_by_value WHERE name = '{}' AND type = {} AND value {}"
_COUNTED = "p.name IN ('run.method', 'run.attributes.team', 'run.state') GROUP BY p.name, p.value"
CASES = (
    Case(
        "one value in 20, page of 100",
        {"filter": 'attributes.team = "team-7"', "limit": 100},
        _NAMED.format("run.attributes.team", 1, "= 'team-7'") + " ORDER BY node DESC LIMIT 100",
        lambda runs: min(100, runs // TEAMS),
    ),
    Case(
        "three conditions, page of 100",
        {"filter": 'params.n_neighbours >= 15 and metrics.trust > 0.9 and attributes.team = "team-7"', "limit": 100},
        _NAMED.format("run.attributes.team", 1, "= 'team-7'") + " ORDER BY node DESC LIMIT 100",
        lambda runs: sum(run % TEAMS == 7 and run % 30 >= 15 and run % 1000 > 900 for run in range(runs)[-100_000:]),
    ),
    Case(
        "two words, page of 100",
        {"text": "word7 mod*", "limit": 100},
        'SELECT rowid FROM words_index WHERE words_index MATCH \'"word7" AND "mod"*\' ORDER BY rowid DESC LIMIT 100',
        lambda runs: min(100, runs // WORDS),
    ),
    Case(
        "like with a prefix, page of 100",
        {"filter": 'name like "model word7 9%"', "limit": 100},
        _NAMED.format("run.name", 1, "GLOB 'model word7 9*'") + " ORDER BY node DESC LIMIT 100",
        lambda runs: min(100, sum(run % WORDS == 7 and str(run).startswith("9") for run in range(runs))),
    ),
    Case(
        "all by a metric, page of 100",
        {"order": "metrics.trust desc", "limit": 100},
        "SELECT node FROM property_by_value WHERE name = 'run.metrics.trust' AND type = 0"
        " ORDER BY value DESC, node DESC LIMIT 100",
        lambda _: 100,
    ),
    Case(
        "best of a team",
        {"filter": 'attributes.team = "team-7"', "order": "metrics.trust desc", "limit": 1},
        "SELECT p.node FROM property_by_value p WHERE p.name = 'run.metrics.trust' AND p.type = 0 AND EXISTS (SELECT 1"
        " FROM property q WHERE q.node = p.node AND q.name = 'run.attributes.team' AND q.value = 'team-7')"
        " ORDER BY p.value DESC LIMIT 1",
        lambda _: 1,
    ),
    Case(
        "three facets of all",
        {"facets": ["method", "attributes.team", "tags"], "limit": 0},
        "SELECT name, value, count(*) FROM property_by_value"
        " WHERE name IN ('run.method', 'run.attributes.team', 'run.tags') GROUP BY name, value",
        lambda runs: runs,
    ),
    Case(
        "three facets of a tenth",
        {"filter": "tags = 'tag-3'", "facets": ["method", "attributes.team", "state"], "limit": 0},
        "SELECT p.name, p.value, count(*) FROM property_by_value d JOIN property p ON p.node = d.node"
        f" WHERE d.name = 'run.tags' AND d.value = 'tag-3' AND {_COUNTED}",
        lambda runs: runs // 10,
    ),
    Case(
        "three facets of nine tenths",
        {"filter": "not tags = 'tag-3'", "facets": ["method", "attributes.team", "state"], "limit": 0},
        "SELECT p.name, p.value, count(*) FROM property p WHERE NOT EXISTS (SELECT 1 FROM property q"
        f" WHERE q.node = p.node AND q.name = 'run.tags' AND q.value = 'tag-3') AND {_COUNTED}",
        lambda runs: runs - runs // 10,
    ),
)


def main() -> None:
    """Fill a home for each size, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--questions", type=int, default=20)
    arguments = parser.parse_args()
    print("| runs | question | REST p50, ms | REST p99, ms | floor p50, ms |\n|---|---|---|---|---|")
    for runs in arguments.runs:
        with tempfile.TemporaryDirectory(prefix="search-benchmark-") as folder:
            _measure(Path(folder) / "home", runs, arguments.rounds, arguments.questions)


def _measure(home: Path, runs: int, rounds: int, questions: int) -> None:
    _fill(home, runs)
    with running_service(home, workers=0) as service:
        rest, floor = Rest(service.url), sqlite3.connect(_database(home))
        for case in CASES:
            body = orjson.dumps({"kind": "run", **case.asked})
            _check(case, orjson.loads(rest.post("/api/v1/search", body)), runs)
            asked, plain = [], []
            for _ in range(rounds):
                asked += _timed(lambda body=body: rest.post("/api/v1/search", body), questions)  # type: ignore[misc]
                plain += _timed(lambda text=case.floor: floor.execute(text).fetchall(), questions)  # type: ignore[misc]
            figures = f"{statistics.median(asked):.2f} | {_percentile(asked, 99):.2f} | {statistics.median(plain):.2f}"
            print(f"| {runs:,} | {case.name} | {figures} |", flush=True)
        rest.close()
        floor.close()


def _check(case: Case, answer: Any, runs: int) -> None:
    found = answer["total"] if case.asked.get("facets") else len(answer["items"])
    expected = min(case.found(runs), case.asked["limit"]) if case.asked["limit"] else case.found(runs)
    assert found == expected, (case.name, found, expected)


def _timed(work: Callable[[], object], times: int) -> list[float]:
    taken = []
    for _ in range(times):
        begin = time.perf_counter()
        work()
        taken.append((time.perf_counter() - begin) * 1000)
    return taken


def _percentile(values: Sequence[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def _fill(home: Path, runs: int) -> None:
    with av.connect(home=home) as client:
        client.register_project(PROJECT)
    store = EmbeddedStore(_database(home))
    for first in range(0, runs, BATCH):
        store.transact(lambda transaction, first=first: _write(transaction, first, runs), Caller("bench", "fill"))  # type: ignore[misc]
    store.close()


def _write(transaction: Transaction, first: int, runs: int) -> None:
    for number in range(first, min(first + BATCH, runs)):
        transaction.create(NodeId("run", f"run-{number:07}"), None, run_document(number))


def run_document(number: int) -> dict[str, Any]:
    """Return the attributes of a run."""
    return {
        "method": f"method-{number % METHODS}",
        "state": "ERROR" if number % 17 == 0 else "SUCCESS",
        "executor": "external",
        "name": f"model word{number % WORDS} {number}",
        "tags": [f"tag-{number % 10}"],
        "params": {"n_neighbours": number % 30, "min_dist": number % 7 / 10, "metric": "cosine"},
        "metrics": {"trust": number % 1000 / 1000, "loss": number / runs_max()},
        "attributes": {"team": f"team-{number % TEAMS}"},
    }


def runs_max() -> int:
    """Return what losses are divided by."""
    return 1_000_000


def _database(home: Path) -> Path:
    (found,) = home.glob("*.db")
    return found


if __name__ == "__main__":
    main()
