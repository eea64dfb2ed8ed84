"""Writes the event files beside it, with the classes and the serialiser of `openlineage-python`."""

import json
from pathlib import Path

from openlineage.client.event_v2 import (
    Dataset,
    DatasetEvent,
    InputDataset,
    Job,
    JobEvent,
    OutputDataset,
    Run,
    RunEvent,
    RunState,
)
from openlineage.client.facet_v2 import (
    column_lineage_dataset,
    data_quality_metrics_input_dataset,
    dataset_version_dataset,
    datasource_dataset,
    documentation_dataset,
    documentation_job,
    error_message_run,
    execution_parameters_run,
    job_type_job,
    lifecycle_state_change_dataset,
    nominal_time_run,
    output_statistics_output_dataset,
    ownership_dataset,
    ownership_job,
    parent_run,
    processing_engine_run,
    schema_dataset,
    source_code_location_job,
    sql_job,
    symlinks_dataset,
    tags_run,
)
from openlineage.client.serde import Serde

FOLDER = Path(__file__).parent
PRODUCER = "https://example.org/pipelines"
LOAD, TRAIN, BROKEN = (f"01941f29-7c00-7e2b-8f4d-00000000000{number}" for number in (1, 2, 3))
DAY = "01941f29-7c00-7e2b-8f4d-0000000000da"
POSTGRES, BUCKET, AIRFLOW = "postgres://db.example:5432", "s3://lake", "airflow.example"


def at(minute: int) -> str:
    return f"2026-01-05T03:{minute:02}:00+00:00"


def _raw() -> InputDataset:
    fields = [
        schema_dataset.SchemaDatasetFacetFields(name="ash", type="DOUBLE"),
        schema_dataset.SchemaDatasetFacetFields(name="hue", type="DOUBLE"),
    ]
    return InputDataset(
        BUCKET,
        "raw/wine.csv",
        facets={
            "schema": schema_dataset.SchemaDatasetFacet(fields=fields),
            "dataSource": datasource_dataset.DatasourceDatasetFacet(name="lake", uri="s3://lake/raw/wine.csv"),
        },
        inputFacets={
            "dataQualityMetrics": data_quality_metrics_input_dataset.DataQualityMetricsInputDatasetFacet(
                rowCount=178, columnMetrics={}
            )
        },
    )


def _table(version: str | None = None) -> OutputDataset:
    origin = [
        column_lineage_dataset.InputField(
            BUCKET, "raw/wine.csv", "ash", [column_lineage_dataset.Transformation("DIRECT", "TRANSFORMATION", "scaled")]
        )
    ]
    facets = {
        "columnLineage": column_lineage_dataset.ColumnLineageDatasetFacet(
            fields={"ash_scaled": column_lineage_dataset.Fields(inputFields=origin)}
        ),
        "symlinks": symlinks_dataset.SymlinksDatasetFacet(
            identifiers=[symlinks_dataset.Identifier("hive://m", "cellar.wine", "TABLE")]
        ),
        "ownership": ownership_dataset.OwnershipDatasetFacet(owners=[ownership_dataset.Owner("team:cellar", "OWNER")]),
    }
    if version is not None:
        facets["version"] = dataset_version_dataset.DatasetVersionDatasetFacet(datasetVersion=version)
    statistics = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(rowCount=178, size=4096)
    return OutputDataset(POSTGRES, "cellar.public.wine", facets=facets, outputFacets={"outputStatistics": statistics})


def _event(kind: RunState, minute: int, run: str, name: str, **members: object) -> RunEvent:
    facets, job_facets = members.pop("facets", {}), members.pop("job_facets", {})
    return RunEvent(
        eventType=kind,
        eventTime=at(minute),
        run=Run(run, facets=facets),
        job=Job(AIRFLOW, name, facets=job_facets),
        producer=PRODUCER,
        inputs=members.pop("inputs", []),
        outputs=members.pop("outputs", []),
    )


def events() -> dict[str, object]:
    """Return the events by the names of their files."""
    return {**_run_events(), **_other_events()}


