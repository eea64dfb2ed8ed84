"""Requests that many tests begin with, on scikit-learn's digits."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import orjson
from falcon.testing import Result, TestClient

ROWS = "application/json"
EMBEDDING_DIMENSION = 64
SIGNATURE: dict[str, Any] = {
    "inputs": [{"name": "image", "shape": [8, 8], "dtype": "float32", "profile": "image"}],
    "outputs": [
        {"name": "embedding", "shape": [1, EMBEDDING_DIMENSION], "dtype": "float32", "profile": "NUMERICAL"},
        {"name": "class", "shape": [], "dtype": "int64", "profile": "nominal"},
        {"name": "confidence", "shape": [], "dtype": "float32", "profile": "numerical"},
    ],
}


@cache
def digits(count: int = 60) -> Sequence[dict[str, Any]]:
    """Return production rows: the pixels of a digit as its embedding, class, confidence and an anomaly score."""
    from sklearn.datasets import load_digits

    data = load_digits()
    return tuple(
        {
            "_id": f"digit-{number}",
            "embedding": [float(pixel) for pixel in data.data[number]],
            "class": int(data.target[number]),
            "confidence": round(0.5 + float(data.data[number].mean()) / 32, 4),
            "anomaly": float(data.data[number].std()),
        }
        for number in range(count)
    )


def register(client: TestClient, *, project: str = "demo", model: str = "digits") -> dict[str, Any]:
    """Register a project, a model and a version; return the version's answer."""
    posted(client, "/api/v1/projects", {"name": project})
    posted(client, "/api/v1/models", {"project": project, "name": model})
    body = {"project": project, "model": model, "signature": SIGNATURE}
    return posted(client, "/api/v1/model-versions", body)


def register_with_data(client: TestClient, *, rows: int = 60) -> dict[str, Any]:
    """Register a version with production rows and a monitoring metric; return the version's answer."""
    version = register(client)
    path = f"/api/v1/model-versions/{version['id']}"
    posted(client, f"{path}/metric-specs", {"name": "anomaly", "threshold": 6.0, "operation": "Less"})
    sent = send_rows(client, f"{path}/production-data", digits(rows))
    assert sent.status_code == 201, sent.text
    return version


def send_rows(client: TestClient, path: str, rows: Sequence[dict[str, Any]], *, method: str = "POST") -> Result:
    """Send rows as JSON."""
    return client.simulate_request(method, path, body=orjson.dumps(list(rows)), headers={"Content-Type": ROWS})


def posted(client: TestClient, path: str, body: object) -> dict[str, Any]:
    """Post JSON that must be accepted, and return the answer."""
    result = client.simulate_post(path, json=body)
    assert result.status_code in (200, 201, 202), result.text
    answer: dict[str, Any] = result.json
    return answer
