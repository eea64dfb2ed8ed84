"""Events of OpenLineage as producers send them."""

from typing import Any

PRODUCER = "https://example.org/producer"
SPEC = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/"
RUN = "01941f29-7c00-7e2b-8f4d-1a2b3c4d5e6f"
PARENT = "01941f29-7c00-7000-8000-00000000aaaa"
HOUR_US = 3600 * 1_000_000
NOON_US = 1_767_268_800_000_000
NOON = "2026-01-01T12:00:00Z"


def at(minute: int) -> str:
    return f"2026-01-01T12:{minute:02}:00.000Z"


def facet(**content: Any) -> dict[str, Any]:
    return {"_producer": PRODUCER, "_schemaURL": f"{SPEC}BaseFacet", **content}


def dataset(name: str = "rides", namespace: str = "postgres://host:5432", **facets: Any) -> dict[str, Any]:
    return {"namespace": namespace, "name": name, **({"facets": facets} if facets else {})}


def version(text: str) -> dict[str, Any]:
    return facet(datasetVersion=text)


def run_event(kind: str | None = "START", minute: int = 0, *, run: str = RUN, **members: Any) -> dict[str, Any]:
    """Return a run event; `facets` and `job_facets` go to the run and the job."""
    facets, job_facets = members.pop("facets", {}), members.pop("job_facets", {})
    return {
        **({} if kind is None else {"eventType": kind}),
        "eventTime": at(minute),
        "producer": PRODUCER,
        "schemaURL": f"{SPEC}RunEvent",
        "run": {"runId": run, "facets": facets},
        "job": {"namespace": "airflow", "name": "daily.load", "facets": job_facets},
        **members,
    }


def job_event(minute: int = 0, **members: Any) -> dict[str, Any]:
    job = {"namespace": "dbt", "name": "model.rides"}
    base = {"eventTime": at(minute), "producer": PRODUCER, "schemaURL": f"{SPEC}JobEvent"}
    return {**base, "job": job, **members}


def dataset_event(said: dict[str, Any], minute: int = 0) -> dict[str, Any]:
    base = {"eventTime": at(minute), "producer": PRODUCER, "schemaURL": f"{SPEC}DatasetEvent"}
    return {**base, "dataset": said}


def column_lineage(**fields: list[tuple[dict[str, Any], str]]) -> dict[str, Any]:
    """Return the facet: of each column the data sets and columns that it was made of."""
    made = {
        to: {
            "inputFields": [
                {"namespace": source["namespace"], "name": source["name"], "field": column}
                | {"transformations": [{"type": "DIRECT", "subtype": "IDENTITY"}]}
                for source, column in sources
            ]
        }
        for to, sources in fields.items()
    }
    return facet(fields=made)
