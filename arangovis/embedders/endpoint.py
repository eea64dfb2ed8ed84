"""Embedders that answer over HTTP. Redirects are not followed, no proxy is asked, and patience has an end.

There are two dialects. `rows`: `{"columns": [...], "rows": [[...], ...]}` is answered by
`{"embeddings": [[...], ...]}`. `openai`: `{"model": ..., "input": [texts]}` is answered by
`{"data": [{"index": 0, "embedding": [...]}, ...]}`; many servers of models speak it.
"""

import http.client
import logging
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import SplitResult

import numpy as np
import orjson

from arangovis.domain.errors import ComputeFailed, Fault, InvalidInput, NotSupported
from arangovis.embedders.allowed import address_of, check_address
from arangovis.embedders.base import Columns, Matrix, as_vectors, rows_of

__all__ = ["Dialect", "EndpointEmbedder"]

TIMEOUT_S = 60.0
ANSWER_BYTES_MAX = 256 << 20
PAUSES_S = (0.2, 1.0, 4.0)
"""Before an address that does not answer, or is busy, is asked again."""
_BUSY = frozenset((429, 502, 503, 504))
_log = logging.getLogger("arangovis.embedders")


class Dialect(StrEnum):
    """How an address is spoken to."""

    ROWS = "rows"
    OPENAI = "openai"


@dataclass(frozen=True, slots=True)
class EndpointEmbedder:
    """An address that is asked for the vectors of rows.

    Raises:
        InvalidInput: `allowed`, the setting `embedder_endpoints`, does not name it.

    """

    url: str
    allowed: str
    dialect: Dialect = Dialect.ROWS
    model: str = ""
    token: str | None = field(default=None, repr=False)
    pauses_s: Sequence[float] = PAUSES_S
    engine: str = "http"

    def __post_init__(self) -> None:
        check_address(self.url, self.allowed)

    def __call__(self, columns: Columns) -> Matrix:
        """See `Embed`."""
        asked = _texts(columns, self.model) if self.dialect is Dialect.OPENAI else _rows(columns)
        answer = self._answer(orjson.dumps(asked, option=orjson.OPT_SERIALIZE_NUMPY))
        read = _read_openai if self.dialect is Dialect.OPENAI else _read_rows
        try:
            found = read(orjson.loads(answer))
        except (ValueError, KeyError, TypeError) as error:
            raise ComputeFailed(f"{self._name} answered what is not in the dialect {self.dialect.value!r}") from error
        return as_vectors(found, rows_of(columns), self._name)

    @property
    def _address(self) -> SplitResult:
        address = address_of(self.url)
        if address is None:
            raise InvalidInput.of(Fault("url", "is no address"))
        return address

    @property
    def _name(self) -> str:
        return f"the embedder at {self._address.netloc}"

    def _answer(self, body: bytes) -> bytes:
        for pause in (*self.pauses_s, None):
            status, answer = self._asked(body)
            if status == http.client.OK:
                return answer
            if pause is None or (status is not None and status not in _BUSY):
                break
            time.sleep(pause)
        if status is None:
            raise ComputeFailed(f"{self._name} does not answer")
        _log.warning("%s answered %d: %r", self._name, status, answer[:500])
        raise ComputeFailed(f"{self._name} answered {status} {http.client.responses.get(status, '')}".rstrip())

    def _asked(self, body: bytes) -> tuple[int | None, bytes]:
        """Return the status and the body of an answer; no status if there was none."""
        connection = _connection(self._address)
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        path, query = self._address.path or "/", self._address.query
        try:
            connection.request("POST", f"{path}?{query}" if query else path, body, headers)
            response = connection.getresponse()
            return response.status, self._read(response)
        except (OSError, http.client.HTTPException):
            _log.info("%s does not answer", self._name, exc_info=True)
            return None, b""
        finally:
            connection.close()

    def _read(self, response: http.client.HTTPResponse) -> bytes:
        data = response.read(ANSWER_BYTES_MAX + 1)
        if len(data) > ANSWER_BYTES_MAX:
            raise ComputeFailed(
                f"{self._name} answered more than {ANSWER_BYTES_MAX >> 20} MiB; send fewer rows at once"
            )
        return data


def _connection(address: SplitResult) -> http.client.HTTPConnection:
    host = str(address.hostname)
    if address.scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, address.port, timeout=TIMEOUT_S, context=context)
    return http.client.HTTPConnection(host, address.port, timeout=TIMEOUT_S)


def _rows(columns: Columns) -> Mapping[str, Any]:
    # numbers that are missing travel as null
    listed = [values.tolist() if isinstance(values, np.ndarray) else values for values in columns.values()]
    return {"columns": list(columns), "rows": [list(row) for row in zip(*listed, strict=True)]}


def _texts(columns: Columns, model: str) -> Mapping[str, Any]:
    (texts, *others) = columns.values()
    if others or isinstance(texts, np.ndarray):
        raise NotSupported("an embedder of the dialect 'openai' reads one column, of texts")
    return {"model": model, "input": list(texts), "encoding_format": "float"}


def _read_rows(answer: Any) -> object:
    return answer["embeddings"]


def _read_openai(answer: Any) -> object:
    return [item["embedding"] for item in sorted(answer["data"], key=lambda item: int(item["index"]))]
