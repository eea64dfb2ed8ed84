"""The router of the API beside falcon's own: to make one for all routes, and to find a path.

    python -m tests.benchmarks.routing

Processor time of this process, the median of five rounds, the two taken in turns.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from falcon.routing import CompiledRouter

from arangovis.settings import Settings
from arangovis.wiring import build
from arangovis_api.router import Router
from arangovis_api.routes import Route, all_routes
from arangovis_api.telemetry import Telemetry

ROUNDS = 5
TIMES = 10
KINDS: dict[str, Callable[[], Any]] = {"ours": Router, "falcon's": CompiledRouter}


def made(make: Callable[[], Any], table: Sequence[Route]) -> Any:
    """Return a router that has found its first path, which is when falcon's is compiled."""
    router = make()
    for route in table:
        router.add_route(route.path, route.resource, suffix=route.suffix)
    router.find(table[0].path)
    return router


def seconds(work: Callable[[], object]) -> float:
    """Return the processor time of some work, on average."""
    began = time.process_time()
    for _ in range(TIMES):
        work()
    return (time.process_time() - began) / TIMES


def measure(table: Sequence[Route]) -> None:
    """Print what both cost."""
    routers = {name: made(make, table) for name, make in KINDS.items()}
    making: dict[str, list[float]] = {name: [] for name in KINDS}
    finding: dict[str, list[float]] = {name: [] for name in KINDS}
    for _ in range(ROUNDS):
        for name, make in KINDS.items():
            making[name].append(seconds(lambda make=make: made(make, table)))  # type: ignore[misc]
            finding[name].append(
                seconds(lambda find=routers[name].find: [find(route.path) for route in table])  # type: ignore[misc]
            )
    print(f"{len(table)} routes")
    for name in KINDS:
        each = median(finding[name]) / len(table)
        print(f"{name:>10}: made in {median(making[name]) * 1e3:.1f} ms, a path found in {each * 1e6:.2f} us")


def main() -> None:
    """Measure on the routes of an empty home."""
    with TemporaryDirectory() as home, closing(build(Settings(home=Path(home)))) as service:
        measure(all_routes(service, Telemetry()))


if __name__ == "__main__":
    main()
