"""`fhirbridge init DIR`: a folder with commented settings, a place for keys, and a database that is ready."""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path

import click

from fhirbridge import bootstrap
from fhirbridge import settings as settings_file
from fhirbridge.cli.opening import open_desk
from fhirbridge.services.definitions import find_defaults

SETTINGS = """\
# fhirbridge settings. A key that is not known stops the start and is named. Paths are relative to this file.

# The address others reach this bridge by, without a slash at the end.
base_url = "http://127.0.0.1:8080"

# Where the server listens. Put TLS in front of it before it leaves this machine.
bind = "127.0.0.1:8080"
workers = 1     # server processes
threads = 4     # threads in each

# One database holds everything: sqlite:///PATH or postgresql://user@host/name
store = "sqlite:///fhirbridge.db"

# Goes into the ids of new persons, so that nobody can try numbers out against them. Known persons keep their ids.
id_secret = "@random@"

# Your own maps and profiles, kept in git. Left out: those that come with the package. The maps of the first start
# are the active ones; what is edited later counts after `fhirbridge plan` and `fhirbridge activate`.
# mappings = "mappings"
# profiles = "profiles"

# Seconds after which the work of a worker that died is taken over.
lease_s = 60

[limits]
max_body_bytes = 2_000_000
default_page = 50
max_page = 200

[retry]
base_s = 2          # first wait; doubles with each try
cap_s = 3600        # longest wait
max_attempts = 12   # then the delivery is dead and stays in `fhirbridge queue list`

[validation]
on_write = "gate"   # what is kept must pass: gate (structure, required codes, common rules) or full (all of it)

# One table for each system that is connected. Take the # away and fill in.
# [[partners]]
# id = "general-hospital"              # also the client_id of its token requests
# name = "General Hospital"
# kind = "hospital"                    # agency, hospital, prison, prison-health, probation, court, service, ...
# organisation = "org-1001"            # the number by which consents name it
# jurisdiction = "US"                  # US or UK: whose law stands behind labels and notice
# purposes = ["TREAT"]                 # the first is the default
# jwks_file = "keys/general-hospital.jwks.json"
# scopes = ["system/CarePlan.rs", "system/Goal.rs", "system/Patient.rs"]
# identifier_systems = ["https://general-hospital.example/mrn"]
#
# [[partners]]
# id = "our-agency"
# name = "Our Agency"
# kind = "agency"
# organisation = "org-2001"
# jurisdiction = "US"
# jwks_file = "keys/our-agency.jwks.json"
# scopes = ["intake/plan.c"]
# sources = { plan = "riverside-plan" }    # what it hands in, and the map that reads it
"""


@click.command("init")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--own-maps", is_flag=True, help="Copy the maps of the package into DIR/mappings, to be changed there.")
def command(folder: Path, own_maps: bool) -> None:
    """Make DIR with settings, a folder for the partners' public keys, and a database.

    Where DIR has settings already they stay as they are, and only the database they name is brought up to date.
    """
    file, maps = folder / "fhirbridge.toml", folder / "mappings"
    if file.exists():
        bootstrap.migrate(settings_file.load(file))
        click.echo(f"{file} was there and stays as it is; its database is up to date.", err=True)
        return
    if own_maps and maps.exists():
        raise click.UsageError(f"{maps} is there already; nothing was made. Take another DIR, or leave --own-maps out.")
    text = SETTINGS.replace("@random@", secrets.token_hex(16))
    if own_maps:
        text = text.replace('# mappings = "mappings"', 'mappings = "mappings"')
    write_folder(folder, text)
    if own_maps:
        _own(file, maps)
    click.echo(f"Made {file}, {folder / 'keys'} and the database.", err=True)
    click.echo(f"Next: name your partners in {file}, then run", err=True)
    click.echo(f"  fhirbridge -s {file} serve\n  fhirbridge -s {file} worker", err=True)


def _own(file: Path, maps: Path) -> None:
    """Copy the maps of the package and make them the first release, so that every edit is seen as a change."""
    shutil.copytree(find_defaults() / "mappings", maps)
    with open_desk(str(file)):
        click.echo(f"Copied the maps of the package into {maps}; they are the active ones.", err=True)


def write_folder(folder: Path, text: str) -> Path:
    """Write settings and a keys folder, bring the database up to date, and return the settings file.

    A folder that was not there is made for its owner alone: the database in it holds records of persons.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / "keys").mkdir(parents=True, exist_ok=True, mode=0o700)
    file = folder / "fhirbridge.toml"
    file.write_text(text, encoding="utf-8")
    bootstrap.migrate(settings_file.load(file))
    return file
