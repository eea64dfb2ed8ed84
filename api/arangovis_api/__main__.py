"""`python -m arangovis_api`: the API by itself, with the settings of the environment; `arangovis serve` starts it."""

import sys

from arangovis import tracing
from arangovis.logs import set_up
from arangovis.settings import read_settings
from arangovis.workers.process import die_with_parent
from arangovis_api.server import serve_api

if __name__ == "__main__":
    if "--dies-with-parent" in sys.argv:
        die_with_parent()
    settings = read_settings()
    set_up(settings.log_format)
    tracing.set_up(settings.otel_endpoint, "api")
    serve_api(settings)
