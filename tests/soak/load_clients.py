"""A store of many runs, and clients that read it, append to runs of their own and log others."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from uuid import UUID

import orjson

from tests.acceptance.processes import Server
from tests.soak.open_loop import Request

PROJECT = "load"
BATCH = 500
SHARED = 50
"""Files that the runs read, two each."""
ROWS_A_CHUNK = 20
READS, APPENDS = 0.7, 0.2
"""Shares of the requests; the rest log runs."""


def fill(server: Server, runs: int) -> Sequence[str]:
    """Log so many runs over REST; return their keys."""
    _posted(server, "/api/v1/projects", {"name": PROJECT})
    chance = Random(1)
    _posted(server, "/api/v1/batch", {"actions": [_logged(chance, f"first-{n}", ()) for n in range(SHARED)]})
    page = server.get(f"/api/v1/artifacts?limit={SHARED}").body
    shared = [str(item["id"]) for item in page["items"]]
    keys = [f"old-{number}" for number in range(runs)]
    for first in range(0, runs, BATCH):
        actions = [_logged(chance, key, chance.sample(shared, 2)) for key in keys[first : first + BATCH]]
        _posted(server, "/api/v1/batch", {"actions": actions})
    return keys


def _logged(chance: Random, key: str, inputs: Sequence[str]) -> dict[str, object]:
    return {
        "action": "run",
        "method": f"training-{chance.randrange(5)}",
        "project": PROJECT,
        "key": key,
        "name": f"load {key}",
        "params": {"layers": chance.randrange(12), "rate": round(chance.random(), 4)},
        "metrics": {"accuracy": round(chance.random(), 4)},
        "tags": [f"tag-{chance.randrange(10)}"],
        "inputs": [{"node": node, "role": "data"} for node in inputs],
        "outputs": [
            {
                "role": "model",
                "attributes": {"digest": f"{chance.getrandbits(256):064x}", "bytes": 1, "media_type": "text/plain"},
            }
        ],
    }


def _posted(server: Server, path: str, body: object) -> None:
    answer = server.post(path, body)
    assert answer.status in (200, 201), answer
    answers = answer.body.get("answers", ()) if isinstance(answer.body, dict) else ()
    assert all(one["status"] < 300 for one in answers), answers


@dataclass(slots=True)
class Mixed:
    """Reads what is there, appends to a run of its own, logs runs; remembers what was acknowledged."""

    number: int
    keys: Sequence[str]
    run: str
    chunks: int = 0
    """So many chunks were acknowledged: the next has this number."""
    logged: list[str] = field(default_factory=list)
    _count: int = 0

    @classmethod
    def beginning(cls, server: Server, number: int, keys: Sequence[str]) -> "Mixed":
        """Begin the run that the client appends to."""
        run = str(UUID(int=number + (1 << 64), version=4))
        body = {"method": "script", "project": PROJECT, "key": run, "state": "STARTED"}
        _posted(server, "/api/v1/runs", body)
        client = cls(number, keys, run)
        request = client._append()
        _posted(server, request.path, orjson.loads(request.body))
        client.answered(request, 201)
        return client

    def next(self, chance: Random) -> Request:
        """Return a read, a chunk or a run."""
        what = chance.random()
        if what < READS:
            return self._read(chance)
        return self._append() if what < READS + APPENDS else self._log(chance)

    def answered(self, request: Request, status: int) -> None:
        """Remember what was acknowledged; a chunk that was not is sent again when the next one is due."""
        if status not in (200, 201):
            return
        if request.kind == "append":
            self.chunks += 1
        elif request.kind == "run":
            self.logged.append(orjson.loads(request.body)["key"])

    def _read(self, chance: Random) -> Request:
        key, which = chance.choice(self.keys), chance.random()
        if which < 0.4:
            return Request("read", "GET", f"/api/v1/runs/{key}")
        if which < 0.6:
            wanted = {
                "kind": "run",
                "filter": f"tags = 'tag-{chance.randrange(10)}' and metrics.accuracy > 0.9",
                "limit": 20,
            }
            return Request("read", "POST", "/api/v1/search", orjson.dumps(wanted))
        if which < 0.8:
            return Request("read", "GET", f"/api/v1/lineage/run/{key}?direction=upstream")
        if which < 0.9:
            return Request("read", "GET", f"/api/v1/history/run/{key}")
        return Request("read", "GET", f"/api/v1/runs/{self.run}/rows?fields=loss")

    def _append(self) -> Request:
        first = self.chunks * ROWS_A_CHUNK
        steps = list(range(first, first + ROWS_A_CHUNK))
        columns = {"step": steps, "loss": [1 / (step + 1) for step in steps]}
        path = f"/api/v1/runs/{self.run}/chunks?logger=load&sequence={self.chunks}"
        return Request("append", "POST", path, orjson.dumps({"columns": columns}))

    def _log(self, chance: Random) -> Request:
        self._count += 1
        run = _logged(chance, f"new-{self.number}-{self._count}", ())
        del run["action"]
        return Request("run", "POST", "/api/v1/runs", orjson.dumps(run))
