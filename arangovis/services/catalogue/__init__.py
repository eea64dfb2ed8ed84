"""The catalogue: what teams register, look up, deploy and administer."""

from arangovis.services.catalogue.names import NAME_LENGTH_MAX, Registered, check_name, ensure_facts, project_id
from arangovis.services.catalogue.registry import Catalogue, RegisteredVersion

__all__ = [
    "NAME_LENGTH_MAX",
    "Catalogue",
    "Registered",
    "RegisteredVersion",
    "check_name",
    "ensure_facts",
    "project_id",
]
