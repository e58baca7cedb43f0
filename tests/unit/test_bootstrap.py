"""Settings in, a bridge out; what cannot be used is refused at the start."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from joserfc.jwk import ECKey
from tests.support.releases import make_bundle, renamed, write_files

from fhirbridge import bootstrap, settings
from fhirbridge.errors import BadSettings, MapError
from fhirbridge.services import health
from fhirbridge.store.memory import MemoryStore

KEYS = json.dumps({"keys": [ECKey.generate_key("P-384", {"kid": "k1"}).as_dict(private=False)]})
PARTNER = """
[[partners]]
id = "mercy"
name = "Mercy"
kind = "hospital"
organisation = "M-1"
jurisdiction = "US"
scopes = ["system/*.rs"]
jwks_file = "mercy.json"
"""


def load(folder: Path, more: str = "", *, store: str = "memory:") -> settings.Settings:
    (folder / "mercy.json").write_text(KEYS)
    return settings.parse(f'base_url = "https://bridge.example"\nstore = "{store}"\n{more}', folder)


def test_a_bridge_is_put_together_from_settings(tmp_path: Path) -> None:
    bridge = bootstrap.build(
        load(
            tmp_path,
            "lease_s = 5\n[retry]\nmax_attempts = 4\n[limits]\nmax_page = 7\n[validation]\non_write = 'full'\n"
            + PARTNER,
        )
    )
    assert isinstance(bridge.store, MemoryStore)
    assert (bridge.lease_s, bridge.retry.max_attempts, bridge.limits.max_page) == (5, 4, 7)
    assert bridge.on_write == "full"
    assert bridge.partners["mercy"].jwks["keys"] and "plan" in bridge.maps.names()


def test_a_file_store_is_made_first_and_then_used(tmp_path: Path) -> None:
    found = load(tmp_path, store="sqlite:///bridge.db")
    with pytest.raises(BadSettings):
        bootstrap.build(found)
    bootstrap.migrate(found)
    bootstrap.migrate(found)
    bridge = bootstrap.build(found)
    assert health.is_ready(bridge)
    bridge.store.close()


def test_a_memory_store_needs_no_migration(tmp_path: Path) -> None:
    bootstrap.migrate(load(tmp_path))
    assert [file.name for file in tmp_path.iterdir()] == ["mercy.json"]


@pytest.mark.parametrize(
    ("partner", "path"),
    [
        (PARTNER.replace("mercy.json", "missing.json"), "partners.mercy.jwks_file"),
        (PARTNER.replace('jwks_file = "mercy.json"', ""), "partners.mercy"),
        (PARTNER + "jwks = { keys = [] }\n", "partners.mercy"),
        (PARTNER.replace('jwks_file = "mercy.json"', "jwks = { keys = [] }"), "partners.mercy"),
        (PARTNER.replace("system/*.rs", "system/*.everything"), "partners.mercy.scopes[0]"),
        (PARTNER + 'sources = { plan = "horoscope" }\n', "partners.mercy.sources.plan"),
        (
            PARTNER + 'routes = [{ kind = "plan", map = "horoscope", url = "https://mercy.example/in" }]\n',
            "partners.mercy.routes[0].map",
        ),
        (
            PARTNER + 'routes = [{ kind = "horoscope", map = "plan", url = "https://mercy.example/in" }]\n',
            "partners.mercy.routes[0].kind",
        ),
        ('mappings = "nowhere"\n', "mappings"),
        ('profiles = "nowhere"\n', "profiles"),
        ("[retry]\nbase_s = 100\ncap_s = 1\n", "retry"),
    ],
)
def test_what_cannot_be_used_is_named_by_its_path(tmp_path: Path, partner: str, path: str) -> None:
    with pytest.raises(BadSettings) as refused:
        bootstrap.build(load(tmp_path, partner))
    assert [issue.expression for issue in refused.value.issues] == [path]


def test_a_key_file_that_holds_no_key_set_is_refused(tmp_path: Path) -> None:
    found = load(tmp_path, PARTNER)
    for text in ("[]", "{"):
        (tmp_path / "mercy.json").write_text(text)
        with pytest.raises(BadSettings):
            bootstrap.build(found)


def test_a_partner_that_never_signs_in_needs_no_key(tmp_path: Path) -> None:
    silent = PARTNER.replace('scopes = ["system/*.rs"]', "").replace('jwks_file = "mercy.json"', "")
    assert bootstrap.build(load(tmp_path, silent)).partners["mercy"].jwks == {}


def test_an_address_without_tls_is_refused(tmp_path: Path) -> None:
    route = 'routes = [{ kind = "plan", map = "plan", url = "http://mercy.example/in" }]\n'
    with pytest.raises(BadSettings):
        bootstrap.build(load(tmp_path, PARTNER + route))


def test_a_map_that_does_not_pass_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "maps" / "records").mkdir(parents=True)
    (tmp_path / "maps" / "records" / "plan.yaml").write_text("map: plan\ncolour: red\n")
    with pytest.raises(MapError):
        bootstrap.build(load(tmp_path, 'mappings = "maps"\n'))


def test_the_folder_becomes_the_first_release_and_edits_of_it_change_nothing(tmp_path: Path) -> None:
    write_files(tmp_path / "maps", make_bundle())
    found = load(tmp_path, 'mappings = "maps"\n', store="sqlite:///bridge.db")
    assert bootstrap.is_active(found, tmp_path / "maps") is None, "there is no store"
    bootstrap.migrate(found)
    bootstrap.build(found).store.close()
    assert bootstrap.is_active(found, tmp_path / "maps") is True
    write_files(tmp_path / "maps", renamed("2.0.0"))
    bridge = bootstrap.build(found)
    assert bridge.now().maps.get("person").version == "1.0.0"
    assert bootstrap.is_active(found, tmp_path / "maps") is False
    bridge.store.close()


def test_a_memory_store_has_a_first_release_and_nothing_to_compare_with(tmp_path: Path) -> None:
    found = load(tmp_path)
    assert "plan" in bootstrap.build(found).now().maps.names()
    assert bootstrap.is_active(found, tmp_path) is None


def test_a_store_without_tables_has_no_active_maps(tmp_path: Path) -> None:
    (tmp_path / "bridge.db").touch()
    assert bootstrap.is_active(load(tmp_path, store="sqlite:///bridge.db"), tmp_path) is None


def test_a_store_in_which_nothing_was_active_says_nothing_of_a_folder(tmp_path: Path) -> None:
    found = load(tmp_path, store="sqlite:///bridge.db")
    bootstrap.migrate(found)
    assert bootstrap.is_active(found, tmp_path) is None


def test_a_map_that_a_partner_newly_names_can_be_made_active(tmp_path: Path) -> None:
    write_files(tmp_path / "maps", make_bundle())
    before = load(tmp_path, 'mappings = "maps"\n', store="sqlite:///bridge.db")
    bootstrap.migrate(before)
    bootstrap.build(before).store.close()
    after = load(
        tmp_path, 'mappings = "maps"\n' + PARTNER + 'sources = { plan = "new" }\n', store="sqlite:///bridge.db"
    )
    with pytest.raises(BadSettings):
        bootstrap.build(after)
    bootstrap.open_desk(after).store.close()
