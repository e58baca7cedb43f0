"""The only chooser of adapters: settings in, a Bridge out. Nothing happens at import."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fhirbridge.auth.assertions import key_problems
from fhirbridge.auth.partners import Partner, Route
from fhirbridge.auth.scopes import parse as parse_scope
from fhirbridge.delivery.retry import RetryPolicy
from fhirbridge.errors import BadSettings, BridgeError, InvalidTokenRequest, Issue
from fhirbridge.mapping.files import Bundle, Files, Folder, pack
from fhirbridge.mapping.library import MapLibrary
from fhirbridge.records import KINDS
from fhirbridge.services.bridge import Bridge, Limits
from fhirbridge.services.definitions import find_defaults, load_maps, read_checker, read_claims
from fhirbridge.services.maps.active import ActiveMaps, ensure_first
from fhirbridge.services.maps.releases import Desk, Verdict, find_active
from fhirbridge.services.maps.shadow import Shadow
from fhirbridge.services.maps.testing import prove_files
from fhirbridge.services.terminology.shared import SharedTerminology
from fhirbridge.settings import PartnerSettings, Settings
from fhirbridge.store import migrate as migrations
from fhirbridge.store.base import Store
from fhirbridge.store.memory import MemoryStore
from fhirbridge.store.sql import SqlStore
from fhirbridge.times import Clock, utc_now
from fhirbridge.transport.http_push import HttpPush
from fhirbridge.validation.claims import Claims

MEMORY = "memory:"


def build(settings: Settings, clock: Clock = utc_now) -> Bridge:
    """Return a Bridge on the store, maps and partners that the settings name.

    Raises:
        BadSettings: something the settings name cannot be used.
        MapError: a map does not pass its checks.
        Unavailable: the store cannot be reached, or waits for `migrate`.
    """
    desk = open_desk(settings, clock)
    try:
        return _bridge(settings, desk)
    except BaseException:
        desk.store.close()
        raise


def _bridge(settings: Settings, desk: Desk) -> Bridge:
    active = ActiveMaps(desk.store, desk.read_named)
    checker = read_checker(_folder(settings.profiles, "profiles"))
    return Bridge(
        store=desk.store,
        clock=desk.clock,
        partners=desk.partners,
        maps=active.now(),
        active=active,
        shadow=Shadow(desk.store, desk.read, desk.partners),
        checker=checker,
        terminology=SharedTerminology(lambda: checker.loaded_terminology),
        claims=_claims(settings),
        base_url=settings.base_url,
        sender=HttpPush([route.url for each in settings.partners for route in each.routes]),
        retry=_retry(settings),
        limits=Limits(**settings.limits.model_dump()),
        lease_s=settings.lease_s,
        on_write=settings.validation.on_write,
        id_secret=settings.id_secret,
    )


def open_desk(settings: Settings, clock: Clock = utc_now) -> Desk:
    """Return what those who change maps work with; the first time, the settings' folder becomes the first release.

    Raises:
        BadSettings: something the settings name cannot be used.
        MapError: there is no release yet, and a map of the folder does not pass its checks.
        Unavailable: the store cannot be reached, or waits for `migrate`.
    """
    profiles, mappings = _folder(settings.profiles, "profiles"), _folder(settings.mappings, "mappings")
    _check_kinds(settings)
    partners = {each.id: to_partner(each) for each in settings.partners}

    def read(files: Files, before: MapLibrary | None = None) -> MapLibrary:
        return load_maps(files, profiles, before=before)

    def test(files: Bundle, /) -> Verdict:
        report = prove_files(files, profiles, laws=0)  # laws are run where maps are written; see `fhirbridge test`
        return Verdict(len(report.results), tuple(each.place for each in report.failures))

    desk = Desk(open_store(settings.store, clock), clock, partners, read, test)
    try:
        ensure_first(desk.store, clock, lambda: pack(Folder(mappings)), desk.read_named)
    except BaseException:
        desk.store.close()
        raise
    return desk


def is_active(settings: Settings, folder: Path) -> bool | None:
    """Say whether a folder holds the active maps; None where no release is active, or the store cannot be asked."""
    file = settings.store.removeprefix("sqlite:///")
    if settings.store == MEMORY or (file != settings.store and not Path(file).exists()):
        return None
    try:
        store = open_store(settings.store, utc_now)
    except BridgeError:
        return None
    try:
        return find_active(store).release == pack(Folder(folder)).hash
    except BridgeError:
        return None
    finally:
        store.close()


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
        claims=settings.claims,
    )


def _folder(named: Path | None, default: str) -> Path:
    folder = named or find_defaults() / default
    if not folder.is_dir():
        raise _bad(default, f"The folder of {default} is not there.")
    return folder


def _claims(settings: Settings) -> Claims:
    """Return what may be claimed, with the guides of the settings claimed to everybody.

    Raises:
        BadSettings: the list cannot be read, or does not hold a guide that the settings or a partner name.
    """
    claims = read_claims(_folder(settings.profiles, "profiles"), settings.claims)
    for index, partner in enumerate(settings.partners):
        for guide in partner.claims or ():
            if guide not in claims.guides:
                raise _bad(f"partners[{index}].claims", f"{guide} is no guide; those are {', '.join(claims.guides)}.")
    return claims


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


def _check_kinds(settings: Settings) -> None:
    """Refuse record kinds that partners name and that are not there."""
    for partner in settings.partners:
        for index, route in enumerate(partner.routes):
            if route.kind not in KINDS:
                raise _bad(f"partners.{partner.id}.routes[{index}].kind", f"There is no record kind {route.kind}.")


def _bad(path: str, message: str) -> BadSettings:
    return BadSettings(message, issues=[Issue(BadSettings.code, message, path)])
