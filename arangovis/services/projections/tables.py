"""What projections of tables do alike, whether of a sample or of all rows: learn an encoder, weigh, measure."""

from collections.abc import Mapping, Sequence

from arangovis.domain.catalogue import SignatureField
from arangovis.domain.errors import NotSupported
from arangovis.domain.json import Scalar, digest_of
from arangovis.projections.metrics import MetricChoice, chosen_metric
from arangovis.projections.mixed import MixedChoice
from arangovis.projections.table_encoder import CATEGORICAL_WEIGHT, ENCODER_VERSION, TableEncoder
from arangovis.services.stages import Stages
from arangovis.tabular import Rows

__all__ = ["ENCODER_ROLE", "learnt_encoder", "metric_of", "weight_of"]

ENCODER_ROLE = "encoder"
"""As which a run makes or reads the encoder of a table."""
_ON_A_SPHERE = "haversine"


def learnt_encoder(
    stages: Stages, inputs: Sequence[SignatureField], rows: Rows, digest: str
) -> tuple[TableEncoder, str]:
    """Return the encoder of rows that `digest` names, and its stage key; it is a stage of its own.

    Raises:
        InvalidInput, NotSupported: the rows cannot be encoded.

    """
    described = [dict(column.document()) for column in inputs]
    key = digest_of(["encoder", ENCODER_VERSION, digest, described])
    bundle = stages.bundle(ENCODER_ROLE, key, lambda: TableEncoder.learn(inputs, rows).to_bundle())
    return TableEncoder.from_bundle(bundle), key


def weight_of(parameters: Mapping[str, Scalar]) -> float:
    """Return what categories weigh against numbers."""
    return float(parameters.get(CATEGORICAL_WEIGHT.name, CATEGORICAL_WEIGHT.default) or 0.0)


def metric_of(parameters: Mapping[str, Scalar], encoder: TableEncoder | None) -> MetricChoice:
    """Return the distance by which rows are neighbours: that of the parameters, of mixed rows for the numbers.

    Raises:
        NotSupported: encoded columns are no angles any more, and the distance is between angles.

    """
    chosen = chosen_metric(parameters)
    if encoder is None:
        return chosen
    if chosen.name == _ON_A_SPHERE:
        raise NotSupported(f"the metric {chosen.name} needs angles, and the inputs of a table are scaled: embed them")
    return MixedChoice.of(chosen, encoder.split, weight_of(parameters)) if encoder.is_mixed else chosen
