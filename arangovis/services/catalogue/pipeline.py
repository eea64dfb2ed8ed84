"""The services of the catalogue beside the registry, put together once."""

from dataclasses import dataclass

from arangovis.services.catalogue.aliases import Aliases
from arangovis.services.catalogue.data import DataCatalogue
from arangovis.services.catalogue.deployments import Deployments
from arangovis.services.catalogue.entities import Entities
from arangovis.services.catalogue.gates import Gates
from arangovis.services.catalogue.kinds import Kinds
from arangovis.services.catalogue.lookup import Lookup
from arangovis.services.catalogue.performance import Performance
from arangovis.services.catalogue.projects import ProjectAdministration
from arangovis.stores.base import GraphStore


@dataclass(frozen=True, slots=True)
class Pipeline:
    """What describes whole pipelines: data, deployments and how they perform, aliases, gates, kinds, projects."""

    data: DataCatalogue
    lookup: Lookup
    entities: Entities
    kinds: Kinds
    aliases: Aliases
    gates: Gates
    performance: Performance
    deployments: Deployments
    projects: ProjectAdministration

    @classmethod
    def over(cls, store: GraphStore) -> "Pipeline":
        """Put them over a store."""
        performance = Performance(store)
        gates = Gates(store, performance)
        return cls(
            data=DataCatalogue(store),
            lookup=Lookup(store),
            entities=Entities(store),
            kinds=Kinds(store),
            aliases=Aliases(store),
            gates=gates,
            performance=performance,
            deployments=Deployments(store, gates),
            projects=ProjectAdministration(store),
        )
