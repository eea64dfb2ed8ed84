"""All built-in vertex kinds."""

from arangovis_schema.fields import Field, FieldType
from arangovis_schema.kinds import KeyRule, VertexKind

RUN_STATES = ("PENDING", "STARTED", "SUCCESS", "ERROR", "NO_DATA", "NOT_SUPPORTED", "CANCELLED")
EXECUTORS = ("worker", "external", "plan")
DATASET_FORMS = ("table", "stream", "snapshot", "external")
DEPLOYMENT_STATES = ("scheduled", "active", "archived")
FIELD_TYPES = ("int", "float", "text", "bool", "timestamp")
OPERATIONS = ("Eq", "NotEq", "Greater", "GreaterEq", "Less", "LessEq")

_NAME = Field("name", FieldType.TEXT, "The name people know it by.", required=True, searchable=True)
_DESCRIPTION = Field("description", FieldType.TEXT, "What it is, in a sentence or two.")
_TAGS = Field("tags", FieldType.TEXTS, "Words to find it by.", searchable=True)
_ATTRIBUTES = Field("attributes", FieldType.VALUES, "The user's own facts about it.", searchable=True)
_DIGEST = Field("digest", FieldType.TEXT, "SHA-256 of the content, 64 hex digits.", searchable=True)
_METRICS = Field("metrics", FieldType.VALUES, "Measured values by name.", searchable=True)
_OWN = (_DESCRIPTION, _TAGS, _ATTRIBUTES)

_VERSION = Field("version", FieldType.TEXT, "The version's name, if it has versions.", searchable=True)

PROJECT = VertexKind(
    "project",
    "A team's name space.",
    KeyRule.NAMED,
    (_NAME, Field("archived", FieldType.BOOLEAN, "Whether it takes nothing new.", searchable=True), *_OWN),
)

DATASET = VertexKind(
    "dataset",
    "A table of rows: immutable, a growing stream, or a frozen snapshot of a stream.",
    KeyRule.NAMED,
    (
        _NAME,
        Field(
            "form",
            FieldType.TEXT,
            "Table, stream, snapshot, or external: its rows are kept elsewhere.",
            required=True,
            searchable=True,
            choices=DATASET_FORMS,
        ),
        _DIGEST,
        Field("rows", FieldType.INTEGER, "How many rows it holds.", searchable=True),
        Field("segments", FieldType.INTEGER, "How many segments its manifest has."),
        Field("columns", FieldType.DOCUMENT, "Column names and types."),
        _VERSION,
        Field("url", FieldType.TEXT, "External: where its rows are kept.", searchable=True),
        Field(
            "selection",
            FieldType.TEXT,
            "Snapshot: digest of the blob with the sampled row positions and ids.",
        ),
        Field("source", FieldType.TEXT, "Snapshot: node id of the data set that was sampled."),
        Field("seed", FieldType.INTEGER, "Snapshot: the seed of the sample.", searchable=True),
        Field("generation", FieldType.INTEGER, "Snapshot: raised by each forced recomputation."),
        Field("sample_size", FieldType.INTEGER, "Snapshot: how many rows were asked for."),
        Field("frame", FieldType.DOCUMENT, "Parsed file: how it was read, and figures of each column."),
        Field("extra", FieldType.DOCUMENT, "Further facts of any shape, such as what events said of it."),
        *_OWN,
    ),
)

FEATURESET = VertexKind(
    "featureset",
    "Features that models are trained on.",
    KeyRule.NAMED,
    (
        _NAME,
        _VERSION,
        Field("features", FieldType.DOCUMENT, "Name, dtype and transformation of each feature."),
        Field("feature_names", FieldType.TEXTS, "The names of its features.", searchable=True),
        *_OWN,
    ),
)

MODEL = VertexKind("model", "A model under development.", KeyRule.NAMED, (_NAME, *_OWN))

MODEL_VERSION = VertexKind(
    "model_version",
    "One trained state of a model.",
    KeyRule.NAMED,
    (
        _NAME,
        Field("version", FieldType.TEXT, "The version's name inside its model.", required=True, searchable=True),
        Field(
            "number",
            FieldType.INTEGER,
            "The small integer id that REST clients speak.",
            required=True,
            searchable=True,
        ),
        Field("model", FieldType.TEXT, "Node id of the model.", required=True, searchable=True),
        Field("signature", FieldType.DOCUMENT, "Inputs and outputs: name, shape, dtype, profile."),
        *_OWN,
    ),
)

