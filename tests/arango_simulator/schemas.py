"""Schema validation of documents (page "Schema validation")."""

from collections.abc import Mapping
from typing import Any

import jsonschema_rs

from tests.arango_simulator.documents import EDGE_ENDS, SYSTEM
from tests.arango_simulator.errors import ArangoError, error
from tests.arango_simulator.world import Document

LEVELS = ("none", "new", "moderate", "strict")
_UNSEEN = SYSTEM | set(EDGE_ENDS)


class SchemaRule:
    """A JSON schema (draft 4) with the level at which it is enforced; 1621 if it cannot be used."""

    def __init__(self, properties: Mapping[str, Any]) -> None:
        if not isinstance(properties, dict) or not isinstance(properties.get("rule"), dict):
            raise error(1621, "the rule must be an object")
        if properties.get("level", "strict") not in LEVELS or properties.get("type", "json") != "json":
            raise error(1621, "unknown level or type")
        self.level = str(properties.get("level", "strict"))
        self.message = str(properties.get("message", ""))
        self._rule = properties["rule"]
        try:
            self._validator = jsonschema_rs.Draft4Validator(self._rule)
        except ValueError as refusal:
            raise error(1621, str(refusal)) from None

    def described(self) -> dict[str, Any]:
        """Return the properties as they are sent."""
        return {"rule": self._rule, "level": self.level, "message": self.message, "type": "json"}

    def check(self, old: Document | None, new: Document) -> None:
        """Raise 1620 if a document that is about to be written is refused."""
        if self._applies(old) and not self._valid(new):
            raise self._refusal()

    def _applies(self, old: Document | None) -> bool:
        if self.level == "moderate":
            return old is None or self._valid(old)
        return self.level == "strict" or (self.level == "new" and old is None)

    def _valid(self, document: Document) -> bool:
        return bool(self._validator.is_valid({k: v for k, v in document.items() if k not in _UNSEEN}))

    def _refusal(self) -> ArangoError:
        refusal = error(1620)
        return ArangoError(refusal.status, 1620, self.message) if self.message else refusal
