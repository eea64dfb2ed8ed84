"""Which fields and which series the columns of a chunk belong to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.ids import NodeId
from arangovis.domain.runs import Run
from arangovis.domain.series import FieldKind, Series, SeriesData, SeriesField, series_data_id
from arangovis.services.catalogue import check_name
from arangovis.services.series.definitions import SeriesDefinitions
from arangovis.services.series.fields import Fields, unknown


@dataclass(frozen=True, slots=True)
class Sent:
    """Where a chunk belongs.

    Args:
        run: the run.
        logger: who sends, 1 to 64 of A-Z a-z 0-9 _-.
        sequence: its number among the chunks of this logger for this series, or for these fields, from 0.
        generation: that of the run for which it is meant; None for the current one.
        series: name of a series that has exactly these fields; None for the implicit one.
        strict: refuse fields that do not exist, instead of making them.

    """

    run: NodeId
    logger: str
    sequence: int
    generation: int | None = None
    series: str | None = None
    strict: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """The fields that the columns are called by and that exist; the series, if one is named."""

    fields: Mapping[str, SeriesField]
    series: Series | None


@dataclass(frozen=True, slots=True)
class Aim:
    """Where the columns go.

    Args:
        run: the run.
        fields: in the order of the columns as they are stored.
        new: the names of those that are to be made.
        series: None if it is to be made, for these fields.

    """

    run: Run
    fields: tuple[SeriesField, ...]
    new: frozenset[str]
    series: NodeId | None

    def data(self, series: NodeId, fields: Sequence[SeriesField]) -> SeriesData:
        """Return the series data of the run in a series of these fields."""
        run = self.run
        node = series_data_id(run.project, run.id, run.generation, series)
        return SeriesData(node, run.project, run.id, series, run.generation, tuple(field.node.key for field in fields))


class Aiming:
    """Finds fields and series by the names of columns."""

    def __init__(self, fields: Fields, definitions: SeriesDefinitions) -> None:
        self._fields = fields
        self._definitions = definitions

    def known(self, run: Run, sent: Sent, names: Sequence[str]) -> Known:
        """Return what exists.

        Raises:
            InvalidInput: columns are missing, or are of no field where they must be of one; all are listed.
            NotFound: there is no series of the name.

        """
        if sent.series is not None:
            series = self._definitions.named(run.project, sent.series)
            fields = {field.name: field for field in series.fields}
            _check_whole(sent.series, fields, names)
            return Known(fields, series)
        fields = dict(self._fields.named(run.project, names))
        if sent.strict and len(fields) < len(names):
            raise unknown(name for name in names if name not in fields)
        return Known(fields, None)

    def aim(self, run: Run, known: Known, kinds: Mapping[str, FieldKind]) -> Aim:
        """Return where the columns go; `kinds` are those of the columns that are no field's yet.

        Raises:
            InvalidInput: one of those has no proper name.

        """
        if known.series is not None:
            return Aim(run, known.series.fields, frozenset(), known.series.node)
        for name in kinds:
            check_name("body", name)
        made = {name: SeriesField(NodeId("field", "new"), run.project, name, kind) for name, kind in kinds.items()}
        node = None if made else self._definitions.implicit(known.fields.values())
        if node is not None:
            return Aim(run, self._definitions.get(node).fields, frozenset(), node)
        fields = {**known.fields, **made}
        return Aim(run, tuple(fields[name] for name in sorted(fields)), frozenset(made), None)


def _check_whole(series: str, fields: Mapping[str, SeriesField], names: Sequence[str]) -> None:
    """Refuse columns that are not exactly the fields of a series."""
    absent = fields.keys() - set(names)
    missing = [Fault(name[:80], f"is a field of series {series!r}, but was not sent") for name in absent]
    extra = [Fault(name[:80], f"is not a field of series {series!r}") for name in names if name not in fields]
    if missing or extra:
        raise InvalidInput.of(*sorted([*missing, *extra], key=lambda fault: fault.field))
