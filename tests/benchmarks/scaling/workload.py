"""The growing graph: chains of runs, each known from its number alone, so that answers can be checked without it.

Each run reads the output of the run before it in its chain and one of 200 shared artifacts, which grow into hubs.
So the answer to an ordinary question of lineage is as large in a graph of a million runs as in one of a thousand.
"""

import random
from collections.abc import Iterator

from tests.benchmarks.lineage.workload import PAGE, SHARED, Query, Run

CHAIN = 10
VALUES = 20
FOREVER = 2.0
"""Above every metric."""


def run(number: int) -> Run:
    """Return one run: it reads what the run before it in its chain made, and one shared artifact."""
    chance = random.Random(number)
    inputs = [_shared(number)] + ([_output(number - 1)] if number % CHAIN else [])
    drawn = [chance.randrange(VALUES) for _ in range(4)]
    params = {f"p{index}": f"v{value}" for index, value in enumerate(drawn)} | {"batch": f"b{number // CHAIN}"}
    # m1 follows p1, so that a condition on both may be met by nothing though each of them is met by many
    metrics = {"m0": round(chance.random(), 6), "m1": round((drawn[1] + chance.random()) / VALUES, 6)}
    return Run(f"s-run-{number:09d}", tuple(inputs), _output(number), params, metrics)


def runs(first: int, last: int) -> Iterator[Run]:
    """Yield the runs of these numbers, the last one left out."""
    return map(run, range(first, last))


def _output(number: int) -> str:
    return f"s-out-{number:09d}"


def _shared(number: int) -> str:
    return f"shared-{number % SHARED:04d}"


def chain_ends(size: int, count: int, *, seed: int = 11) -> list[tuple[str, set[str]]]:
    """Return last artifacts of whole chains, each with all artifacts upstream of it."""
    starts = _chain_starts(size, count, seed)
    upstream = [{_shared(n) for n in range(s, s + CHAIN)} | {_output(n) for n in range(s, s + CHAIN)} for s in starts]
    ends = [_output(start + CHAIN - 1) for start in starts]
    return [(end, reached - {end}) for end, reached in zip(ends, upstream, strict=True)]


def chain_begins(size: int, count: int, *, seed: int = 12) -> list[tuple[str, set[str]]]:
    """Return first artifacts of whole chains, each with all artifacts downstream of it."""
    starts = _chain_starts(size, count, seed)
    return [(_output(start), {_output(n) for n in range(start + 1, start + CHAIN)}) for start in starts]


def _chain_starts(size: int, count: int, seed: int) -> list[int]:
    chance = random.Random(seed)
    return [CHAIN * chance.randrange(size // CHAIN) for _ in range(count)]


def searches(name: str, size: int, count: int) -> list[Query]:
    """Return searches for runs: `many` fill a page soon, `few` match one chain, `none` match nothing.

    Each of the two conditions of `none` is met by a large share of all runs, so that no index alone answers it.
    """
    chance = random.Random(13)
    if name == "few":
        chains = [chance.randrange(size // CHAIN) for _ in range(count)]
        return [Query("batch", f"b{chain}", "m0", 0.0, FOREVER) for chain in chains]
    values = [chance.randrange(VALUES // 4) for _ in range(count)]
    if name == "none":
        return [Query("p1", f"v{value}", "m1", 0.5, FOREVER) for value in values]
    return [Query("p0", f"v{value}", "m0", 0.25, 0.75) for value in values]


def found(query: Query, size: int) -> list[str]:
    """Return the reference answer of a search among the first `size` runs."""
    keys: list[str] = []
    if query.param == "batch":
        first = CHAIN * int(query.value[1:])
        candidates = range(first + CHAIN - 1, first - 1, -1)
    else:
        candidates = range(size - 1, -1, -1)
    if query.param == "p1":  # m1 is below (p1 + 1) / VALUES, so nothing can match: no need to look at all runs
        return keys
    for number in candidates:
        one = run(number)
        if one.params[query.param] == query.value and query.low <= one.metrics[query.metric] <= query.high:
            keys.append(one.key)
        if len(keys) == PAGE:
            break
    return keys
