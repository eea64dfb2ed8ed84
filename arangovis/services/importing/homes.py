"""Projects and models of an import: found by name, or made."""

from arangovis.domain.graph import EdgeId
from arangovis.domain.ids import NodeId, named_id
from arangovis.services.catalogue import check_name
from arangovis.services.catalogue.names import free_project_id, project_id
from arangovis.stores.transaction import Transaction


class Homes:
    """Inside one action: it remembers what it came across."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._projects: dict[str, NodeId] = {}
        self._models: dict[tuple[str, str], NodeId] = {}
        self.made: set[NodeId] = set()
        """What was not there."""

    def project(self, name: str) -> NodeId:
        """Return a project, made if it is not there.

        Raises:
            Conflict: it is archived.
            InvalidInput: it has no proper name.

        """
        found = self._projects.get(name)
        if found is None:
            check_name("project", name)
            found = free_project_id(self._transaction, name)
            if self._transaction.find(found) is None:
                self._transaction.create(found, found.key, {"name": name})
                self.made.add(found)
            self._projects[name] = found = project_id(self._transaction, name)
        return found

    def key_of(self, project: str) -> str:
        """Return the key of a project, made if it is not there.

        Raises:
            as `project`.

        """
        return self.project(project).key

    def model(self, project: str, name: str) -> NodeId:
        """Return a model, made if it is not there.

        Raises:
            as `project`.

        """
        found = self._models.get((project, name))
        if found is None:
            check_name("model", name)
            home = self.project(project)
            found = named_id("model", home.key, name)
            if self._transaction.find(found) is None:
                self._transaction.create(found, home.key, {"name": name})
                self._transaction.link(EdgeId("contains", home, found))
                self.made.add(found)
            self._models[project, name] = found
        return found
