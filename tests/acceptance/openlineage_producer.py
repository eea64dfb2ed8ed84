"""A job that tells of itself with `openlineage-python`, over its HTTP transport, as its environment says."""

import sys
from datetime import UTC, datetime

from openlineage.client import OpenLineageClient
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.facet_v2 import error_message_run


def main(run: str, *kinds: str) -> None:
    client = OpenLineageClient()
    for kind in kinds:
        facets = {"errorMessage": error_message_run.ErrorMessageRunFacet("no room", "PYTHON")} if kind == "FAIL" else {}
        client.emit(
            RunEvent(
                eventType=RunState(kind),
                eventTime=datetime.now(UTC).isoformat(),
                run=Run(run, facets=facets),
                job=Job("cellar", "load"),
                producer="https://example.org/cellar",
                inputs=[InputDataset("s3://lake", "raw/wine.csv")],
                outputs=[OutputDataset("postgres://db", "wine")] if kind == "COMPLETE" else [],
            )
        )
    client.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
