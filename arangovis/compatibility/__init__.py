"""Does the new model break what the old one got right? Scores, losses, sweeps; names load when they are used."""

from importlib import import_module

_LOSSES = (
    "BCBinaryCrossEntropyLoss",
    "BCCrossEntropyLoss",
    "BCKLDivergenceLoss",
    "BCNLLLoss",
    "CompatibilityLoss",
    "StrictImitationBinaryCrossEntropyLoss",
    "StrictImitationCrossEntropyLoss",
    "StrictImitationKLDivergenceLoss",
    "StrictImitationNLLLoss",
)
_HOMES = {
    **dict.fromkeys(_LOSSES, "arangovis.compatibility.pytorch.losses"),
    **dict.fromkeys(("LogisticRegression", "MLPClassifier"), "arangovis.compatibility.pytorch.models"),
    "Compatibility": "arangovis.compatibility.scores",
    "Evaluation": "arangovis.compatibility.evaluation",
    "Split": "arangovis.compatibility.evaluation",
    "SweepOptions": "arangovis.compatibility.sweep",
    "compare": "arangovis.compatibility.scores",
    "error_compatibility_score": "arangovis.compatibility.scores",
    "evaluate": "arangovis.compatibility.evaluation",
    "lambda_grid": "arangovis.compatibility.grid",
    "trust_compatibility_score": "arangovis.compatibility.scores",
}
"""Public name -> the module that has it."""

__all__ = sorted(_HOMES)  # noqa: PLE0605  the names are those of the table


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return [*globals(), *_HOMES]
