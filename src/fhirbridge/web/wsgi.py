"""What a WSGI server loads: `granian --interface wsgi --factory fhirbridge.web.wsgi:make_app`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from flask import Flask

from fhirbridge import bootstrap, settings
from fhirbridge.services import logs
from fhirbridge.web.app import create_app

SETTINGS_VARIABLE = "FHIRBRIDGE_SETTINGS"


def make_app() -> Flask:
    """Return the app for the settings file that the environment names, or ./fhirbridge.toml."""
    path = Path(os.environ.get(SETTINGS_VARIABLE, "fhirbridge.toml"))
    app = create_app(bootstrap.build(settings.load(path)))
    logs.install(sys.stderr)
    return app
