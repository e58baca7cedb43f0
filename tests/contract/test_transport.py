"""One suite over every sender: the HTTP sender against a real server on loopback, and its twin in memory."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol

import pytest

from fhirbridge.errors import DeliveryRefused, Unavailable
from fhirbridge.transport.base import Receipt, Sender
from fhirbridge.transport.fake import FakeSender, Reply, Request
from fhirbridge.transport.http_push import HttpPush

BODY = b'{"attended": 3}'
SECRET = "canary-4711"


class FarEnd(Protocol):
    """A recipient whose answers can be written down, and who tells what arrived."""

    url: str

    @property
    def sender(self) -> Sender: ...
    def will(self, *replies: Reply) -> None: ...
    @property
    def arrived(self) -> list[Request]: ...


@dataclass
class InMemory:
    sender: FakeSender
    url: str = "https://probation.example.org/reports"

    def will(self, *replies: Reply) -> None:
        self.sender.will(replies)

    @property
    def arrived(self) -> list[Request]:
        return self.sender.requests


@dataclass
class OverHttp:
    sender: HttpPush
    url: str
    script: list[Reply]
    arrived: list[Request] = field(default_factory=list)

    def will(self, *replies: Reply) -> None:
        self.script.extend(replies)


def make_handler(far: Callable[[], OverHttp]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            reply = far().script.pop(0) if far().script else Reply()
            if reply.lost == "before":
                self.hang_up()
                return
            url = f"http://{self.headers['Host']}{self.path}"
            far().arrived.append(Request(url, body, self.headers["Content-Type"], dict(self.headers)))
            if reply.lost == "after":
                self.hang_up()
                return
            self.answer(reply)

        def hang_up(self) -> None:
            self.close_connection = True
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.shutdown(socket.SHUT_RDWR)

        def answer(self, reply: Reply) -> None:
            self.send_response(reply.status)
            echo = self.headers["Idempotency-Key"] if reply.echo is None else reply.echo
            if echo:
                self.send_header("Idempotency-Key", echo)
            if reply.retry_after_s is not None:
                self.send_header("Retry-After", str(int(reply.retry_after_s)))
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    return Handler


@pytest.fixture
def over_http() -> Iterator[OverHttp]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), make_handler(lambda: end))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
    url = f"http://127.0.0.1:{server.server_port}/reports"
    end = OverHttp(HttpPush([url]), url, [])
    yield end
    end.sender.close()
    server.shutdown()
    server.server_close()


@pytest.fixture
def in_memory() -> InMemory:
    return InMemory(FakeSender(urls=frozenset({"https://probation.example.org/reports"})))


@pytest.fixture(params=["in_memory", "over_http"])
def far(request: pytest.FixtureRequest) -> FarEnd:
    far: FarEnd = request.getfixturevalue(request.param)
    return far


def send(far: FarEnd, url: str = "", control_id: str = "delivery-1") -> Receipt:
    headers = {"Idempotency-Key": control_id, "X-Notice": SECRET}
    return far.sender.send(url or far.url, BODY, media_type="application/json", headers=headers, timeout_s=5)


def test_what_is_sent_arrives_as_it_is(far: FarEnd) -> None:
    send(far)
    [arrived] = far.arrived
    assert (arrived.url, arrived.body, arrived.media_type) == (far.url, BODY, "application/json")
    assert (arrived.headers["Idempotency-Key"], arrived.headers["X-Notice"]) == ("delivery-1", SECRET)


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_a_yes_is_a_receipt(far: FarEnd, status: int) -> None:
    far.will(Reply(status))
    assert send(far) == Receipt(status, "delivery-1")


def test_a_yes_without_an_echo_is_a_receipt_without_control_id(far: FarEnd) -> None:
    far.will(Reply(202, echo=""))
    assert send(far) == Receipt(202, "")


def test_an_answer_to_another_delivery_is_no_receipt(far: FarEnd) -> None:
    far.will(Reply(202, echo="delivery-2"))
    with pytest.raises(Unavailable, match="another delivery"):
        send(far)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 599])
def test_not_now_is_unavailable(far: FarEnd, status: int) -> None:
    far.will(Reply(status))
    with pytest.raises(Unavailable, match=str(status)) as caught:
        send(far)
    assert caught.value.retry_after_s is None


@pytest.mark.parametrize("status", [429, 503])
def test_the_time_a_recipient_names_is_passed_on(far: FarEnd, status: int) -> None:
    far.will(Reply(status, retry_after_s=120))
    with pytest.raises(Unavailable) as caught:
        send(far)
    assert caught.value.retry_after_s == 120


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308, 400, 401, 403, 404, 409, 410, 413, 415, 422])
def test_a_no_is_refused_and_a_redirect_is_a_no(far: FarEnd, status: int) -> None:
    far.will(Reply(status))
    with pytest.raises(DeliveryRefused, match=str(status)):
        send(far)
    assert len(far.arrived) == 1


@pytest.mark.parametrize(("lost", "arrived"), [("before", 0), ("after", 1)])
def test_a_lost_answer_is_unavailable_and_not_tried_again_here(far: FarEnd, lost: str, arrived: int) -> None:
    far.will(Reply(lost=lost))
    with pytest.raises(Unavailable):
        send(far)
    assert len(far.arrived) == arrived


def test_after_a_lost_answer_the_same_control_id_goes_out_again(far: FarEnd) -> None:
    far.will(Reply(lost="after"), Reply(200))
    with pytest.raises(Unavailable):
        send(far)
    send(far)
    assert [request.headers["Idempotency-Key"] for request in far.arrived] == ["delivery-1", "delivery-1"]


@pytest.mark.parametrize("suffix", ["/", "?x=1", "/../admin", "#x"])
def test_an_address_that_is_not_registered_is_not_called(far: FarEnd, suffix: str) -> None:
    with pytest.raises(DeliveryRefused, match="not registered"):
        send(far, far.url + suffix)
    assert far.arrived == []


def test_a_delivery_needs_a_control_id(far: FarEnd) -> None:
    with pytest.raises(ValueError, match="Idempotency-Key"):
        send(far, control_id="")
    assert far.arrived == []


@pytest.mark.parametrize(
    "reply", [Reply(400), Reply(503), Reply(lost="before"), Reply(lost="after"), Reply(echo="delivery-2")]
)
def test_no_error_repeats_what_was_sent_or_where(far: FarEnd, reply: Reply) -> None:
    far.will(reply)
    with pytest.raises((Unavailable, DeliveryRefused)) as caught:
        send(far)
    for word in ("attended", SECRET, far.url, "delivery-1"):
        assert word not in caught.value.message


def test_the_twin_takes_effect_once_for_each_control_id(in_memory: InMemory) -> None:
    in_memory.will(Reply(lost="after"), Reply(202))
    with pytest.raises(Unavailable):
        send(in_memory)
    send(in_memory)
    assert (len(in_memory.sender.requests), list(in_memory.sender.taken)) == (2, ["delivery-1"])


def test_the_twin_knows_every_address_when_none_is_named() -> None:
    assert send(InMemory(FakeSender())).status == 202
