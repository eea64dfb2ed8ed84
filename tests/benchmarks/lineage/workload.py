"""The three workloads and their reference answers. Deterministic; standard library only.

A: 200 shared artifacts, then runs that read two of them, make one artifact, and have ten parameters.
B: a graph of 11 levels of artifacts, each made by a run that reads three artifacts of the level before; `local`
   reads neighbours, `dense` reads at random (3**10 paths lead to each artifact of the last level).
C: runs as in A with three metrics; one parameter equal, one metric in a range, newest first, 100 of them.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

SHARED = 200
LEVELS = 11
WIDTH = 455
PAGE = 100
START_MS = 1_700_000_000_000


@dataclass(frozen=True)
class Run:
    key: str
    inputs: tuple[str, ...]
    output: str
    params: dict[str, str]
    metrics: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Query:
    param: str
    value: str
    metric: str
    low: float
    high: float


def shared_artifacts() -> list[str]:
    return [f"shared-{number:04d}" for number in range(SHARED)]


def ingest_runs(count: int, *, seed: int = 1, prefix: str = "a", metrics: int = 0) -> Iterator[Run]:
    """Yield the runs of workload A; with metrics, those of workload C."""
    chance = random.Random(seed)
    shared = shared_artifacts()
    for number in range(count):
        params = {f"p{index}": f"v{chance.randrange(20)}" for index in range(10)}
        measured = {f"m{index}": round(chance.random(), 6) for index in range(metrics)}
        inputs = tuple(chance.sample(shared, 2))
        yield Run(f"{prefix}-run-{number:06d}", inputs, f"{prefix}-out-{number:06d}", params, measured)


def search_runs(count: int) -> list[Run]:
    return list(ingest_runs(count, seed=2, prefix="c", metrics=3))


def layered(wiring: str, *, width: int = WIDTH, seed: int = 3) -> tuple[list[str], list[Run]]:
    """Return the artifacts of level 0 and the runs of workload B, in an order in which inputs come first."""
    chance = random.Random(seed)
    runs = []
    for level in range(1, LEVELS):
        for place in range(width):
            if wiring == "dense":
                read = chance.sample(range(width), 3)
            else:
                read = [(place + step) % width for step in (-1, 0, 1)]
            inputs = tuple(artifact(wiring, level - 1, index) for index in read)
            runs.append(
                Run(f"{wiring}-X{level:02d}-{place:04d}", inputs, artifact(wiring, level, place), {"level": str(level)})
            )
    return [artifact(wiring, 0, place) for place in range(width)], runs


def artifact(wiring: str, level: int, place: int) -> str:
    return f"{wiring}-L{level:02d}-{place:04d}"


def starts(wiring: str, direction: str, count: int, *, width: int = WIDTH, seed: int = 5) -> list[str]:
    """Return where lineage is asked for: the last level going up, the first going down."""
    chance = random.Random(seed)
    level = LEVELS - 1 if direction == "up" else 0
    return [artifact(wiring, level, chance.randrange(width)) for _ in range(count)]


def closures(runs: list[Run]) -> Callable[[str, str], set[str]]:
    """Return the reference answer: (artifact, direction) to all artifacts reached, without the start."""
    steps: dict[str, dict[str, set[str]]] = {"up": defaultdict(set), "down": defaultdict(set)}
    for run in runs:
        for name in run.inputs:
            steps["up"][run.output].add(name)
            steps["down"][name].add(run.output)

    def closure(start: str, direction: str) -> set[str]:
        seen, waiting = {start}, [start]
        while waiting:
            new = steps[direction][waiting.pop()] - seen
            seen |= new
            waiting += new
        return seen - {start}

    return closure


def queries(count: int, seed: int = 4) -> list[Query]:
    chance = random.Random(seed)
    made = []
    for _ in range(count):
        low = round(chance.random() * 0.5, 3)
        names = f"p{chance.randrange(10)}", f"v{chance.randrange(20)}", f"m{chance.randrange(3)}"
        made.append(Query(*names, low, low + 0.5))
    return made


def found(runs: list[Run], query: Query) -> list[str]:
    """Return the reference answer of a search."""
    keys = [
        run.key
        for run in runs
        if run.params[query.param] == query.value and query.low <= run.metrics[query.metric] <= query.high
    ]
    return keys[::-1][:PAGE]
