"""One app with every sample handed in, for tests that only read; a fresh one for tests that write."""

from __future__ import annotations

import pytest
from tests.support.web import Web, make_web


@pytest.fixture(scope="module")
def filled() -> Web:
    """An app with every sample handed in; tests that use it only read."""
    return make_web(filled=True)


@pytest.fixture
def web() -> Web:
    """A fresh, empty app."""
    return make_web()
