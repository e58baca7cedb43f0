"""The commands, each on a bridge in a folder with every sample handed in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.bridge import RECEIVER, SAMPLES, World
from tests.support.clock import FixedClock

from fhirbridge import bootstrap, settings
from fhirbridge.cli.demo.partners import PARTNERS, make_key, partner_tables, write_keys
from fhirbridge.cli.init import SETTINGS, write_folder
from fhirbridge.cli.root import run
from fhirbridge.transport.fake import FakeSender


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with settings, keys and a database in which all samples, and a broken one, were handed in."""
    folder = tmp_path_factory.mktemp("bridge")
    (folder / "keys").mkdir()
    write_keys(folder / "keys", {partner.id: make_key(partner) for partner in PARTNERS})
    file = write_folder(folder, SETTINGS + partner_tables(receiver_url=RECEIVER))
    clock, sender = FixedClock(), FakeSender()
    bridge = bootstrap.build(settings.load(file), clock)
    world = World(bridge, clock, sender)
    for name in ("riverside-plan", "riverside-consent-hospital", "northmoor-release", "northmoor-release-broken"):
        world.hand_in_sample(name)
    bridge.store.close()
    return folder


class Command:
    """Runs commands on one folder and keeps what they printed."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.file = folder / "fhirbridge.toml"
        self.capsys = capsys
        self.err = ""

    def __call__(self, *arguments: str, code: int = 0) -> str:
        """Run a command, check its exit code, and return what it printed on stdout."""
        found = run(["-s", str(self.file), *arguments])
        told = self.capsys.readouterr()
        self.err = told.err
        assert found == code, told.err
        return told.out

    def items(self, *arguments: str) -> list[dict[str, Any]]:
        """Run a command that lists and return its items."""
        tree = json.loads(self(*arguments, "--json"))
        assert tree["format"] == 1
        items: list[dict[str, Any]] = tree["items"]
        return items


@pytest.fixture
def command(folder: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(folder, capsys)


def test_queue_lists_what_waits_and_with_all_what_is_done(command: Command) -> None:
    waiting = command.items("queue", "list")
    assert {item["state"] for item in waiting} == {"parked", "queued"}
    assert len(command.items("queue", "list", "--all")) > len(waiting)
    assert waiting[0]["id"] in command("queue", "list")


def test_queue_shows_every_issue_of_a_parked_message(command: Command) -> None:
    parked = next(item["id"] for item in command.items("queue", "list") if item["state"] == "parked")
    assert parked in command("queue", "show", parked)
    assert "doc.release.date" in command.err
    assert json.loads(command("queue", "show", parked, "--json"))["issues"]


def test_queue_retries_what_is_parked_and_refuses_what_is_not(command: Command) -> None:
    parked = next(item["id"] for item in command.items("queue", "list") if item["state"] == "parked")
    assert command("queue", "retry", parked) == f"{parked}\treceived\n"
    command("queue", "retry", parked, code=1)
    command("queue", "retry", "m-nowhere", code=1)
    assert "FB800" in command.err or "No message" in command.err
    command("worker", "--once")
    assert [item["state"] for item in command.items("queue", "list") if item["id"] == parked] == ["parked"]


def test_consents_are_listed_without_names(command: Command) -> None:
    consents = command.items("consent", "list")
    assert consents[0]["recipients"] == ["LAKESIDE-GENERAL"]
    told = command("consent", "list")
    assert "RIVERSIDE" in told
    assert "Vega" not in told
    assert command.items("consent", "list", "--person-id", "nobody") == []


def test_the_ledger_is_listed_and_its_chain_is_whole(command: Command) -> None:
    assert all(entry["outcome"] in ("permit", "deny") for entry in command.items("ledger", "list"))
    command("ledger", "verify")
    assert "whole" in command.err


def test_explain_names_map_file_line_and_the_field_it_came_from(command: Command) -> None:
    stored = next(item for item in command.items("queue", "list", "--all") if item["kind"] == "plan")
    bridge = bootstrap.build(settings.load(command.file))
    with bridge.store.snapshot() as tx:
        message = tx.find_message(stored["id"])
    bridge.store.close()
    assert message
    goal = next(each for each in json.loads(message.outcome)["resources"] if each.startswith("Goal/"))
    told = command("explain", goal, "description.text")
    assert "records/plan.yaml:" in told
    assert "clientSays" in told
    tree = json.loads(command("explain", goal, "description.text", "--json"))
    assert tree["steps"][0]["codec"] == "verbatim"
    command("explain", "Goal/nowhere", "description.text", code=1)
    command("explain", "Goal", "description.text", code=2)


def test_schema_prints_a_kind_and_lists_kinds(command: Command) -> None:
    assert json.loads(command("schema", "plan"))["x-record"] == "plan"
    assert "transition" in command("schema").split()
    command("schema", "horoscope", code=1)


def test_map_prints_what_a_map_makes_of_a_file_and_back(command: Command, tmp_path: Path) -> None:
    sample = SAMPLES / "riverside-consent-hospital.json"
    made = command("map", str(sample), "--map", "riverside-consent")
    assert json.loads(made)[0]["kind"] == "consent"
    (tmp_path / "records.json").write_text(made, encoding="utf-8")
    back = command("map", str(tmp_path / "records.json"), "--map", "riverside-consent", "--to-left")
    assert json.loads(back) == json.loads(sample.read_text(encoding="utf-8"))
    command("map", str(sample), "--map", "no-such-map", code=1)


def test_map_takes_many_messages_line_by_line_and_says_that_one_does_not_fit(command: Command, tmp_path: Path) -> None:
    good = json.loads((SAMPLES / "northmoor-release.json").read_text(encoding="utf-8"))
    bad = json.loads((SAMPLES / "northmoor-release-broken.json").read_text(encoding="utf-8"))
    lines = "\n\n".join(json.dumps(each) for each in (good, bad, good))
    (tmp_path / "many.ndjson").write_text(lines, encoding="utf-8")
    told = command("map", str(tmp_path / "many.ndjson"), "--map", "northmoor-release", code=1)
    assert len(told.splitlines()) == 3
    assert "doc.release.date" in command.err


def test_check_passes_the_shipped_maps_and_names_the_row_of_a_fault(command: Command, tmp_path: Path) -> None:
    assert "riverside-plan" in command("check")
    (tmp_path / "records").mkdir()
    text = "map: person\nversion: 1.0.0\nleft: {record: person}\nright: {fhir: R4}\nresources:\n  patient:\n"
    text += "    make: Patient\n    key: person.id\n    rows: |\n      person.gendre <=> gender\n"
    (tmp_path / "records/person.yaml").write_text(text, encoding="utf-8")
    listed = command("check", str(tmp_path), "--json", code=1)
    assert json.loads(listed)["items"][0]["issues"]
    assert "records/person.yaml:10:" in command.err
    assert "person.gendre <=> gender" in command.err
    assert "^" in command.err


def test_init_makes_a_folder_that_works_and_never_overwrites_one(tmp_path: Path, command: Command) -> None:
    command("init", str(tmp_path / "mine"))
    assert all((tmp_path / name).stat().st_mode & 0o077 == 0 for name in ("mine", "mine/keys"))
    assert run(["-s", str(tmp_path / "mine/fhirbridge.toml"), "queue", "list"]) == 0
    before = (tmp_path / "mine/fhirbridge.toml").read_bytes()
    command("init", str(tmp_path / "mine"))
    assert "stays as it is" in command.err
    assert (tmp_path / "mine/fhirbridge.toml").read_bytes() == before


def test_init_gives_the_analyst_maps_of_their_own(tmp_path: Path, command: Command) -> None:
    command("init", str(tmp_path / "mine"), "--own-maps")
    assert (tmp_path / "mine/mappings/records/plan.yaml").is_file()
    assert (tmp_path / "mine").stat().st_mode & 0o077 == 0
    command.file = tmp_path / "mine/fhirbridge.toml"
    assert "records/plan.yaml" in command("check")
    assert "first start" in command("releases")


def test_init_copies_no_maps_over_those_that_are_there(tmp_path: Path, command: Command) -> None:
    (tmp_path / "mappings").mkdir()
    command("init", str(tmp_path), "--own-maps", code=2)
    assert "is there already" in command.err
    assert not (tmp_path / "fhirbridge.toml").exists()


def test_init_brings_the_tables_of_settings_that_are_there_up_to_date(tmp_path: Path, command: Command) -> None:
    (tmp_path / "fhirbridge.toml").write_text(SETTINGS, encoding="utf-8")
    assert run(["-s", str(tmp_path / "fhirbridge.toml"), "queue", "list"]) == 2
    command("init", str(tmp_path))
    assert run(["-s", str(tmp_path / "fhirbridge.toml"), "queue", "list"]) == 0


def test_settings_that_cannot_be_used_are_named_and_end_with_2(tmp_path: Path, command: Command) -> None:
    (tmp_path / "fhirbridge.toml").write_text('base_url = "http://127.0.0.1:1"\nbinde = "x"\n', encoding="utf-8")
    command.file = tmp_path / "fhirbridge.toml"
    command("serve", code=2)
    assert "binde" in command.err
    assert "bind" in command.err
    command.file = tmp_path / "nowhere.toml"
    command("worker", "--once", code=2)


def test_a_database_that_was_not_made_is_named_before_the_server_starts(tmp_path: Path, command: Command) -> None:
    (tmp_path / "fhirbridge.toml").write_text(SETTINGS, encoding="utf-8")
    command.file = tmp_path / "fhirbridge.toml"
    command("serve", code=2)
    assert "fhirbridge init" in command.err


def test_serve_wants_a_host_and_a_port(command: Command) -> None:
    command("serve", "--bind", "8080", code=2)
