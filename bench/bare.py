"""The reference server: a bare Flask route that returns the same bytes from memory; no token, consent or store."""

from __future__ import annotations

import os
from pathlib import Path

from flask import Flask, Response

BODY_FILE = "FHIRBRIDGE_BENCH_BODY"


def make_app() -> Flask:
    """Return the app; the bytes are read once from the file that the environment names."""
    body = Path(os.environ[BODY_FILE]).read_bytes()
    app = Flask(__name__)

    @app.get("/")
    def read() -> Response:
        return Response(body, content_type="application/fhir+json")

    return app