PARAMS = VertexKind(
    "params",
    "A set of parameters: revision n for (model version, method), or the parameters of one run. Never edited.",
    KeyRule.NAMED,
    (
        Field(
            "method",
            FieldType.TEXT,
            "The method that reads these parameters.",
            required=True,
            searchable=True,
        ),
        Field("revision", FieldType.INTEGER, "1, 2, ... for one model version and method.", searchable=True),
        Field("owner", FieldType.TEXT, "Node id of the model version or the run.", searchable=True),
        Field("values", FieldType.VALUES, "The parameters.", required=True, searchable=True),
        Field("options", FieldType.DOCUMENT, "What a method reads beside its parameters: sample sizes, metrics."),
        _DIGEST,
    ),
)

RUN = VertexKind(
    "run",
    "Something that ran, or waits to run: a training, a projection, a scoring, a plan. It is the queue's row.",
    KeyRule.TIME_ORDERED,
    (
        Field(
            "method",
            FieldType.TEXT,
            "What it does, such as `projection.umap`.",
            required=True,
            searchable=True,
        ),
        Field("state", FieldType.TEXT, "Where it stands.", required=True, searchable=True, choices=RUN_STATES),
        Field("reason", FieldType.TEXT, "Why it ended as it did.", searchable=True),
        Field("message", FieldType.TEXT, "What a person should read about its end."),
        Field("executor", FieldType.TEXT, "Who runs it.", required=True, searchable=True, choices=EXECUTORS),
        Field("attempt", FieldType.INTEGER, "How often it was claimed."),
        Field("priority", FieldType.INTEGER, "Smaller is sooner."),
        Field(
            "run_key",
            FieldType.TEXT,
            "Digest of method, inputs, parameters, seed and versions.",
            searchable=True,
        ),
        Field("question", FieldType.TEXT, "Digest of what was asked, whatever data was current.", searchable=True),
        Field("generation", FieldType.INTEGER, "Raised by a forced recomputation."),
        Field("seed", FieldType.INTEGER, "The seed of its random numbers.", searchable=True),
        Field("params", FieldType.VALUES, "Its parameters with defaults filled in.", searchable=True),
        Field("options", FieldType.DOCUMENT, "What its method needs beside parameters."),
        Field("environment", FieldType.VALUES, "Versions of the software that ran.", searchable=True),
        Field("code", FieldType.VALUES, "Which code ran: commit, branch, uncommitted changes.", searchable=True),
        Field("process", FieldType.VALUES, "The process: host, command line, how it exited.", searchable=True),
        Field("name", FieldType.TEXT, "The name people know it by.", searchable=True),
        Field(
            "started",
            FieldType.INTEGER,
            "When it was first claimed, microseconds since 1970.",
            searchable=True,
        ),
        Field("ended", FieldType.INTEGER, "When it ended, microseconds since 1970.", searchable=True),
        Field("field_values", FieldType.VALUES, "Values of fields for the whole run, by field key.", searchable=True),
        Field("retry_of", FieldType.TEXT, "Node id of the run that this one does again."),
        Field("plan", FieldType.TEXT, "Node id of the plan that it is a step of.", searchable=True),
        Field("steps", FieldType.DOCUMENT, "Plan: its steps and what each waits for."),
        Field("deployment_tag", FieldType.TEXT, "The tag that a deployment is made by.", searchable=True),
        Field("extra", FieldType.DOCUMENT, "Further facts of the user's, of any shape."),
        _METRICS,
        *_OWN,
    ),
)

ARTIFACT = VertexKind(
    "artifact",
    "A file with an origin: result, neighbours, transformer, plot, scorer, report.",
    KeyRule.TIME_ORDERED,
    (
        Field("role", FieldType.TEXT, "What it is to its run.", required=True, searchable=True),
        Field("digest", FieldType.TEXT, "SHA-256 of the bytes, 64 hex digits.", required=True, searchable=True),
        Field("bytes", FieldType.INTEGER, "Its size.", required=True, searchable=True),
        Field("media_type", FieldType.TEXT, "Its media type.", required=True, searchable=True),
        Field("stage_key", FieldType.TEXT, "Digest of all that it depends on.", searchable=True),
        Field("name", FieldType.TEXT, "The name people know it by.", searchable=True),
        Field("facts", FieldType.VALUES, "What its maker says of it: shape, metric, versions.", searchable=True),
        *_OWN,
    ),
)

