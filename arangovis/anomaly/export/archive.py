"""The zip of a detector: written here, and read back without running anything in it.

The same model always gives the same bytes: members are sorted, stored uncompressed and carry a fixed date.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import cast

import numpy as np
import numpy.typing as npt

from arangovis.anomaly.adapting import EXPANDED_MAX, STATUS_NAMES
from arangovis.anomaly.base import array_of
from arangovis.anomaly.export.golden import golden_csv
from arangovis.anomaly.export.onnx_graph import onnx_bytes
from arangovis.anomaly.forest_detector import Forest
from arangovis.anomaly.frame import CATEGORICAL
from arangovis.anomaly.knn_detector import Neighbours
from arangovis.anomaly.model import AnomalyModel, expansion_record, model_from
from arangovis.anomaly.names import squared_error_names
from arangovis.domain.errors import IntegrityError, TooLarge
from arangovis.domain.json import Document, JsonValue, Scalar
from arangovis.tabular.bundle import ArrayBundle

__all__ = ["EXPORT_BYTES_MAX", "MEMBERS", "build", "read"]

ONNX, SCORER, SCHEMA, PARAMETERS, CARD, GOLDEN = (
    "model.onnx",
    "scorer.py",
    "schema.json",
    "parameters.json",
    "model_card.json",
    "golden.csv",
)
MEMBERS = (GOLDEN, ONNX, CARD, PARAMETERS, SCHEMA, SCORER)
EXPORT_BYTES_MAX = 512 * 2**20
FORMAT = 1

_DAMAGED = "this is not the export of an anomaly detector, or it is damaged"


def build(model: AnomalyModel, card: Document | None = None, *, na_strings: Sequence[str] = ()) -> bytes:
    """Return the zip.

    Args:
        model: what to export.
        card: more to say on the model card, such as the digest of the training data and lineage ids.
        na_strings: texts that stand for a missing value in CSV files, beside the empty one.

    Raises:
        InvalidInput: the card is not JSON.
        MissingExtra: onnx is not installed.
        TooLarge: over EXPORT_BYTES_MAX.

    """
    members = {
        ONNX: onnx_bytes(model),
        SCORER: resources.files("arangovis.anomaly.export").joinpath("scorer.py").read_bytes(),
        SCHEMA: _json(_schema(model, na_strings)),
        PARAMETERS: _json(_parameters(model.state)),
        GOLDEN: golden_csv(model),
    }
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(members.items())}
    members[CARD] = _json(_card(model, card or {}, digests))
    if sum(map(len, members.values())) > EXPORT_BYTES_MAX:
        raise TooLarge(f"the export is over {EXPORT_BYTES_MAX} bytes")
    return _zip(members)


def read(data: bytes) -> AnomalyModel:
    """Return the model of an export, ready to score; no code in it is run.

    Raises:
        IntegrityError: it is not such a zip, or a file differs from its digest on the model card.

    """
    try:
        members = _unzip(data)
        card, schema, stored = (json.loads(members[name]) for name in (CARD, SCHEMA, PARAMETERS))
        changed = [n for n, digest in card["files"].items() if hashlib.sha256(members[n]).hexdigest() != digest]
        if changed or set(card["files"]) != set(MEMBERS) - {CARD}:
            raise IntegrityError(_DAMAGED)
        record = {**{key: card[key] for key in ("origin", "metrics", "threshold")}, "expansion": schema["expansion"]}
        return model_from(record, _state(stored))
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError) as error:
        raise IntegrityError(_DAMAGED) from error
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise IntegrityError(_DAMAGED) from error


def _schema(model: AnomalyModel, na_strings: Sequence[str]) -> Document:
    expansion = model.expansion
    columns: list[JsonValue] = []
    for spec, span in zip(expansion.columns, expansion.spans, strict=True):
        more = {"levels": list(spec.levels)} if spec.kind == CATEGORICAL else {"mean": spec.mean, "scale": spec.scale}
        columns.append({"name": spec.name, "kind": spec.kind, "first_slot": span.start, **more})
    return {
        "format": FORMAT,
        "family": _family(model),
        "columns": columns,
        "width": expansion.width,
        "slot_names": list(expansion.slot_names),
        "error_names": list(squared_error_names(model)),
        "threshold": model.threshold,
        "expanded_max": EXPANDED_MAX,
        "status_names": list(STATUS_NAMES),
        "na_strings": ["", *(text for text in na_strings if text)],
        "onnx_inputs": {
            "numbers": [spec.name for spec in expansion.numeric()],
            "levels": [spec.name for spec in expansion.categorical()],
            "missing": "NaN among numbers; the empty text, or any text that is no level, among levels",
        },
        "expansion": expansion_record(expansion),
    }


def _family(model: AnomalyModel) -> str:
    if isinstance(model.scorer, Forest):
        return "forest"
    return "neighbours" if isinstance(model.scorer, Neighbours) else "network"


def _parameters(state: ArrayBundle) -> Document:
    arrays = {name: cast("JsonValue", array.tolist()) for name, array in sorted(state.arrays.items())}
    return {"arrays": arrays, "facts": dict(state.facts)}


def _card(model: AnomalyModel, more: Document, digests: Mapping[str, str]) -> Document:
    origin, metrics = model.origin, model.metrics
    return {
        **more,
        "origin": {
            "detector": origin.detector,
            "parameters": dict(origin.parameters),
            "seed": origin.seed,
            "engine": origin.engine,
            "algorithm_version": origin.algorithm_version,
        },
        "metrics": {
            "training_rows": metrics.training_rows,
            "held_out_rows": metrics.held_out_rows,
            "training_score": metrics.training_score,
            "held_out_score": metrics.held_out_score,
        },
        "threshold": model.threshold,
        "files": dict(digests),
    }


def _json(document: Document) -> bytes:
    # The standard library writes the shortest text that reads back to the same double, and escapes what is not ASCII.
    return json.dumps(document, indent=1, allow_nan=False).encode()


def _state(stored: Document) -> ArrayBundle:
    arrays: dict[str, npt.NDArray[np.generic]] = {}
    for name, values in cast("Mapping[str, JsonValue]", stored["arrays"]).items():
        array = np.array(values)
        arrays[name] = array_of(ArrayBundle({name: array}, {}), name, dimensions=array.ndim)
    return ArrayBundle(arrays, dict(cast("Mapping[str, Scalar]", stored["facts"])))


def _zip(members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in MEMBERS:
            member = zipfile.ZipInfo(name)  # dated 1980-01-01
            member.create_system = 3
            member.external_attr = 0o644 << 16
            archive.writestr(member, members[name])
    return buffer.getvalue()


def _unzip(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        # Only uncompressed members were written; a compressed one could unfold to any size.
        if any(member.compress_type != zipfile.ZIP_STORED for member in archive.infolist()):
            raise IntegrityError(_DAMAGED)
        if sorted(archive.namelist()) != sorted(MEMBERS):
            raise IntegrityError(_DAMAGED)
        return {name: archive.read(name) for name in MEMBERS}
