"""What goes out, declared. Answers are not dumped through these; tests check samples against them."""

from marshmallow import Schema, fields


class FaultAnswer(Schema):
    """One thing wrong with what was sent."""

    field = fields.String(required=True)
    problem = fields.String(required=True)


class Problem(Schema):
    """An error (RFC 9457)."""

    type = fields.String(required=True, metadata={"description": "A stable name of the kind of error."})
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    message = fields.String(required=True, metadata={"description": "The same as `detail`."})
    description = fields.String(required=True, metadata={"description": "The same as `detail`."})
    request_id = fields.String(required=True)
    errors = fields.List(fields.Nested(FaultAnswer))
    dependants = fields.List(fields.String())


class Registered(Schema):
    """The node that was made or found."""

    node = fields.String(required=True)


class Stored(Registered):
    """The data set that holds the rows, and how many there were."""

    rows = fields.Integer(required=True)


class VersionAnswer(Schema):
    """One version of a node. Times are microseconds since 1970."""

    number = fields.Integer(required=True)
    valid_from = fields.Integer(required=True)
    valid_to = fields.Integer(required=True, allow_none=True)
    actor = fields.String(required=True)
    request_id = fields.String(required=True)
    action_id = fields.String(required=True)
    deleted = fields.Boolean(required=True)


class NodeAnswer(Schema):
    """A node of the graph."""

    id = fields.String(required=True, metadata={"description": "`kind/key`"})
    kind = fields.String(required=True)
    project = fields.String(required=True, allow_none=True, metadata={"description": "The key of its project."})
    attributes = fields.Dict(required=True)
    version = fields.Nested(VersionAnswer, required=True)
    created = fields.Integer(required=True, metadata={"description": "Microseconds since 1970."})
    redacted = fields.Boolean(
        metadata={"description": "True, and all but id and kind empty, if it is of a project that you may not read."}
    )


class NodePage(Schema):
    """A page of nodes."""

    items = fields.List(fields.Nested(NodeAnswer), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class ModelVersionRegistered(Schema):
    """A registered model version."""

    id = fields.Integer(required=True)
    node = fields.String(required=True)
    version = fields.String(required=True)


class ModelVersionAnswer(ModelVersionRegistered):
    """A model version."""

    name = fields.String(required=True)
    model = fields.String(required=True)
    project = fields.String(required=True, allow_none=True)
    signature = fields.Dict(required=True)


class ModelVersionWithData(ModelVersionAnswer):
    """A model version and its data sets, null while it has none."""

    training_data = fields.String(required=True, allow_none=True)
    production_data = fields.String(required=True, allow_none=True)


class ModelVersionPage(Schema):
    """A page of model versions."""

    items = fields.List(fields.Nested(ModelVersionAnswer), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class MetricSpecAnswer(Schema):
    """A monitoring metric."""

    node = fields.String(required=True)
    name = fields.String(required=True)
    threshold = fields.Float(required=True)
    operation = fields.String(required=True)


class MetricSpecPage(Schema):
    """All monitoring metrics of a model version."""

    items = fields.List(fields.Nested(MetricSpecAnswer), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class LeaseAnswer(Schema):
    """How an open run stands. Times are microseconds since 1970."""

    progress = fields.Float(required=True, metadata={"description": "0 to 1."})
    stage = fields.String(required=True)
    owner = fields.String(required=True, metadata={"description": "The worker; empty while the run waits."})
    attempt = fields.Integer(required=True)
    due = fields.Integer(required=True)
    heartbeat = fields.Integer(required=True)


class RunAnswer(NodeAnswer):
    """A run; while it is open, how far it is."""

    lease = fields.Nested(LeaseAnswer, required=True, allow_none=True)


class VisitAnswer(NodeAnswer):
    """A node and how many edges lie between it and the start, at least."""

    depth = fields.Integer(required=True)


class EdgeAnswer(Schema):
    """An edge; it points the way data flows."""

    kind = fields.String(required=True)
    source = fields.String(required=True, data_key="from")
    target = fields.String(required=True, data_key="to")
    role = fields.String(required=True)
    attributes = fields.Dict(required=True)
    since = fields.Integer(required=True)
    actor = fields.String(required=True)


class NeighbourAnswer(EdgeAnswer):
    """An edge of the node that was asked about, and the node at its other end."""

    node = fields.Nested(NodeAnswer, required=True)


class NeighbourPage(Schema):
    """A page of the edges of a node."""

    items = fields.List(fields.Nested(NeighbourAnswer), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class LineageAnswer(Schema):
    """Nodes by depth and the edges among them."""

    start = fields.String(required=True)
    nodes = fields.List(fields.Nested(VisitAnswer), required=True)
    edges = fields.List(fields.Nested(EdgeAnswer), required=True)
    partial = fields.Boolean(  # type: ignore[assignment]  # a field, not an option of marshmallow
        required=True, metadata={"description": "Whether there is more than is shown."}
    )
    partial_reasons = fields.List(fields.String(), required=True)


class OriginInputAnswer(Schema):
    """Something that the run read."""

    role = fields.String(required=True)
    node = fields.Nested(NodeAnswer, required=True)
    derived_from = fields.List(fields.String(), required=True)


class ParametersSetAnswer(Schema):
    """Who put the parameters in force."""

    node = fields.String(required=True)
    actor = fields.String(required=True)
    at = fields.Integer(required=True)


class OriginAnswer(Schema):
    """Which run made a node, from which data, with which parameters, set by whom."""

    node = fields.String(required=True)
    created_by = fields.String(required=True)
    created_at = fields.Integer(required=True)
    run = fields.Nested(NodeAnswer, required=True, allow_none=True)
    requested_by = fields.String(required=True, allow_none=True)
    requested_at = fields.Integer(required=True, allow_none=True)
    inputs = fields.List(fields.Nested(OriginInputAnswer), required=True)
    parameters = fields.Dict(required=True)
    parameters_set_by = fields.Nested(ParametersSetAnswer, required=True, allow_none=True)


class RevisionAnswer(Schema):
    """One revision of parameters."""

    node = fields.String(required=True)
    revision = fields.Integer(required=True)
    values = fields.Dict(required=True)
    options = fields.Dict(required=True)
    actor = fields.String(required=True)
    request_id = fields.String(required=True)
    at = fields.Integer(required=True)
    runs = fields.List(fields.String(), required=True)
    current = fields.Boolean(required=True)


class RevisionPage(Schema):
    """All revisions of the parameters of a model version and a method, oldest first."""

    items = fields.List(fields.Nested(RevisionAnswer), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class ActionAnswer(Schema):
    """How one action of a batch went."""

    status = fields.Integer(required=True)
    node = fields.String()
    error = fields.Nested(Problem)


class BatchAnswer(Schema):
    """How each action went, in order."""

    answers = fields.List(fields.Nested(ActionAnswer), required=True)
