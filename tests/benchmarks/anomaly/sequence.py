"""H2O's scoring sequence as its clients send it, the same requests to either service."""

import http.client
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from tests.benchmarks.rest import IDLE_MAX_S

POLL_S = 0.01
"""Between two looks at a job."""
STEPS = ("import", "setup", "parse", "predict", "download", "delete")
FORM, CSV, JSON = "application/x-www-form-urlencoded", "text/csv", "application/json"


class Calls:
    """One kept-alive connection."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=300)
        self._used = time.monotonic()

    def close(self) -> None:
        self._connection.close()

    def send(self, method: str, path: str, body: bytes | None = None, media: str = "", accept: str = "*/*") -> bytes:
        headers = {"Accept": accept, **({"Content-Type": media} if media else {})}
        if time.monotonic() - self._used > IDLE_MAX_S:
            self._connection.close()
        self._connection.request(method, path, body=body, headers=headers)
        answer = self._connection.getresponse()
        data = answer.read()
        self._used = time.monotonic()
        assert answer.status < 400, (path, answer.status, data[:800])
        return data

    def form(self, path: str, /, **fields: object) -> Any:
        told = {name: value if isinstance(value, str) else json.dumps(value) for name, value in fields.items()}
        return json.loads(self.send("POST", path, urlencode(told).encode(), FORM))

    def json(self, path: str, body: object) -> Any:
        return json.loads(self.send("POST", path, json.dumps(body).encode(), JSON))

    def get(self, path: str) -> Any:
        return json.loads(self.send("GET", path))


def whole(calls: Calls, path: Path, model: str, *, lines: int) -> dict[str, float]:
    """Send the whole sequence for a file, and return the seconds of each step and of all."""
    times = [time.perf_counter()]
    source = calls.form("/3/ImportFiles", path=str(path))["destination_frames"][0]
    times.append(time.perf_counter())
    setup = calls.form("/3/ParseSetup", source_frames=[source])
    times.append(time.perf_counter())
    parse(calls, source, setup, "rows.hex")
    times.append(time.perf_counter())
    predict(calls, model, "rows.hex", "scores")
    times.append(time.perf_counter())
    found = calls.send("GET", "/3/DownloadDataset?frame_id=scores")
    assert found.count(b"\n") >= lines, found[:200]
    times.append(time.perf_counter())
    for name in ("rows.hex", "scores"):
        calls.send("DELETE", f"/3/Frames/{name}")
    times.append(time.perf_counter())
    taken = {step: end - begin for step, begin, end in zip(STEPS, times[:-1], times[1:], strict=True)}
    return {**taken, "whole": times[-1] - times[0]}


def parse(calls: Calls, source: str, setup: Mapping[str, Any], name: str) -> None:
    """Parse a file into a frame, and poll until that is done."""
    same = ("separator", "check_header", "number_columns", "column_names", "column_types", "chunk_size")
    asked = {field: setup[field] for field in same}
    begun = calls.form(
        "/3/Parse", destination_frame=name, source_frames=[source], parse_type="CSV", delete_on_done=True, **asked
    )
    job = quote(begun["job"]["key"]["name"], safe="")
    while (state := calls.get(f"/3/Jobs/{job}")["jobs"][0]["status"]) != "DONE":
        assert state in ("CREATED", "RUNNING"), state
        time.sleep(POLL_S)


def predict(calls: Calls, model: str, frame: str, name: str) -> None:
    """Score a frame."""
    calls.form(f"/3/Predictions/models/{model}/frames/{frame}", predictions_frame=name, reconstruction_error=True)
