"""After a demo with `--keep`: both processes go on, and a person is told how to use them."""

from __future__ import annotations

import sys

import click

from fhirbridge.cli.demo.partners import LAKESIDE, NORTHMOOR
from fhirbridge.cli.demo.stage import SAMPLES, Stage
from fhirbridge.cli.demo.story import CLIENT
from fhirbridge.services.definitions import find_defaults

SCRIPT = """\
#!/bin/sh
# Prints a fresh access token, good for five minutes. Usage: token lakeside|hillcrest|riverside|northmoor
exec '{python}' -m fhirbridge.cli.demo.token '{settings}' "$1"
"""


def keep_running(stage: Stage) -> None:
    """Leave the processes running, write a token script, and print what can be tried."""
    stage.is_kept = True
    token = stage.folder / "token"
    token.write_text(SCRIPT.format(python=sys.executable, settings=stage.settings), encoding="utf-8")
    token.chmod(0o700)
    click.echo("\n".join(_lines(stage)))


def _lines(stage: Stage) -> list[str]:
    base, token = stage.base_url, stage.folder / "token"
    sample = find_defaults() / SAMPLES / "northmoor-release.json"
    return [
        "",
        f"Still running: server (pid {stage.server.pid}) and worker (pid {stage.worker.pid}); folder {stage.folder}",
        f"  FHIR    {base}/fhir          (description: {base}/fhir/metadata)",
        f"  tokens  {base}/auth/token    intake  {base}/intake/<kind>",
        "",
        "A token is good for five minutes; this prints a fresh one for a partner, signed with its key:",
        f"  {token} {LAKESIDE.id}",
        "",
        "Three to try:",
        f"""  curl -s -H "Authorization: Bearer $({token} {LAKESIDE.id})" """
        f"""'{base}/fhir/CarePlan?patient.identifier={CLIENT[0]}|{CLIENT[1]}&_include=CarePlan:goal'""",
        f"""  curl -s -H "Authorization: Bearer $({token} {LAKESIDE.id})" -H 'Accept: application/fhir+xml' """
        f"""'{base}/fhir/Goal/{stage.notes["goal"]}'""",
        f"""  curl -si -H "Authorization: Bearer $({token} {NORTHMOOR.id})" -H 'Content-Type: application/json' """
        f"""-H 'Idempotency-Key: try-1' --data-binary '@{sample}' '{base}/intake/transition'""",
        "",
        f"What it did:  {sys.executable} -m fhirbridge -s {stage.settings} ledger list",
        f"To stop both:  kill {stage.server.pid} {stage.worker.pid}",
    ]
