"""All built-in edge kinds. Each points the way data flows."""

from arangovis_schema.fields import Field, FieldType
from arangovis_schema.kinds import ANY_KIND, EdgeKind

_COLUMNS = Field("columns", FieldType.DOCUMENT, "Column lineage: a list of {to, from[], transform}.")
_TRANSFORMATION = Field("transformation", FieldType.TEXT, "What was done.")
_REASON = Field("reason", FieldType.TEXT, "Why the successor was made.")
_PERIOD = Field("period", FieldType.TEXT, "The period observed.")
_FOUND = Field("found", FieldType.BOOLEAN, "Whether it was found instead of made: it depends on other inputs only.")

EDGE_KINDS = (
    EdgeKind(
        "input_to",
        "What a run read.",
        ("dataset", "featureset", "model_version", "params", "artifact", "metric_spec", "evaluation"),
        ("run",),
        lineage=True,
        fields=(_FOUND,),
    ),
    EdgeKind(
        "generated",
        "What a run made.",
        ("run",),
        ("model_version", "artifact", "dataset", "featureset", "evaluation", "params", "series_data"),
        lineage=True,
    ),
    EdgeKind(
        "derived_into",
        "Data made from data without a run.",
        ("dataset", "featureset"),
        ("featureset", "dataset"),
        lineage=True,
        fields=(_TRANSFORMATION, _COLUMNS),
    ),
    EdgeKind(
        "deployed_as",
        "What a deployment consists of.",
        ("run", "model_version", "params", "featureset", "dataset"),
        ("deployment",),
        lineage=True,
    ),
    EdgeKind(
        "observed_as",
        "How a deployment performed.",
        ("deployment",),
        ("serving_performance",),
        lineage=True,
        fields=(_PERIOD,),
    ),
    EdgeKind(
        "succeeded_by",
        "The next revision or version.",
        ("params", "model_version", "dataset", "featureset", "deployment"),
        ("params", "model_version", "dataset", "featureset", "deployment"),
        lineage=False,
        fields=(_REASON,),
    ),
    EdgeKind("spawned", "A plan and its steps.", ("run",), ("run",), lineage=False),
    EdgeKind(
        "contains",
        "A whole and its parts.",
        ("project", "model", "model_version", "series"),
        (ANY_KIND,),
        lineage=False,
    ),
    EdgeKind("linked", "The user's own link; its role is the label.", (ANY_KIND,), (ANY_KIND,), lineage=False),
)

LINEAGE_EDGE_KINDS = tuple(kind.name for kind in EDGE_KINDS if kind.lineage)