EVALUATION = VertexKind(
    "evaluation",
    "Measured performance in development.",
    KeyRule.TIME_ORDERED,
    (Field("name", FieldType.TEXT, "The name people know it by.", searchable=True), _METRICS, *_OWN),
)

DEPLOYMENT = VertexKind(
    "deployment",
    "A model version in service.",
    KeyRule.NAMED,
    (
        _NAME,
        Field(
            "state",
            FieldType.TEXT,
            "Where it stands.",
            required=True,
            searchable=True,
            choices=DEPLOYMENT_STATES,
        ),
        Field("deployment_tag", FieldType.TEXT, "The tag that it was made by.", searchable=True),
        Field("run", FieldType.TEXT, "Node id of the run that it was made from.", searchable=True),
        Field("replaces", FieldType.TEXT, "Node id of the deployment that was in its place before."),
        Field("scheduled_for", FieldType.INTEGER, "When it is to begin, microseconds since 1970.", searchable=True),
        Field("since", FieldType.INTEGER, "Since when it is in its state, microseconds since 1970.", searchable=True),
        Field("reason", FieldType.TEXT, "Why it is in its state."),
        *_OWN,
    ),
)

SERVING_PERFORMANCE = VertexKind(
    "serving_performance",
    "Measured performance of a deployment in one period.",
    KeyRule.NAMED,
    (
        Field("period_start", FieldType.INTEGER, "Microseconds since 1970.", searchable=True),
        Field("period_end", FieldType.INTEGER, "Microseconds since 1970.", searchable=True),
        Field("period", FieldType.TEXT, "The period as people call it.", searchable=True),
        Field("deployment", FieldType.TEXT, "Node id of the deployment.", searchable=True),
        _METRICS,
        *_OWN,
    ),
)

METRIC_SPEC = VertexKind(
    "metric_spec",
    "A monitoring metric of a model version: healthy if `value <operation> threshold`.",
    KeyRule.NAMED,
    (
        _NAME,
        Field("threshold", FieldType.NUMBER, "The value compared with.", required=True),
        Field("operation", FieldType.TEXT, "How it is compared.", required=True, choices=OPERATIONS),
        Field("model_version", FieldType.TEXT, "Node id of the model version.", required=True, searchable=True),
        *_OWN,
    ),
)

FIELD = VertexKind(
    "field",
    "A named, typed quantity that is logged.",
    KeyRule.NAMED,
    (
        _NAME,
        Field(
            "type",
            FieldType.TEXT,
            "Its type, fixed once it is in use.",
            required=True,
            searchable=True,
            choices=FIELD_TYPES,
        ),
        Field("in_use", FieldType.BOOLEAN, "Whether a value was ever logged.", searchable=True),
        *_OWN,
    ),
)

SERIES = VertexKind(
    "series",
    "A fixed set of fields; an implicit one has no name and was made when these fields were first logged together.",
    KeyRule.NAMED,
    (
        Field("name", FieldType.TEXT, "The name people know it by.", searchable=True),
        Field("fields", FieldType.TEXTS, "Keys of its fields, in order.", required=True),
        Field("implicit", FieldType.BOOLEAN, "Whether nobody declared it.", searchable=True),
        *_OWN,
    ),
)

SERIES_DATA = VertexKind(
    "series_data",
    "What one run logged to one series. The rows are in chunk records.",
    KeyRule.NAMED,
    (
        Field("run", FieldType.TEXT, "Node id of the run.", required=True, searchable=True),
        Field("series", FieldType.TEXT, "Node id of the series.", required=True, searchable=True),
        Field("generation", FieldType.INTEGER, "That of the run: raised when the run is replaced.", required=True),
        Field("fields", FieldType.TEXTS, "Keys of the fields, in the order of the columns.", required=True),
        *_OWN,
    ),
)

VERTEX_KINDS = (
    PROJECT,
    DATASET,
    FEATURESET,
    MODEL,
    MODEL_VERSION,
    PARAMS,
    RUN,
    ARTIFACT,
    EVALUATION,
    DEPLOYMENT,
    SERVING_PERFORMANCE,
    METRIC_SPEC,
    FIELD,
    SERIES,
    SERIES_DATA,
)
