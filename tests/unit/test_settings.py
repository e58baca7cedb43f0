"""The settings file: strict, and clear about what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from fhirbridge import settings
from fhirbridge.errors import BadSettings

GOOD = """
base_url = "https://bridge.example"
store = "sqlite:///data/bridge.db"
mappings = "maps"

[limits]
max_body_bytes = 5000

[[partners]]
id = "mercy"
name = "Mercy"
kind = "hospital"
organisation = "M-1"
jurisdiction = "US"
purposes = ["TREAT"]
jwks_file = "keys/mercy.json"
sources = { plan = "mercy-plan" }

[[partners.routes]]
kind = "plan"
map = "mercy-plan"
url = "https://mercy.example/in"
"""


def parse(text: str) -> settings.Settings:
    return settings.parse(text, Path("/etc/bridge"))


def issues_of(text: str) -> list[tuple[str, str, str]]:
    with pytest.raises(BadSettings) as refused:
        parse(text)
    return [(issue.expression, issue.rule, issue.hint) for issue in refused.value.issues]


def test_paths_are_relative_to_the_file() -> None:
    found = parse(GOOD)
    assert found.store == "sqlite:////etc/bridge/data/bridge.db"
    assert found.mappings == Path("/etc/bridge/maps")
    assert found.partners[0].jwks_file == Path("/etc/bridge/keys/mercy.json")


def test_what_is_not_said_has_a_default() -> None:
    found = parse('base_url = "http://127.0.0.1:8080"')
    assert (found.bind, found.workers, found.limits.max_page, found.partners) == ("127.0.0.1:8080", 1, 200, ())


@pytest.mark.parametrize(
    ("wrong", "path", "near"),
    [
        ("base_urll = 1\n" + GOOD, "base_urll", "base_url"),
        (GOOD.replace("max_body_bytes", "max_body_byte"), "limits.max_body_byte", "max_body_bytes"),
        (GOOD.replace("organisation", "organization"), "partners[0].organization", "organisation"),
        (GOOD.replace("map = ", "maps = "), "partners[0].routes[0].maps", "map"),
    ],
)
def test_an_unknown_key_is_named_with_the_nearest_known_one(wrong: str, path: str, near: str) -> None:
    found = {(where, rule): hint for where, rule, hint in issues_of(wrong)}
    assert found[path, "unknown-key"] == f"Did you mean {near}?"


def test_a_key_like_no_other_is_told_what_is_known() -> None:
    ((_, _, hint),) = issues_of('zzz = 1\nbase_url = "http://127.0.0.1:8080"')
    assert hint.startswith("Known here: ") and "base_url" in hint


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        (GOOD.replace('kind = "hospital"', 'kind = "circus"'), "partners[0].kind"),
        (GOOD.replace('id = "mercy"', 'id = "Mercy Hospital"'), "partners[0].id"),
        (GOOD.replace('"https://bridge.example"', '"https://bridge.example/"'), "base_url"),
        (GOOD.replace("5000", "0"), "limits.max_body_bytes"),
        (GOOD.replace('name = "Mercy"\n', ""), "partners[0].name"),
    ],
)
def test_a_wrong_value_is_named_by_its_path(wrong: str, path: str) -> None:
    assert path in {where for where, _, _ in issues_of(wrong)}


def test_a_value_is_not_repeated_for_it_may_be_a_secret() -> None:
    with pytest.raises(BadSettings) as refused:
        parse('store = ["postgresql://user:hunter2@host/db"]')
    assert "hunter2" not in str(refused.value.issues) + str(refused.value)


def test_all_faults_are_told_at_once() -> None:
    assert len(issues_of("colour = 1\nworkers = 0")) == 3


def test_two_partners_with_one_id_are_refused() -> None:
    twice = GOOD + GOOD[GOOD.index("[[partners]]") :]
    ((path, _, _),) = issues_of(twice)
    assert path == "partners[1].id"


def test_what_is_no_toml_is_told_where() -> None:
    with pytest.raises(BadSettings) as refused:
        parse("base_url = yes\n")
    assert "line 1" in refused.value.message


def test_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "fhirbridge.toml").write_text(GOOD)
    assert settings.load(tmp_path / "fhirbridge.toml").mappings == tmp_path / "maps"
    with pytest.raises(BadSettings):
        settings.load(tmp_path / "missing.toml")


def test_the_defaults_hold_maps_and_profiles() -> None:
    folder = settings.find_defaults()
    assert (folder / "mappings" / "records").is_dir() and (folder / "profiles").is_dir()
