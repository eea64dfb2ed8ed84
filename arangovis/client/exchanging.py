"""Lineage in the formats of others, and events of OpenLineage."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias
from urllib.parse import urlencode

import orjson

from arangovis.client.asking import API, Asking
from arangovis.client.problems import json_of, raise_for
from arangovis.client.values import AnyTime, microseconds, node_id
from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.ids import NodeId
from arangovis.domain.wire import from_wire
from arangovis.services.exchange.events import BatchTaken
from arangovis.services.exchange.exporting import Export

AnyNode: TypeAlias = NodeId | str
PARTIAL = "x-arangovis-partial"


class Exchanging(Asking):
    """What goes out in formats of others, and what comes in."""

    def export(
        self,
        node: AnyNode,
        format: str,  # noqa: A002  # it is called so in the API too
        *,
        direction: str | None = None,
        depth: int | None = None,
        limit: int | None = None,
        at: AnyTime | None = None,
    ) -> Export:
        """Return the lineage of a node as text in a format.

        Args:
            node: whose lineage.
            format: `prov-json`, `prov-n`, `openlineage`, `croissant` (of a data set), `graphml`, `dot`, `mermaid`
                or `node-link`.
            direction: `upstream`, if left out, `downstream` or `both`.
            depth: edges away at most.
            limit: nodes at most; `partial_reasons` of the answer says if there are more.
            at: as of this time.

        Raises:
            NotSupported: the format does not describe such a node.
            MissingExtra: the service lacks the library that writes the format.

        """
        asked = {"format": format, "direction": direction, "depth": depth, "limit": limit, "at": microseconds(at)}
        query = urlencode({name: value for name, value in asked.items() if value is not None})
        response = raise_for(self._backend.api().send("GET", f"{API}/export/{node_id(node)}?{query}"))
        reasons = tuple(reason.strip() for reason in response.headers.get(PARTIAL, "").split(",") if reason.strip())
        return Export(response.body.decode(), response.headers["content-type"], reasons)

    def send_openlineage(self, events: Sequence[Mapping[str, Any]], *, project: str | None = None) -> BatchTaken:
        """Have events of OpenLineage taken, each by itself; the answer names those that were not taken, and why.

        Args:
            events: run events, job events and data set events, as JSON documents; at most 1,000.
            project: where what they speak of is put; into no project if left out.

        """
        try:
            body = orjson.dumps(list(events))
        except TypeError as error:
            raise InvalidInput.of(Fault("events", f"are no JSON: {error}")) from error
        query = "" if project is None else f"?{urlencode({'project': project})}"
        headers = {"Content-Type": "application/json"}
        response = self._backend.api().send("POST", f"{API}/lineage/batch{query}", body=body, headers=headers)
        return from_wire(json_of(response), BatchTaken)
