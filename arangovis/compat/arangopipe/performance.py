"""Serving performance under arangopipe's names."""

import time
from collections.abc import Mapping
from typing import Any

from arangovis.client.client import Client
from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.ids import NodeId
from arangovis.exchange.arangopipe.documents import encoded
from arangovis.exchange.arangopipe.incoming import serving_facts


def log_performance(client: Client, document: Mapping[str, Any], tag: str) -> NodeId:
    """Log a document of performance to the deployment of a tag; without a period it is one of this moment.

    Raises:
        InvalidInput: it has no numbers.
        NotFound: there is no such deployment; nothing is written.

    """
    if not isinstance(document, Mapping):
        raise InvalidInput.of(Fault("sp", f"{type(document).__name__} is no dictionary"))
    told = serving_facts(document)
    if "period" not in told and "period_start" not in told:
        told["period_start"] = told["period_end"] = time.time_ns() // 1000
    times = {"start": told.pop("period_start", None), "end": told.pop("period_end", None)}
    return client.log_serving_performance(tag, told.pop("metrics"), **times, **told, attributes=encoded(document))
