"""The Flask app around one bridge: guards, error answers, the blueprints. Nothing happens at import."""

from __future__ import annotations

from flask import Flask

from fhirbridge.services.bridge import Bridge
from fhirbridge.web import (
    auth_api,
    fhir_api,
    guards,
    health,
    intake_api,
    problems,
    quality_api,
    terminology_api,
    validate_api,
)

BLUEPRINTS = (
    fhir_api.api,
    validate_api.api,
    terminology_api.api,
    intake_api.api,
    quality_api.api,
    auth_api.api,
    health.api,
)


def create_app(bridge: Bridge) -> Flask:
    """Return the app that serves this bridge. An address is good with and without a slash at its end."""
    app = Flask("fhirbridge.web", static_folder=None)
    app.url_map.strict_slashes = False
    app.url_map.redirect_defaults = False
    guards.install(app, bridge)
    problems.install(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    return app
