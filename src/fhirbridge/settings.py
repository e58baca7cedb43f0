"""The settings file: one strict TOML. An unknown key is an error that names the key and the nearest known one.

Paths in the file are relative to the file. No other module reads a settings file or the environment.
"""

from __future__ import annotations

import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import ErrorDetails

from fhirbridge.auth.partners import PartnerKind
from fhirbridge.errors import BadSettings, Issue
from fhirbridge.services.definitions import find_defaults as find_defaults

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=60)]
Word = Annotated[str, StringConstraints(min_length=1)]
Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s?#]+[^\s?#/]$")]


class Section(BaseModel):
    """A table of the settings file: frozen, no unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class LimitSettings(Section):
    """`[limits]`: what the bridge takes in one go."""

    max_body_bytes: int = Field(default=2_000_000, ge=1_000, description="Largest body accepted, in bytes.")
    max_page: int = Field(default=200, ge=1, le=1_000, description="Most matches on one page of a search.")
    default_page: int = Field(default=50, ge=1, le=1_000, description="Matches on a page when _count is not given.")


class RetrySettings(Section):
    """`[retry]`: how long to wait between tries, and when to give up."""

    base_s: float = Field(default=2.0, gt=0, description="First wait, in seconds; doubles with each try.")
    cap_s: float = Field(default=3_600.0, gt=0, description="Longest wait, in seconds.")
    max_attempts: int = Field(default=12, ge=1, description="Tries before a message is parked or a delivery is dead.")


class ValidationSettings(Section):
    """`[validation]`: how closely resources are checked."""

    on_write: Literal["gate", "full"] = Field(
        default="gate",
        description="What a resource must pass to be kept: gate (structure, required codes, common rules) or full "
        "(all rules, terminology, profiles).",
    )


class RouteSettings(Section):
    """`[[partners.routes]]`: what is sent to a partner, in which form, to which address."""

    kind: Word = Field(description="Record kind that is sent.")
    map: Word = Field(description="Source map whose right side is that record; it is run backwards.")
    url: Url = Field(description="Address that takes the POST.")


class PartnerSettings(Section):
    """`[[partners]]`: one organisation's system connected to the bridge."""

    id: Name = Field(description="The partner's id; also its client_id.")
    name: Word = Field(description="The organisation's name.")
    kind: PartnerKind = Field(description="What the organisation is; decides the rows of the consent table.")
    organisation: Word = Field(description="The number by which consents name the organisation.")
    jurisdiction: Literal["US", "UK"] = Field(description="Whose law stands behind labels and notice.")
    purposes: tuple[Word, ...] = Field(default=(), description="Allowed purposes of use; the first is the default.")
    jwks: dict[str, Any] | None = Field(default=None, description="Public keys, inline.")
    jwks_file: Path | None = Field(default=None, description="Public keys, in a JWKS file.")
    scopes: tuple[Word, ...] = Field(default=(), description="Scopes this partner may ask for.")
    sources: dict[str, Word] = Field(default={}, description="Kind handed in -> source map that reads it.")
    identifier_systems: tuple[Word, ...] = Field(default=(), description="Systems in which it numbers people.")
    routes: tuple[RouteSettings, ...] = ()
    notice: Literal["long", "short"] = Field(default="long", description="Form of the redisclosure notice.")
    claims: tuple[Word, ...] | None = Field(default=None, description="Guides claimed to it; default: `claims` above.")


class Settings(Section):
    """All settings of one installation."""

    base_url: Url = Field(description="The address others reach this bridge by; no slash at the end.")
    store: Word = Field(default="sqlite:///fhirbridge.db", description="memory:, sqlite:///PATH or postgresql://...")
    bind: str = Field(default="127.0.0.1:8080", pattern=r"^.+:\d{1,5}$", description="host:port the server listens on.")
    workers: int = Field(default=1, ge=1, le=64, description="Server processes.")
    threads: int = Field(default=4, ge=1, le=256, description="Threads in each server process.")
    lease_s: float = Field(default=60.0, gt=0, description="Seconds after which work of a dead worker is taken over.")
    id_secret: str = Field(default="", repr=False, description="Goes into the ids of new persons.")
    mappings: Path | None = Field(default=None, description="Folder of maps; default: those of the package.")
    profiles: Path | None = Field(default=None, description="Folder of profiles; default: those of the package.")
    limits: LimitSettings = LimitSettings()
    retry: RetrySettings = RetrySettings()
    validation: ValidationSettings = ValidationSettings()
    claims: tuple[Word, ...] = Field(default=("us-core",), description="Guides whose profiles are claimed where met.")
    partners: tuple[PartnerSettings, ...] = ()


