"""What a search page asks for: tags, attributes, a window of time. Everything asked for holds together."""

from dataclasses import dataclass, field

from arangovis.domain.errors import Fault, InvalidInput
from arangovis.domain.json import Scalar
from arangovis.services.run_search.columns import Value, same

TAGS_MAX = 200
ATTRIBUTES_MAX = 50
VALUES_MAX = 1000


@dataclass(frozen=True, slots=True)
class TagCondition:
    """Which tags.

    Args:
        any: the run has at least one of these; empty asks for nothing.
        all: it has every one of these.
        none: it has not a single one of these.
        not_all: it does not have all of these together; empty asks for nothing.

    """

    any: tuple[str, ...] = ()
    all: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    not_all: tuple[str, ...] = ()

    @property
    def named(self) -> tuple[str, ...]:
        """Every tag in it, each once."""
        return tuple(dict.fromkeys((*self.any, *self.all, *self.none, *self.not_all)))


@dataclass(frozen=True, slots=True)
class AttributeCondition:
    """What an attribute must be: one value of the run for which all that is given holds.

    Args:
        name: a field that runs have a value of, or a searchable name of runs such as `params.lr` or `state`.
        minimum: at least this number; None for no lower end.
        maximum: less than this number; None for no upper end.
        values: one of these, of the same type; None for any value, empty for none.
        include_missing: a run without the attribute is as good.

    """

    name: str
    minimum: float | None = None
    maximum: float | None = None
    values: tuple[Scalar, ...] | None = None
    include_missing: bool = False

    def accepts(self, value: Value) -> bool:
        """Say whether a value is one that is asked for."""
        if self.values is not None and not any(same(value, wanted) for wanted in self.values):
            return False
        if self.minimum is None and self.maximum is None:
            return True
        if isinstance(value, str | bool):
            return False
        above = self.minimum is None or value >= self.minimum
        return above and (self.maximum is None or value < self.maximum)


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs.

    Args:
        project: the name of a project, or None for all.
        tags: which tags they have.
        attributes: what their attributes are; one condition a name.
        started_from: started (or, if they have not, created) at this time or later, microseconds since 1970.
        started_before: started before this time.

    """

    project: str | None = None
    tags: TagCondition = field(default_factory=TagCondition)
    attributes: tuple[AttributeCondition, ...] = ()
    started_from: int | None = None
    started_before: int | None = None

    def __post_init__(self) -> None:
        names = [condition.name for condition in self.attributes]
        if len(names) != len(set(names)):
            raise InvalidInput.of(Fault("attributes", "name the same attribute twice; give it one condition"))
        counts = (("tags", len(self.tags.named), TAGS_MAX), ("attributes", len(names), ATTRIBUTES_MAX))
        many = [Fault(field, f"{count} are more than {most}") for field, count, most in counts if count > most]
        many += [
            Fault(f"attributes.{condition.name}.values", f"{len(condition.values)} are more than {VALUES_MAX}")
            for condition in self.attributes
            if condition.values is not None and len(condition.values) > VALUES_MAX
        ]
        if many:
            raise InvalidInput.of(*many)

    def chosen(self, name: str) -> tuple[Scalar, ...]:
        """Return the values that are asked for of an attribute."""
        return next((found.values for found in self.attributes if found.name == name), None) or ()
