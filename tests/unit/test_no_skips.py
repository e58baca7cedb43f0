"""With CI=true a skipped test is a failure; without it, a skip is a skip."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

SUITES = {
    "a test that skips itself": "import pytest\ndef test_it():\n    pytest.skip('no server')\n",
    "a marked test": "import pytest\n@pytest.mark.skip(reason='later')\ndef test_it():\n    pass\n",
    "a module that skips itself": "import pytest\npytest.skip('no server', allow_module_level=True)\n",
}


def run_suite(folder: Path, text: str, ci: str) -> int:
    (folder / "test_sample.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.support.no_skips", "--rootdir", ".", "."]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "CI": ci, "PYTEST_ADDOPTS": ""}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False).returncode


@pytest.mark.parametrize("name", SUITES)
def test_a_skip_fails_where_ci_is_set(name: str, tmp_path: Path) -> None:
    assert run_suite(tmp_path, SUITES[name], "true") in (pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED)


def test_a_skip_is_a_skip_elsewhere(tmp_path: Path) -> None:
    assert run_suite(tmp_path, SUITES["a test that skips itself"], "") == pytest.ExitCode.OK


def test_an_expected_failure_is_no_skip(tmp_path: Path) -> None:
    text = "import pytest\n@pytest.mark.xfail\ndef test_it():\n    raise AssertionError\n"
    assert run_suite(tmp_path, text, "true") == pytest.ExitCode.OK