def _run_events() -> dict[str, object]:
    parent = parent_run.ParentRunFacet(run=parent_run.Run(DAY), job=parent_run.Job(AIRFLOW, "daily"))
    started = {
        "parent": parent,
        "nominalTime": nominal_time_run.NominalTimeRunFacet(nominalStartTime=at(0)),
        "processing_engine": processing_engine_run.ProcessingEngineRunFacet(
            version="3.5.1", name="spark", openlineageAdapterVersion="1.40.0"
        ),
        "tags": tags_run.TagsRunFacet(tags=[tags_run.TagsRunFacetFields("nightly", "true", "AIRFLOW")]),
    }
    about = {
        "documentation": documentation_job.DocumentationJobFacet(description="Loads the wines."),
        "ownership": ownership_job.OwnershipJobFacet(owners=[ownership_job.Owner("team:cellar")]),
        "sourceCodeLocation": source_code_location_job.SourceCodeLocationJobFacet(
            type="git", url="https://git.example/cellar/blob/abc/load.py", version="abc123", branch="main"
        ),
        "jobType": job_type_job.JobTypeJobFacet("BATCH", "SPARK", "JOB"),
        "sql": sql_job.SQLJobFacet(query="insert into wine select ash / 3 from raw"),
    }
    failed = error_message_run.ErrorMessageRunFacet(
        message="out of memory", programmingLanguage="PYTHON", stackTrace="Traceback ..."
    )
    params = [execution_parameters_run.ExecutionParameter(key="trees", value="300")]
    table = InputDataset(
        POSTGRES,
        "cellar.public.wine",
        facets={"version": dataset_version_dataset.DatasetVersionDatasetFacet(datasetVersion="12")},
    )
    return {
        "run-start": _event(RunState.START, 0, LOAD, "daily.load", facets=started, job_facets=about, inputs=[_raw()]),
        "run-running": _event(RunState.RUNNING, 2, LOAD, "daily.load", inputs=[_raw()], outputs=[_table()]),
        "run-complete": _event(RunState.COMPLETE, 4, LOAD, "daily.load", outputs=[_table("12")]),
        "run-other": _event(
            RunState.OTHER,
            5,
            TRAIN,
            "daily.train",
            facets={"executionParameters": execution_parameters_run.ExecutionParametersRunFacet(parameters=params)},
        ),
        "run-complete-only": _event(
            RunState.COMPLETE,
            9,
            TRAIN,
            "daily.train",
            inputs=[table],
            outputs=[OutputDataset(BUCKET, "models/forest.onnx")],
        ),
        "run-fail": _event(RunState.FAIL, 6, BROKEN, "daily.report", facets={"errorMessage": failed}, inputs=[table]),
        "run-abort": _event(RunState.ABORT, 9, DAY, "daily"),
    }


def _other_events() -> dict[str, object]:
    dropped = lifecycle_state_change_dataset.LifecycleStateChangeDatasetFacet(
        lifecycleStateChange=lifecycle_state_change_dataset.LifecycleStateChange.DROP
    )
    return {
        "job": JobEvent(
            eventTime=at(10),
            producer=PRODUCER,
            job=Job("dbt.example", "marts.wine"),
            inputs=[InputDataset(POSTGRES, "cellar.public.wine")],
            outputs=[OutputDataset(POSTGRES, "cellar.marts.wine")],
        ),
        "dataset": DatasetEvent(
            eventTime=at(11),
            producer=PRODUCER,
            dataset=Dataset(
                POSTGRES,
                "cellar.public.wine",
                facets={
                    "documentation": documentation_dataset.DocumentationDatasetFacet(description="One row a wine.")
                },
            ),
        ),
        "dataset-dropped": DatasetEvent(
            eventTime=at(12),
            producer=PRODUCER,
            dataset=Dataset(POSTGRES, "cellar.old", facets={"lifecycleStateChange": dropped}),
        ),
    }


if __name__ == "__main__":
    for name, event in events().items():
        document = json.loads(Serde.to_json(event))
        (FOLDER / f"{name}.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
