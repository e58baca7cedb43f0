"""`python -m fhirbridge.cli.demo.token SETTINGS PARTNER`: a fresh token for a partner of a demo that was kept."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
from joserfc.jwk import ECKey, JWKRegistry, RSAKey

from fhirbridge import settings as settings_file
from fhirbridge.cli.demo.client import PartnerClient
from fhirbridge.cli.demo.partners import PARTNERS


def fresh_token(settings: Path, partner_id: str) -> str:
    """Sign in as this partner, with its own private key, and return the token.

    Raises:
        KeyError: the demo has no such partner, or it does not sign in.
    """
    partner = {each.id: each for each in PARTNERS if each.scopes}[partner_id]
    private = json.loads((settings.parent / "keys" / f"{partner.id}.private.json").read_text(encoding="utf-8"))
    key = JWKRegistry.import_key(private)
    if not isinstance(key, ECKey | RSAKey):
        raise KeyError(partner_id)
    base_url = settings_file.load(settings).base_url
    return PartnerClient(partner.id, key, partner.algorithm, base_url, " ".join(partner.scopes)).token


if __name__ == "__main__":
    click.echo(fresh_token(Path(sys.argv[1]), sys.argv[2]))
