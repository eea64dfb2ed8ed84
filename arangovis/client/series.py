"""Fields, series and attributes of runs."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from arangovis.client.asking import Asking, segment
from arangovis.client.values import node_id
from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.ids import NodeId
from arangovis.domain.json import Scalar
from arangovis.domain.series import Series, SeriesField
from arangovis.services.series.attributes import RunAttributes


class SeriesDefining(Asking):
    """The part of the client that defines what runs log. Logging itself is `arangovis.run`; fields that nobody defined
    are made when they are first logged.
    """

    def create_field(self, project: str, name: str, kind: str, description: str | None = None) -> SeriesField:
        """Create a field; the same one again is found.

        Args:
            project: the project's name.
            name: unique in the project.
            kind: int, float, text, bool or timestamp.
            description: shown as the label of an axis.

        Raises:
            AlreadyExists: there is a field of this name with another kind or description.
            InvalidInput: it is no kind, or no proper name.
            NotFound: there is no such project.

        """
        body = {"project": project, "name": name, "kind": kind, "description": description}
        return self._ask(SeriesField, "POST", "/fields", body)

    def fields(self, project: str | None = None) -> Iterator[SeriesField]:
        """Yield the fields of a project, or of all, newest first."""
        return self._ask_pages(SeriesField, "/fields", project=project)

    def field(self, field: SeriesField | NodeId | str) -> SeriesField:
        """Return a field as it is now.

        Raises:
            NotFound: there is none.

        """
        return self._ask(SeriesField, "GET", f"/fields/{_key(field)}")

    def change_field(
        self,
        field: SeriesField | NodeId | str,
        *,
        name: str | None = None,
        description: str | None = None,
        kind: str | None = None,
    ) -> SeriesField:
        """Rename or describe a field: what was logged stays its own.

        Raises:
            AlreadyExists: another field has the name.
            Conflict: another kind is wanted, but values were logged.
            NotFound: there is no such field.

        """
        body = {"name": name, "description": description, "kind": kind}
        return self._ask(SeriesField, "PATCH", f"/fields/{_key(field)}", body)

    def create_series(self, project: str, name: str, fields: Sequence[str], description: str = "") -> Series:
        """Create a series: a named, fixed set of fields that exist; the same one again is found.

        Raises:
            AlreadyExists: there is a series of this name with other fields.
            InvalidInput: fields do not exist; all of them are listed.
            NotFound: there is no such project.

        """
        body = {"project": project, "name": name, "fields": list(fields), "description": description}
        return self._ask(Series, "POST", "/series", body)

    def series_list(self, project: str | None = None) -> Iterator[Series]:
        """Yield the series of a project, or of all, newest first; those that nobody named have no name."""
        return self._ask_pages(Series, "/series", project=project)

    def delete_series(self, series: Series | NodeId | str) -> None:
        """Delete a series that nothing was logged to.

        Raises:
            InUse: something was.
            NotFound: there is no such series.

        """
        node = series.node if isinstance(series, Series) else node_id(series, "series")
        self._ask_document("DELETE", f"/series/{segment(node.key)}")

    def set_attributes(
        self, run: NodeId | str, attributes: Mapping[str, Scalar | datetime], *, create: bool = False
    ) -> Mapping[str, Scalar]:
        """Set values of fields for a whole run; others stay. With `create`, fields that do not exist are made.

        Returns:
            All attributes of the run. Times are microseconds since 1970.

        Raises:
            InvalidInput: fields do not exist, or values are of another kind: all are listed, and nothing is set.
            NotFound: there is no such run.

        """
        body = {name: _sent(name, value) for name, value in attributes.items()}
        path = f"/runs/{segment(node_id(run, 'run').key)}/attributes"
        return self._ask(RunAttributes, "PUT", path, body, create=create).attributes

    def attributes(self, run: NodeId | str) -> Mapping[str, Scalar]:
        """Return the values of fields for a whole run, by the fields' current names.

        Raises:
            NotFound: there is no such run.

        """
        return self._ask(RunAttributes, "GET", f"/runs/{segment(node_id(run, 'run').key)}/attributes").attributes


def _key(field: SeriesField | NodeId | str) -> str:
    return segment((field.node if isinstance(field, SeriesField) else node_id(field, "field")).key)


def _sent(name: str, value: object) -> object:
    """Return a value as JSON can carry it: numbers that are not finite by name, times with their zone."""
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise InvalidInput.of(Fault(name, f"{value} has no time zone"))
        return value.isoformat()
    if isinstance(value, float):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}.get(str(value), value)
    return value.item() if hasattr(value, "item") else value
