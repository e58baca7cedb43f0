"""Whether the process lives, and whether it can work."""

from __future__ import annotations

from tests.support.clock import FixedClock
from tests.support.web import Web, make_web, tree_of

from fhirbridge.store.memory import MemoryStore


class AwayStore(MemoryStore):
    """A store that cannot be reached."""

    def snapshot(self) -> None:  # type: ignore[override]
        raise OSError("away")


def test_a_process_that_can_work_says_so(web: Web) -> None:
    assert tree_of(web.http.get("/livez")) == tree_of(web.http.get("/readyz")) == {"status": "ok"}


def test_a_process_whose_store_is_away_lives_and_is_not_ready() -> None:
    http = make_web(store=AwayStore(clock=FixedClock())).http
    assert http.get("/livez").status_code == 200
    answer = http.get("/readyz")
    assert (answer.status_code, tree_of(answer)) == (503, {"status": "unavailable"})
