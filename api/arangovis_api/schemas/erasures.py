"""Whose rows are erased, as it is sent. What goes out is declared by the service."""

from dataclasses import dataclass, field
from typing import Any

from marshmallow import fields, post_load, validate

from arangovis.domain.erasure import COLUMN_LENGTH_MAX, VALUE_LENGTH_MAX
from arangovis.domain.ids import NodeId
from arangovis.services.erasing.erasures import ErasureWanted
from arangovis_api.schemas.base import LoadedSchema
from arangovis_api.schemas.questions import Node

DATASETS_MAX = 1000


@dataclass(frozen=True, slots=True)
class ErasureAsked:
    """Whose rows, and whether they are only counted."""

    column: str
    value: str = field(repr=False)
    datasets: tuple[NodeId, ...] = ()
    dry_run: bool = True

    @property
    def wanted(self) -> ErasureWanted:
        """What the service is asked for."""
        return ErasureWanted(self.column, self.value, self.datasets)


class ErasureSchema(LoadedSchema):
    """A value of a column: rows that have it are erased."""

    target = ErasureAsked
    column = fields.String(
        required=True,
        validate=validate.Length(1, COLUMN_LENGTH_MAX),
        metadata={"description": "The column that says whose a row is."},
    )
    value = fields.String(
        required=True,
        validate=validate.Length(1, VALUE_LENGTH_MAX),
        metadata={"description": "Whose rows: the value as text. It is not kept."},
    )
    datasets = fields.List(
        Node(),
        validate=validate.Length(1, DATASETS_MAX),
        metadata={"description": "Only of these data sets; of all, and of texts in series, if left out."},
    )
    dry_run = fields.Boolean(metadata={"description": "Whether it is only counted; true if left out."})

    @post_load
    def _build(self, data: dict[str, Any], **given: object) -> object:
        if "datasets" in data:
            data = {**data, "datasets": tuple(dict.fromkeys(data["datasets"]))}
        return super()._build(data, **given)
