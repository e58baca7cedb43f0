"""`fhirbridge demo` as a new user runs it: real processes, every fact of the story."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
import requests
from tests.support.bridge import sample_tree
from tests.support.postgres import PostgresServer

from fhirbridge.cli.demo import perform
from fhirbridge.cli.demo.processes import Handle, Interpreter
from fhirbridge.cli.demo.stage import set_up
from fhirbridge.cli.demo.story import STEPS
from fhirbridge.cli.demo.story import play as tell_story
from fhirbridge.cli.demo.telling import StoryFault, Teller, expect

COMMAND = (sys.executable, "-m", "fhirbridge", "demo")


def play(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TMPDIR": str(folder)}
    return subprocess.run([*COMMAND, *options], capture_output=True, text=True, check=False, env=environment)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the demo tells; it has ended with 0 and left nothing behind."""
    folder = tmp_path_factory.mktemp("demo")
    done = play(folder)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    assert not list(folder.iterdir())
    return " ".join(done.stdout.split())


def test_the_story_is_the_same_on_postgresql(
    postgres: PostgresServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with postgres.database() as url, set_up(tmp_path, store=url) as stage:
        stage.start()
        tell_story(stage, Teller())
    assert "the chain is whole" in capsys.readouterr().out
    assert not (tmp_path / "fhirbridge.db").exists()


def test_every_step_of_the_story_is_told_in_its_order(told: str) -> None:
    places = [told.index(step.title) for step in STEPS]
    assert places == sorted(places)
    assert f"All {len(STEPS)} steps as told" in told


def test_the_clients_own_words_are_shown(told: str) -> None:
    for goal in sample_tree("riverside-plan")["case"]["goals"]:
        assert goal["clientSays"] in told


@pytest.mark.parametrize(
    "fact",
    [
        "POST /intake/transition → 202",
        "same address, same outcome, no second effect",
        "POST /auth/token → 200",
        "labels: 42CFRPart2",
        "42 CFR part 2",
        "owned by Priya Raman",
        "the same for a client nobody knows",
        "total 0",
        "appointments_kept: 8",
        "in it: 0",
        "doc.release.date",
        "doc.onward[0].service",
        "doc.gatePickup",
        "records/plan.yaml:",
        "sources/riverside-plan.yaml:",
        "lakeside TREAT permit",
        "hillcrest TREAT deny",
        "county-probation CJMON permit",
        "the chain is whole",
    ],
)
def test_each_fact_of_the_main_job_is_told(told: str, fact: str) -> None:
    assert fact in told


def test_what_does_not_turn_out_as_told_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    class Nowhere(Interpreter):
        def start(self, arguments: Sequence[str], log: Path) -> Handle:
            return super().start(["no-such-command"], log)

    assert perform(tmp_path, launcher=Nowhere()) == 1
    assert "expected: a server that goes on; it ended with exit code 2" in capsys.readouterr().err


def test_an_expectation_names_what_was_expected() -> None:
    expect([1], "something")
    with pytest.raises(StoryFault, match="expected: something"):
        expect([], "something")


class Kept:
    """A demo that was kept: what it printed can be tried, then it is stopped as it says."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.curls = [line.strip() for line in text.splitlines() if line.startswith("  curl ")]
        self.pids = [int(pid) for pid in text.rpartition("kill ")[2].split()]

    def send(self, line: str) -> requests.Response:
        """Do what a curl line does, without curl."""
        token = re.search(r"\$\((.+?) (\w+)\)", line)
        assert token
        fresh = subprocess.run([token[1], token[2]], capture_output=True, text=True, check=True).stdout.strip()
        words = shlex.split(line.replace(token[0], fresh))
        headers = dict(words[at + 1].split(": ", 1) for at, word in enumerate(words) if word == "-H")
        if "--data-binary" not in words:
            return requests.get(words[-1], headers=headers, timeout=5)
        body = Path(words[words.index("--data-binary") + 1].removeprefix("@")).read_bytes()
        return requests.post(words[-1], data=body, headers=headers, timeout=5)

    def stop(self) -> None:
        """Stop both processes and see them end."""
        for pid in self.pids:
            os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + 10
        while any(_runs(pid) for pid in self.pids):
            assert time.monotonic() < deadline, "both processes end when they are told to"
            time.sleep(0.05)


def _runs(pid: int) -> bool:
    """Say whether a process runs; one that ended and that nobody has asked about (a zombie) does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not (stat.exists() and ") Z " in stat.read_text(encoding="utf-8"))


def test_a_demo_that_is_kept_goes_on_and_its_three_curl_lines_work(tmp_path: Path) -> None:
    done = play(tmp_path, "--keep")
    assert done.returncode == 0, done.stderr
    kept = Kept(done.stdout)
    try:
        plan, goal, push = (kept.send(line) for line in kept.curls)
        assert (plan.status_code, plan.json()["resourceType"]) == (200, "Bundle")
        assert (goal.status_code, goal.text[:1]) == (200, "<")
        assert push.status_code == 202
    finally:
        kept.stop()
