"""Parameters and their limits, declared once: validation, REST documents and the UI's form follow from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from arangovis.domain.errors import Fault
from arangovis.domain.json import JsonValue, Scalar


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: its type, limits (both included) or choices, default, and other spellings.

    An `optional` one may be left out of what must else be complete, and is not recorded while it is at its default.
    """

    name: str
    type: type[int] | type[float] | type[str] | type[bool]
    default: Scalar
    description: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    optional: bool = False

    def problem(self, value: JsonValue) -> str | None:
        """Return what is wrong with a value, or None."""
        if not self._has_type(value):
            return f"{_shown(value)} is not {_TYPE_NAMES[self.type]}"
        if self.choices and value not in self.choices:
            return f"{_shown(value)} is not one of {', '.join(self.choices)}"
        if isinstance(value, int | float) and not isinstance(value, bool):
            return self._range_problem(value)
        return None

    def _has_type(self, value: JsonValue) -> bool:
        if self.type is bool or isinstance(value, bool):
            return self.type is bool and isinstance(value, bool)
        if self.type is int:
            return isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        if self.type is float:
            return isinstance(value, int | float)
        return isinstance(value, str)

    def _range_problem(self, value: float) -> str | None:
        low, high = self.minimum, self.maximum
        if value != value or (low is not None and value < low) or (high is not None and value > high):
            return f"{_shown(value)} is not between {_bound(low)} and {_bound(high)}"
        return None

    def canonical(self, value: JsonValue) -> Scalar:
        """Return a valid value in its own type: 15.0 becomes 15 for an integer."""
        if self.type in (int, float) and isinstance(value, int | float):
            return self.type(value)
        return value if isinstance(value, str | int | float | bool) else None


@dataclass(frozen=True, slots=True)
class ParameterSet:
    """The parameters of a method, in order."""

    parameters: tuple[Parameter, ...]

    def defaults(self) -> Mapping[str, Scalar]:
        """Return every parameter at its default, the optional ones left out."""
        return MappingProxyType({p.name: p.default for p in self.parameters if not p.optional})

    def filled(self, values: Mapping[str, Scalar]) -> Mapping[str, Scalar]:
        """Return every parameter, also the optional ones: as given, else at its default."""
        return MappingProxyType({p.name: values.get(p.name, p.default) for p in self.parameters})

    def check(
        self, values: Mapping[str, JsonValue], *, complete: bool = False, where: str = "parameters"
    ) -> tuple[Mapping[str, Scalar], tuple[Fault, ...]]:
        """Return (known values in canonical form, everything that is wrong). Unknown names are ignored.

        With `complete`, a parameter that is left out is a fault, unless it is optional. An optional one that is given
        at its default counts as left out, so that saying it or not is the same.
        """
        good: dict[str, Scalar] = {}
        faults: list[Fault] = []
        for parameter in self.parameters:
            field = f"{where}.{parameter.name}" if where else parameter.name
            spelled = next((n for n in (parameter.name, *parameter.aliases) if n in values), None)
            if spelled is None:
                faults.extend([Fault(field, "is required")] if complete and not parameter.optional else [])
            elif problem := parameter.problem(values[spelled]):
                faults.append(Fault(field, problem))
            elif (value := parameter.canonical(values[spelled])) != parameter.default or not parameter.optional:
                good[parameter.name] = value
        return MappingProxyType(good), tuple(faults)


_TYPE_NAMES = {int: "an integer", float: "a number", str: "text", bool: "true or false"}


def _shown(value: JsonValue) -> str:
    return repr(value)[:80]


def _bound(value: float | None) -> str:
    return "any" if value is None else f"{value:g}"
