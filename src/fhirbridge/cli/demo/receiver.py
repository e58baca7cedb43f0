"""The probation partner's own system: a small HTTP server that takes deliveries and keeps each one once.

A repeated delivery (same Idempotency-Key) is answered as before and not kept again; that is the receiver's half of
"sent at least once, seen once".
"""

from __future__ import annotations

import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Thread
from typing import Any

PATH = "/reports"


class QuietServer(ThreadingHTTPServer):
    """Says nothing of a sender that went away before it was answered."""

    def handle_error(self, request: object, client_address: object) -> None:
        """Leave it to the sender, who will come again."""


class Receiver:
    """Listens on a loopback port from construction to `close()`; keeps, thinks `answer_after_s`, then says yes."""

    def __init__(self, answer_after_s: float = 0.0) -> None:
        self._answer_after_s = answer_after_s
        self._arrived = Condition()
        self._kept: dict[str, Any] = {}
        self._server = QuietServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        """The address that takes the POST."""
        return f"http://127.0.0.1:{self._server.server_address[1]}{PATH}"

    def received(self) -> list[Any]:
        """Return what arrived, each delivery once, in the order of first arrival."""
        with self._arrived:
            return list(self._kept.values())

    def wait_for(self, count: int, timeout_s: float) -> list[Any]:
        """Return what arrived, as soon as there are `count` deliveries or the time is over."""
        with self._arrived:
            self._arrived.wait_for(lambda: len(self._kept) >= count, timeout_s)
            return list(self._kept.values())

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def _keep(self, key: str, tree: Any) -> None:
        with self._arrived:
            self._kept.setdefault(key, tree)
            self._arrived.notify_all()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        keep, answer_after_s = self._keep, self._answer_after_s

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                keep(self.headers.get("Idempotency-Key", ""), json.loads(body))
                time.sleep(answer_after_s)
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing: the demo tells what arrived."""

        return Handler
