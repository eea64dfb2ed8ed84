"""Names of other systems' modules, for scripts that were written for them; each module is named after its system."""

from importlib import import_module

_HOMES = dict.fromkeys(
    (
        "SweepManager",
        "build_environment_params",
        "default_get_instance_metadata",
        "init_app_routes",
        "render_widget_html",
    ),
    "arangovis.compat.backwardcompatibilityml",
)
"""Name -> the module that has it."""

__all__ = sorted(_HOMES)  # noqa: PLE0605  the names are those of the table


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
