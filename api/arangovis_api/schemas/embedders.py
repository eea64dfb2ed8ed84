"""Embedders: what comes in."""

from typing import Any

from marshmallow import fields, post_load, validate

from arangovis.embedders.endpoint import Dialect
from arangovis.services.embedding.embedder import BATCH_ROWS_DEFAULT, BATCH_ROWS_MAX, Embedder, EmbedderKind
from arangovis_api.schemas.base import LoadedSchema
from arangovis_api.schemas.pipeline_data import Id

TEXT_MAX = 2_000
_SHORT = validate.Length(1, TEXT_MAX)


class EmbedderSchema(LoadedSchema):
    """How the rows of a model version become vectors."""

    target = Embedder
    kind = fields.Enum(EmbedderKind, by_value=True, required=True, metadata={"description": "What computes."})
    artifact = Id(metadata={"description": "With `onnx`: the artifact with the file, such as an uploaded one."})
    url = fields.String(validate=_SHORT, metadata={"description": "With `http`: an address that the settings allow."})
    function = fields.String(
        validate=_SHORT, metadata={"description": "With `python`: a `module:function` that the settings allow."}
    )
    columns = fields.List(
        fields.String(validate=_SHORT),
        validate=validate.Length(0, 10_000),
        metadata={"description": "The columns that it reads, in order; left out, the inputs that the signature names."},
    )
    output = fields.String(validate=_SHORT, metadata={"description": "Of several outputs of an ONNX file, which."})
    dialect = fields.Enum(Dialect, by_value=True, metadata={"description": "How an address is spoken to."})
    model = fields.String(validate=_SHORT, metadata={"description": "With the dialect `openai`: which model."})
    revision = fields.String(
        validate=_SHORT, metadata={"description": "Another text says that what computes is another than before."}
    )
    batch_rows = fields.Integer(
        strict=True,
        validate=validate.Range(1, BATCH_ROWS_MAX),
        metadata={"description": f"Rows that it is given at once, {BATCH_ROWS_DEFAULT} if left out."},
    )

    @post_load
    def _build(self, data: dict[str, Any], **_: object) -> Embedder:
        return Embedder(**{**data, "columns": tuple(data.get("columns", ()))})
