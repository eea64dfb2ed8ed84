"""Sweeps and comparisons: what goes out."""

from marshmallow import Schema, fields


class WeightsAnswer(Schema):
    """Stored weights."""

    digest = fields.String(required=True)
    bytes = fields.Integer(required=True)
    artifact = fields.String(required=True, allow_none=True)


class ScoresAnswer(Schema):
    """BTC, BEC and the counts that they are made of; one that is not defined is null, and `reasons` say why."""

    rows = fields.Integer(required=True)
    h1_errors = fields.Integer(required=True)
    h2_errors = fields.Integer(required=True)
    common = fields.Integer(required=True)
    regress = fields.Integer(required=True)
    progress = fields.Integer(required=True)
    btc = fields.Float(required=True, allow_none=True)
    bec = fields.Float(required=True, allow_none=True)
    bec_h2 = fields.Float(required=True, allow_none=True)
    reasons = fields.Dict(required=True)


class VennAnswer(Schema):
    """The circles of errors: radii, and the distance of the centres."""

    h1_radius = fields.Float(required=True)
    h2_radius = fields.Float(required=True)
    distance = fields.Float(required=True)


class ClassAnswer(Schema):
    """How both models do on a class; an accuracy is null where the class has no rows."""

    label = fields.Raw(required=True, data_key="class")
    rows = fields.Integer(required=True)
    h1_accuracy = fields.Float(required=True, allow_none=True)
    h2_accuracy = fields.Float(required=True, allow_none=True)
    h1_errors = fields.Integer(required=True)
    h2_errors = fields.Integer(required=True)
    incompatible = fields.Integer(required=True)


class EvaluationAnswer(Schema):
    """Two models on a data set."""

    scores = fields.Nested(ScoresAnswer, required=True)
    h1_performance = fields.Float(required=True, allow_none=True)
    h2_performance = fields.Float(required=True, allow_none=True)
    classes = fields.List(fields.Nested(ClassAnswer), required=True)
    venn = fields.Nested(VennAnswer, required=True)


class PointAnswer(Schema):
    """A training of a sweep; `metrics` are empty until it succeeded."""

    point = fields.Integer(required=True)
    lambda_c = fields.Float(required=True)
    dissonances = fields.List(fields.String(), required=True)
    state = fields.String(required=True)
    message = fields.String(required=True, allow_none=True)
    progress = fields.Float(required=True)
    run = fields.String(required=True, allow_none=True)
    model = fields.String(required=True, allow_none=True)
    metrics = fields.Dict(required=True)


class WholePointAnswer(PointAnswer):
    """A training with its comparisons by data set, empty until it succeeded."""

    losses = fields.List(fields.Float(), required=True)
    evaluations = fields.Dict(keys=fields.String(), values=fields.Nested(EvaluationAnswer), required=True)


class SweepAnswer(Schema):
    """A sweep as it stands."""

    id = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)
    project = fields.String(required=True, allow_none=True)
    state = fields.String(required=True)
    message = fields.String(required=True, allow_none=True)
    executor = fields.String(required=True)
    retry_of = fields.String(required=True, allow_none=True)
    progress = fields.Float(required=True, metadata={"description": "0 to 1."})
    points = fields.Integer(required=True)
    done = fields.Integer(required=True)
    failed = fields.Integer(required=True)
    options = fields.Dict(required=True)
    metric = fields.String(required=True)
    h1_performance = fields.Dict(required=True, metadata={"description": "Of the old model, by data set."})
    poll_after_ms = fields.Integer(required=True, allow_none=True)


class PointPage(Schema):
    """All points of a sweep, and those that no other beats in performance and in a score, by data set and score."""

    items = fields.List(fields.Nested(PointAnswer), required=True)
    next_cursor = fields.String(required=True, allow_none=True)
    pareto = fields.Dict(required=True)


class InstanceAnswer(Schema):
    """A row on which a model errs."""

    id = fields.Raw(required=True)
    region = fields.String(required=True)
    h1 = fields.Raw(required=True)
    h2 = fields.Raw(required=True)
    truth = fields.Raw(required=True)
    metadata = fields.String(required=True)


class InstancePage(Schema):
    """A page of rows on which a model errs, in the order of the data; `total` is how many fit the conditions."""

    items = fields.List(fields.Nested(InstanceAnswer), required=True)
    next_cursor = fields.String(required=True, allow_none=True)
    total = fields.Integer(required=True)


class OneInstanceAnswer(Schema):
    """A row of a data set."""

    id = fields.Raw(required=True)
    split = fields.String(required=True, allow_none=True)
    position = fields.Integer(required=True)
    metadata = fields.String(required=True)


class ComparisonAnswer(EvaluationAnswer):
    """A comparison."""

    id = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)
    project = fields.String(required=True, allow_none=True)


class SweepStatusAnswer(Schema):
    """How a sweep stands, as BackwardCompatibilityML says it."""

    running = fields.Boolean(required=True)
    percent_complete = fields.Float(required=True, metadata={"description": "0 to 1."})
    sweep = fields.String(required=True)
    message = fields.String(required=True, allow_none=True)


class SweepSummaryAnswer(Schema):
    """The points of a sweep, as BackwardCompatibilityML lists them; those that have succeeded."""

    h1_performance = fields.Float(required=True, allow_none=True)
    performance_metric = fields.String(required=True)
    data = fields.List(fields.Dict(), required=True)


class EvaluationRecord(Schema):
    """A data point of a sweep, in the spelling of BackwardCompatibilityML."""

    models_error_overlap = fields.List(fields.List(fields.Raw()), required=True)
    h2_incompatible_instance_ids_by_class = fields.List(fields.Dict(), required=True)
    sorted_classes = fields.List(fields.Raw(), required=True)
    h1_accuracy_by_class = fields.List(fields.Dict(), required=True)
    h2_accuracy_by_class = fields.List(fields.Dict(), required=True)
    h2_performance = fields.Float(required=True, allow_none=True)
    btc = fields.Float(required=True, allow_none=True)
    bec = fields.Float(required=True, allow_none=True)
    error_instances = fields.List(fields.Dict(), required=True)
    dataset_size = fields.Integer(required=True)
    lambda_c = fields.Float(required=True)
    datapoint_index = fields.Integer(required=True)
    training = fields.Boolean(required=True)
    testing = fields.Boolean(required=True)
