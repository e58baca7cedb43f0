"""A desk for those who change maps, and releases of one small map: persons as Patients, quick to read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.support.clock import FixedClock
from tests.support.store_rows import make_message

from fhirbridge import bootstrap, settings
from fhirbridge.auth.partners import Partner, PartnerKind
from fhirbridge.mapping.files import Bundle, Files
from fhirbridge.mapping.library import MapLibrary
from fhirbridge.services.definitions import find_defaults, load_maps
from fhirbridge.services.maps.active import ensure_first
from fhirbridge.services.maps.releases import Desk, RunTests, Signed, Verdict
from fhirbridge.store.base import Message, Store

PERSON_MAP = """\
map: person
version: 1.0.0
left: {record: person}
right: {fhir: R4}
resources:
  person:
    make: Patient
    key: person.id
    class: D1
    rows: |
      person.identifiers[].system  <=> identifier[].system
      person.identifiers[].value   <=> identifier[].value
      person.names[].family        <=> name[].family               | verbatim
      person.names[].given[]       <=> name[].given[]              | verbatim
      person.names[].use           <=> name[].use
      person.birth_date            <=> birthDate                   | date
      person.gender                <=> gender
      person.telecoms[].system     <=> telecom[].system
      person.telecoms[].value      <=> telecom[].value             | verbatim
      person.addresses[].lines[]   <=> address[].line[]            | verbatim
      person.addresses[].city      <=> address[].city              | verbatim
      person.addresses[].postcode  <=> address[].postalCode        | verbatim
      person.addresses[].country   <=> address[].country           | verbatim
      person.language              <=> communication[0].language.coding[0].code
      'urn:ietf:bcp:47'             := communication[0].language.coding[0].system  | when person.language
ignore:
  person.addresses.state: not here
  person.addresses.use: not here
  person.contacts: not here
  person.deceased: not here
  person.died: not here
  person.identifiers.assigner: not here
  person.identifiers.type: not here
  person.interpreter: not here
  person.names.prefix: not here
  person.names.suffix: not here
  person.replaced_by: not here
  person.restricted: not here
  person.telecoms.use: not here
"""
CITY_ROW = "records/person.yaml:21"
SIGNED = Signed("amira", "a reason")
RIVERSIDE = Partner("riverside", "Riverside Recovery", PartnerKind.AGENCY, "RIVERSIDE", "US", scopes=("intake/*.c",))
CITY = "address[].city              | verbatim"
CANARY = "Zq7Vega"


def make_bundle(*changes: tuple[str, str], **files: bytes) -> Bundle:
    """Return a release with the person map, changed by texts to replace; other files are named like `tests__a_json`."""
    text = PERSON_MAP
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    more = {name.replace("__", "/").replace("_", "."): body for name, body in files.items()}
    return Bundle({"records/person.yaml": text.encode(), **more})


def renamed(version: str = "9.9.9") -> Bundle:
    """Return a release that is another one and makes the same of everything."""
    return make_bundle(("version: 1.0.0", f"version: {version}"))


def moved() -> Bundle:
    """Return a release that writes the city elsewhere."""
    return make_bundle((CITY, "address[].district          | verbatim"))


PROFILE = "https://fhirbridge.org/fhir/StructureDefinition/client-patient"


def profiled() -> Bundle:
    """Return a release that makes the same under a profile, which /fhir/metadata tells of."""
    return make_bundle(("{fhir: R4}", f"{{fhir: R4, profiles: {{person: {PROFILE}}}}}"))


def broken() -> Bundle:
    """Return a release that does not pass its checks."""
    return make_bundle((CITY, "address[].citty             | verbatim"))


def read_maps(files: Files, before: MapLibrary | None = None) -> MapLibrary:
    """Read maps with the profiles that come with the package."""
    return load_maps(files, find_defaults() / "profiles", before=before)


def pass_tests(_: Bundle, /) -> Verdict:
    """Say that three tests passed."""
    return Verdict(3)


def make_desk(
    store: Store, clock: FixedClock, *partners: Partner, first: Bundle | None = None, test: RunTests = pass_tests
) -> Desk:
    """Return a desk on a store in which the person map is active."""
    named = {partner.id: partner for partner in (partners or (RIVERSIDE,))}
    desk = Desk(store, clock, named, read_maps, test)
    ensure_first(store, clock, lambda: first or make_bundle(), desk.read_named)
    return desk


def person(number: int = 1, **changes: object) -> Mapping[str, object]:
    """Return a person record; its values are canaries that must be seen nowhere."""
    address = {"lines": [f"{number} {CANARY} Road"], "city": f"{CANARY} City", "postcode": "00000", "country": "US"}
    tree = {
        "id": f"p{number}",
        "identifiers": [{"system": "https://riverside.example/case", "value": f"{CANARY}-{number}"}],
        "names": [{"family": CANARY, "given": ["Amira"]}],
        "birth_date": "1980-02-03",
        "addresses": [address],
        "language": "es",
    }
    return {**tree, **changes}


def person_message(number: int = 1, **changes: object) -> Message:
    """Return a message in which Riverside hands a person in."""
    body = json.dumps(person(number, **changes)).encode()
    return make_message(number, kind="person", body=body)


def write_files(folder: Path, files: Files) -> Path:
    """Write a bundle's files below a folder and return it."""
    for name in files.names():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(files.read(name))
    return folder


@contextmanager
def open_desk(file: Path) -> Iterator[Desk]:
    """Open the desk of a settings file."""
    desk = bootstrap.open_desk(settings.load(file))
    yield desk
    desk.store.close()
