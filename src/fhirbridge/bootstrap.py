"""The only chooser of adapters: settings in, a Bridge out. Nothing happens at import."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fhirbridge.auth.assertions import key_problems
from fhirbridge.auth.partners import Partner, Route
from fhirbridge.auth.scopes import parse as parse_scope
from fhirbridge.delivery.retry import RetryPolicy
from fhirbridge.errors import BadSettings, InvalidTokenRequest, Issue
from fhirbridge.mapping.library import MapLibrary
from fhirbridge.records import KINDS
from fhirbridge.services.bridge import Bridge, Limits
from fhirbridge.services.definitions import find_defaults, read_checker, read_extensions
from fhirbridge.settings import PartnerSettings, Settings
from fhirbridge.store import migrate as migrations
from fhirbridge.store.base import Store
from fhirbridge.store.memory import MemoryStore
from fhirbridge.store.sql import SqlStore
from fhirbridge.times import Clock, utc_now
from fhirbridge.transport.http_push import HttpPush

MEMORY = "memory:"


def build(settings: Settings, clock: Clock = utc_now) -> Bridge:
    """Return a Bridge on the store, maps and partners that the settings name.

    Raises:
        BadSettings: something the settings name cannot be used.
        MapError: a map does not pass its checks.
        Unavailable: the store cannot be reached, or waits for `migrate`.
    """
    profiles = _folder(settings.profiles, "profiles")
    maps = MapLibrary.load(_folder(settings.mappings, "mappings"), read_extensions(profiles))
    partners = {each.id: to_partner(each) for each in settings.partners}
    _check_names(settings, maps)
    return Bridge(
        store=open_store(settings.store, clock),
        clock=clock,
        partners=partners,
        maps=maps,
        checker=read_checker(profiles),
        base_url=settings.base_url,
        sender=HttpPush([route.url for each in settings.partners for route in each.routes]),
        retry=_retry(settings),
        limits=Limits(**settings.limits.model_dump()),
        lease_s=settings.lease_s,
        id_secret=settings.id_secret,
    )


def migrate(settings: Settings) -> None:
    """Make or change the tables of the store that the settings name.

    Raises:
        BadSettings: the store's address cannot be used.
        Unavailable: the store cannot be reached.
    """
    if settings.store != MEMORY:
        migrations.migrate(settings.store)


def open_store(url: str, clock: Clock) -> Store:
    """Return the store at an address: `memory:`, `sqlite:///PATH` or `postgresql://...`.

    Raises:
        BadSettings: the address cannot be used, or its tables are of another version.
        Unavailable: it cannot be reached.
    """
    if url == MEMORY:
        return MemoryStore(clock=clock)
    if migrations.pending(url):
        message = "The store's tables are not those of this version."
        issue = Issue(
            BadSettings.code,
            message,
            "store",
            rule="migrated",
            hint="Run `fhirbridge init` on the folder of the settings: it keeps them and brings the tables up to date.",
        )
        raise BadSettings(message, issues=[issue])
    return SqlStore.open(url, clock=clock)


def to_partner(settings: PartnerSettings) -> Partner:
    """Return the partner that one `[[partners]]` table describes.

    Raises:
        BadSettings: its keys cannot be read or used, or a scope is no scope.
    """
    _check_scopes(settings)
    return Partner(
        id=settings.id,
        name=settings.name,
        kind=settings.kind,
        organisation=settings.organisation,
        jurisdiction=settings.jurisdiction,
        purposes=settings.purposes,
        jwks=_read_keys(settings),
        scopes=settings.scopes,
        sources=settings.sources,
        identifier_systems=settings.identifier_systems,
        routes=tuple(Route(route.kind, route.map, route.url) for route in settings.routes),
        notice=settings.notice,
    )


def _folder(named: Path | None, default: str) -> Path:
    folder = named or find_defaults() / default
    if not folder.is_dir():
        raise _bad(default, f"The folder of {default} is not there.")
    return folder


def _retry(settings: Settings) -> RetryPolicy:
    try:
        return RetryPolicy(**settings.retry.model_dump())
    except ValueError as error:
        raise _bad("retry", f"The retry settings cannot be used: {error}.") from error


def _read_keys(settings: PartnerSettings) -> dict[str, Any]:
    """Return the partner's public keys; none for a partner that never signs in."""
    if settings.jwks is not None and settings.jwks_file is not None:
        raise _bad(f"partners.{settings.id}", "A partner has jwks or jwks_file, not both.")
    keys = settings.jwks if settings.jwks_file is None else _read_key_file(settings.id, settings.jwks_file)
    if keys is None:
        if settings.scopes:
            raise _bad(f"partners.{settings.id}", "A partner with scopes needs jwks or jwks_file, to sign in.")
        return {}
    if problems := key_problems(keys):
        raise _bad(f"partners.{settings.id}", f"The key set cannot be used: {'; '.join(problems)}.")
    return keys


def _read_key_file(id_: str, file: Path) -> dict[str, Any]:
    try:
        keys = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _bad(f"partners.{id_}.jwks_file", f"The key set {file.name} cannot be read.") from error
    if not isinstance(keys, dict):
        raise _bad(f"partners.{id_}.jwks_file", f"{file.name} is no JSON Web Key Set.")
    return keys


def _check_scopes(settings: PartnerSettings) -> None:
    for index, scope in enumerate(settings.scopes):
        try:
            parse_scope(scope)
        except InvalidTokenRequest as error:
            raise _bad(f"partners.{settings.id}.scopes[{index}]", error.message) from error


def _check_names(settings: Settings, maps: MapLibrary) -> None:
    """Refuse maps and record kinds that partners name and that are not there."""
    for partner in settings.partners:
        named = {f"sources.{kind}": map_ for kind, map_ in partner.sources.items()}
        named |= {f"routes[{index}].map": route.map for index, route in enumerate(partner.routes)}
        for path, name in named.items():
            if name not in maps.names():
                raise _bad(f"partners.{partner.id}.{path}", f"There is no map {name}.")
        for index, route in enumerate(partner.routes):
            if route.kind not in KINDS:
                raise _bad(f"partners.{partner.id}.routes[{index}].kind", f"There is no record kind {route.kind}.")


def _bad(path: str, message: str) -> BadSettings:
    return BadSettings(message, issues=[Issue(BadSettings.code, message, path)])
