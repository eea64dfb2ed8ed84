"""Which factories of models there are; nothing is imported until one is used."""

from collections.abc import Sequence

from arangovis.domain.errors import Fault, InvalidInput

BUILT_IN = {
    "mlp": "arangovis.compatibility.pytorch.models:MLPClassifier",
    "logistic-regression": "arangovis.compatibility.pytorch.models:LogisticRegression",
}


def allowed_factories(setting: str) -> tuple[str, ...]:
    """Return the names in the setting, which are separated by commas."""
    return tuple(name for part in setting.split(",") if (name := part.strip()))


def check_factory(field: str, name: str, allowed: Sequence[str]) -> None:
    """Refuse a factory that may not be used.

    Raises:
        InvalidInput: it names the field, and the factories that may.

    """
    known = (*BUILT_IN, *allowed)
    if name not in known:
        problem = f"{name[:80]!r} is not one of {', '.join(known)}; others go into the setting model_factories"
        raise InvalidInput.of(Fault(field, problem))
