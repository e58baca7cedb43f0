"""With CI=true a skipped test is a failure: what was not run was not shown to work.

`tests/conftest.py` takes these hooks in; they do nothing on a developer's machine.
"""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest


def _skips_count() -> bool:
    return os.environ.get("CI", "").lower() in ("1", "true", "yes")


def refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn the report of a skip into a failure, where skips count."""
    if report.skipped and not hasattr(report, "wasxfail") and _skips_count():
        report.outcome = "failed"
        report.longrepr = f"skipped where a skip is a failure (CI is set): {report.longrepr}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Judge the report of each phase of a test."""
    report = yield
    refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Judge the report of each module: a module can skip itself while it is collected."""
    report = yield
    refuse_skip(report)
    return report
