"""`python -m arangovis_api.document`: write the OpenAPI document of this version, without a server."""

import sys
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from arangovis.settings import Settings
from arangovis.wiring import build
from arangovis_api.encode import json_bytes
from arangovis_api.openapi import openapi_document
from arangovis_api.routes import all_routes
from arangovis_api.telemetry import Telemetry


def document() -> bytes:
    """Return the document as JSON; it is the same whatever is stored."""
    with TemporaryDirectory() as folder, closing(build(Settings(home=Path(folder)))) as service:
        return json_bytes(openapi_document(all_routes(service, Telemetry())))


if __name__ == "__main__":
    sys.stdout.buffer.write(document())
