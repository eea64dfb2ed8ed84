"""Embedders through the SDK: what makes vectors of rows that have none."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from arangovis.client.asking import API, Asking
from arangovis.client.problems import json_of
from arangovis.client.values import AnyVersion, version_number
from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.ids import NodeId
from arangovis.domain.wire import from_wire
from arangovis.services.embedding.embedders import EmbedderFile, RegisteredEmbedder

_BYTES = {"Content-Type": "application/octet-stream"}


class Embedding(Asking):
    """Calls about embedders."""

    def set_embedder(
        self,
        version: AnyVersion,
        *,
        onnx: bytes | str | Path | NodeId | None = None,
        url: str | None = None,
        function: str | None = None,
        columns: Sequence[str] | None = None,
        **options: Any,
    ) -> RegisteredEmbedder:
        """Say what makes the vectors of a model version's rows, if these bring none; exactly one of the three.

        Args:
            version: the model version.
            onnx: an ONNX file: its bytes, its path on this machine, or the artifact that it is.
            url: an address, below one that the setting `embedder_endpoints` of service and workers names.
            function: `module:function`, one that the setting `embedder_functions` names.
            columns: what it reads, in order; left out, the inputs that the signature names.
            options: `output` of an ONNX file, `dialect` (`rows` or `openai`) and `model` of an address, `revision`,
                `batch_rows`.

        Raises:
            InvalidInput: something does not fit, or the settings do not allow it; nothing is stored.

        """
        given = {"onnx": onnx, "http": url, "python": function}
        kinds = [kind for kind, value in given.items() if value is not None]
        if len(kinds) != 1:
            raise InvalidInput.of(Fault("onnx", "or else url or function is to be given, one of them"))
        number = version_number(version)
        body: dict[str, Any] = {"kind": kinds[0], "url": url, "function": function, **options}
        body |= {} if columns is None else {"columns": list(columns)}
        body |= {} if onnx is None else {"artifact": str(self._artifact(number, onnx))}
        return self._ask(RegisteredEmbedder, "POST", f"/model-versions/{number}/embedder", body)

    def embedder(self, version: AnyVersion) -> RegisteredEmbedder:
        """Return the embedder of a model version.

        Raises:
            NotFound: it has none.

        """
        return self._ask(RegisteredEmbedder, "GET", f"/model-versions/{version_number(version)}/embedder")

    def _artifact(self, number: int, file: bytes | str | Path | NodeId) -> NodeId:
        if isinstance(file, NodeId):
            return file
        data = file if isinstance(file, bytes) else _read(Path(file))
        target = f"{API}/model-versions/{number}/embedder/file"
        response = self._backend.api().send("POST", target, body=data, headers=_BYTES)
        return from_wire(json_of(response), EmbedderFile).artifact


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidInput.of(Fault("onnx", f"{str(path)[:200]!r} cannot be read")) from error
