"""What clients ask first: which service this is, and whether it is healthy."""

import secrets
from typing import Any

import falcon

from arangovis.domain.access import Role
from arangovis.domain.errors import NotFound
from arangovis.domain.version import VERSION
from arangovis_api.operation import Body, operation
from arangovis_api.resources.h2o.bodies import MEDIA_TYPES
from arangovis_api.resources.h2o.path import unquoted
from arangovis_api.resources.h2o.shapes import answer, meta
from arangovis_api.resources.h2o.tags import ANSWER, TAG

SPOKEN_VERSION = "3.46.0.12"
"""The version of H2O whose sequence is spoken here."""


_ERROR_FIELDS = (
    *("timestamp", "error_url", "msg", "dev_msg", "http_status", "values", "exception_type", "exception_msg"),
    *("stacktrace", "request_id"),
)
_SCHEMAS = {"H2OErrorV3": _ERROR_FIELDS, "H2OModelBuilderErrorV3": (*_ERROR_FIELDS, "parameters", "messages")}
"""The schemas that clients look up when they connect, with their fields."""


class Metadata:
    """Schemas by name."""

    @operation("Read the fields of a schema", answers=ANSWER, tag=TAG)
    def on_get(self, req: falcon.Request, resp: falcon.Response, *, name: str) -> None:
        """Answer one of the few that clients look up when they connect."""
        known = {**_SCHEMAS, "CloudV3": tuple(cloud_document())}
        if name not in known:
            raise NotFound(f"there is no schema {name[:80]!r}")
        fields = [
            {"__meta": meta("FieldMetadataV3", "FieldMetadata"), "name": field, "help": "", "is_schema": False}
            for field in known[name]
        ]
        schema = {"__meta": meta("SchemaMetadataV3", "SchemaMetadata"), "name": name, "fields": fields}
        answer(req, resp, ("MetadataV3", "Metadata"), {"schemas": [schema], "routes": []})


class Sessions:
    """Sessions, which this service does not need: a client gets a key and may give it back."""

    @operation(
        "Begin a session", body=Body(media_types=MEDIA_TYPES, optional=True), answers=ANSWER, tag=TAG, needs=Role.READ
    )
    def on_post(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer a key."""
        answer(req, resp, ("InitIDV3", "Iced"), {"session_key": f"_sid{secrets.token_hex(8)}"})

    @operation("End a session", answers=ANSWER, tag=TAG, needs=Role.READ)
    def on_delete_one(self, req: falcon.Request, resp: falcon.Response, *, name: str) -> None:
        """Answer its key."""
        answer(req, resp, ("InitIDV3", "Iced"), {"session_key": unquoted(name)})


class Cloud:
    """One healthy node."""

    @operation("Say that the service is healthy", answers=ANSWER, tag=TAG)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer a cloud of one node."""
        answer(req, resp, ("CloudV3", "Iced"), cloud_document())


class About:
    """What runs."""

    @operation("Say what runs", answers=ANSWER, tag=TAG)
    def on_get(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer names and values."""
        entries = [("Build project version", SPOKEN_VERSION), ("arangovis", VERSION)]
        document = {"entries": [{"name": name, "value": value} for name, value in entries]}
        answer(req, resp, ("AboutV3", "Iced"), document)


def cloud_document() -> dict[str, Any]:
    """Return a cloud of one healthy node."""
    node: dict[str, Any] = {"__meta": meta("NodeV3", "Node"), "h2o": "arangovis", "healthy": True}
    return {
        "version": SPOKEN_VERSION,
        "branch_name": "arangovis",
        "build_number": VERSION,
        "build_age": "",
        "build_too_old": False,
        "node_idx": 0,
        "cloud_name": "arangovis",
        "cloud_size": 1,
        "cloud_uptime_millis": 0,
        "cloud_internal_timezone": "UTC",
        "datafile_parser_timezone": "UTC",
        "cloud_healthy": True,
        "bad_nodes": 0,
        "consensus": True,
        "locked": True,
        "is_client": False,
        "nodes": [node],
        "internal_security_enabled": False,
        "leader_idx": 0,
        "web_ip": None,
    }