PATHS = ("mappings", "profiles")


def load(path: Path) -> Settings:
    """Return the settings in a TOML file; paths in it are relative to it.

    Raises:
        BadSettings: the file is missing, is no TOML, or a key is unknown, missing or wrong.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _bad(
            f"The settings file {path.name} cannot be read.",
            "Go to the folder of your bridge, name the file with -s, or make one with `fhirbridge init`.",
        ) from error
    return parse(text, path.parent.resolve())


def parse(text: str, folder: Path) -> Settings:
    """Return the settings in a TOML text whose paths are relative to `folder`; raises as `load`."""
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _bad(f"The settings are no TOML: {error}.", "Mend the line named above.") from error
    try:
        settings = Settings.model_validate(_anchored(tree, folder))
    except ValidationError as error:
        raise BadSettings("The settings cannot be used.", issues=map(_to_issue, error.errors())) from error
    _refuse_twins(settings)
    return settings


def _bad(message: str, hint: str, path: str = "") -> BadSettings:
    return BadSettings(message, issues=[Issue(BadSettings.code, message, path, hint=hint)])


def _anchored(tree: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return the tree with its relative paths made absolute."""
    tree = dict(tree)
    _anchor(tree, PATHS, folder)
    if isinstance(store := tree.get("store"), str) and store.startswith("sqlite:///"):
        tree["store"] = f"sqlite:///{folder / store.removeprefix('sqlite:///')}"
    if isinstance(partners := tree.get("partners"), list):
        for partner in partners:
            if isinstance(partner, dict):
                _anchor(partner, ("jwks_file",), folder)
    return tree


def _anchor(table: dict[str, Any], keys: tuple[str, ...], folder: Path) -> None:
    for key in keys:
        if isinstance(table.get(key), str):
            table[key] = folder / table[key]


def _refuse_twins(settings: Settings) -> None:
    ids = [partner.id for partner in settings.partners]
    for index, id_ in enumerate(ids):
        if id_ in ids[:index]:
            raise _bad(f"Two partners have the id {id_}.", "Give each partner its own id.", f"partners[{index}].id")


SECTIONS: dict[str, type[Section]] = {
    "": Settings,
    "limits": LimitSettings,
    "retry": RetrySettings,
    "validation": ValidationSettings,
    "partners": PartnerSettings,
    "routes": RouteSettings,
}


def _to_issue(error: ErrorDetails) -> Issue:
    """Translate one finding of pydantic; the value itself is left out, for it may be a secret."""
    loc = error["loc"]
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc).lstrip(".")
    if error["type"] == "extra_forbidden":
        return Issue(BadSettings.code, f"{path} is not a setting.", path, rule="unknown-key", hint=_nearest(loc))
    if error["type"] == "missing":
        return Issue(BadSettings.code, f"{path} is missing.", path, rule="missing", hint=f"Add a line {loc[-1]} = ...")
    return Issue(BadSettings.code, f"{path}: {error['msg']}.", path, rule=error["type"])


def _nearest(loc: tuple[int | str, ...]) -> str:
    names = [part for part in loc[:-1] if isinstance(part, str)]
    known = list(SECTIONS[names[-1] if names and names[-1] in SECTIONS else ""].model_fields)
    near = get_close_matches(str(loc[-1]), known, n=1, cutoff=0.5)
    return f"Did you mean {near[0]}?" if near else f"Known here: {', '.join(sorted(known))}."
