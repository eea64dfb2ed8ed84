"""Two projects filled through the API, each by a token of its own, and clients that show tokens."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from falcon.testing import Result, TestClient

from arangovis.domain.access import Role
from arangovis.domain.graph import Caller
from arangovis.services.access.tokens import TokenWanted
from arangovis.wiring import Arangovis, worker_context
from arangovis.workers.inline import drain
from tests.api.samples import SIGNATURE, digits

ADMIN = Caller("the admin", "setting-up")
OURS, THEIRS = "vision", "hearing"
CANARY = "kestrel"
"""Stands in every node of their project, and in nothing that the tests send."""
API = "/api/v1"
CSV = b"size,colour\n1,red\n2,blue\n3,red\n4,green\n"
JSON = {"Content-Type": "application/json"}


@dataclass
class Holder:
    """A client that shows a token, and remembers what it sent."""

    client: TestClient
    token: str | None = field(default=None, repr=False)
    sent: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    def ask(self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> Result:
        self.sent.append((method, path, {**more, "headers": dict(headers or {})}))
        shown = {} if self.token is None else {"Authorization": f"Bearer {self.token}"}
        return self.client.simulate_request(
            method, path, host="localhost", headers={**shown, **(headers or {})}, **more
        )

    def get(self, path: str, **more: Any) -> Result:
        return self.ask("GET", path, **more)

    def post(self, path: str, json: object, **more: Any) -> Result:
        return self.ask("POST", path, json=json, **more)

    def done(self, method: str, path: str, body: object = None, **more: Any) -> Any:
        """Ask for what must be done, and return the answer."""
        given = more
        if body is not None:
            given = {"body": body if isinstance(body, bytes) else orjson.dumps(body), "headers": JSON} | more
        result = self.ask(method, f"{API}{path}" if not path.startswith(("/3", "/vis")) else path, **given)
        assert result.status_code in (200, 201, 202, 204), f"{method} {path}: {result.status} {result.text}"
        return result.json if result.content else None


def holder(service: Arangovis, client: TestClient, role: Role, *projects: str, **wanted: Any) -> Holder:
    """Return a client with a new token."""
    asked = TokenWanted(wanted.pop("name", f"{role}-token"), role, projects=projects or None, **wanted)
    return Holder(client, service.access.tokens.create(asked, ADMIN).secret)


def fill(service: Arangovis, by: Holder, project: str, mark: str) -> dict[str, str]:
    """Do in a project what its people do, marking all of it; return the ids that were made, by what they are."""
    about = {"description": mark, "tags": [mark]}
    made: dict[str, str] = {}
    made["model"] = by.done("POST", "/models", {"project": project, "name": "digits", **about})["node"]
    body = {"project": project, "model": "digits", "version": "1", "signature": SIGNATURE}
    version = by.done("POST", "/model-versions", body)
    number, made["version"] = version["id"], version["node"]
    at = f"/model-versions/{number}"
    by.done("PUT", f"{at}/training-data", [{**row, "note": mark} for row in digits(30)])
    by.done("POST", f"{at}/production-data", [{**row, "note": mark} for row in digits(40)])
    by.done("POST", f"{at}/metric-specs", {"name": "anomaly", "threshold": 6.0, "operation": "Less"})
    body = {"model_version_id": number, "parameters": {"n_components": 2}}
    by.done("POST", "/visualization/plottable_embeddings/pca", {"model_version_id": number})
    made |= _runs(by, project, mark, made["version"])
    by.done("POST", "/saved-searches", {"project": project, "name": "mine", "kinds": ["run"], "description": mark})
    by.done("POST", "/saved-views", {"project": project, "name": "mine", "address": "live", "description": mark})
    by.done("PUT", "/aliases", {"project": project, "model": "digits", "alias": "champion", "number": number})
    made["data"] = by.done("POST", "/datasets", {"project": project, "name": "birds", **about})["node"]
    upload = by.done(
        "POST",
        f"/uploads?name={project}.csv&project={project}",
        headers={"Content-Type": "text/csv"},
        body=CSV + f"5,{mark}\n".encode(),
    )
    made["upload"] = upload["node"]
    parsed = by.done("POST", "/frames", {"source": upload["node"], "name": f"frame of {project}"})
    made["parse"] = parsed["id"]
    drain(worker_context(service))
    return made | {"number": str(number)}


def _runs(by: Holder, project: str, mark: str, version: str) -> dict[str, str]:
    key = f"0000000{len(project)}-0000-4000-8000-00000000000{len(project)}"
    body = {
        "key": key,
        "method": "training",
        "project": project,
        "name": "training",
        "tags": [mark],
        "params": {"optimizer": mark},
        "metrics": {"accuracy": 0.9},
        "inputs": [{"node": version, "role": "start"}],
        "outputs": [
            {
                "role": "report",
                "attributes": {"digest": f"{len(project)}" * 64, "bytes": 3, "name": mark, "media_type": "text/plain"},
            }
        ],
    }
    run = by.done("POST", "/runs", body)["node"]
    open_key = f"0000000{len(project)}-0000-4000-8000-0000000000{len(project)}0"
    started = {"key": open_key, "method": "script", "project": project, "state": "STARTED", "name": mark}
    by.done("POST", "/runs", started)
    for name, kind in (("step", "int"), ("loss", "float")):
        by.done("POST", "/fields", {"project": project, "name": name, "kind": kind, "description": mark})
    rows = {"columns": {"step": [1, 2, 3], "loss": [0.5, 0.4, 0.3]}}
    by.done("POST", f"/runs/{open_key}/chunks?logger=rank-0&sequence=0", rows)
    by.done("PUT", f"/runs/{open_key}/attributes", {"step": 3})
    return {"run": run, "open run": f"run/{open_key}"}
