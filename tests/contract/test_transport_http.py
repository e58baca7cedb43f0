"""What only the HTTP sender can meet: oddities of the far end, addresses, timeouts."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
import requests
import responses

from fhirbridge.errors import BadSettings, DeliveryRefused, Unavailable
from fhirbridge.transport.base import Receipt
from fhirbridge.transport.http_push import HttpPush, check_url

URL = "https://probation.example.org/reports"


@pytest.fixture
def far() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as far:
        yield far


def send(url: str = URL, headers: dict[str, str] | None = None, timeout_s: float = 5) -> Receipt:
    sender = HttpPush([url])
    try:
        return sender.send(
            url,
            b"{}",
            media_type="application/json",
            headers=headers or {"Idempotency-Key": "d-1"},
            timeout_s=timeout_s,
        )
    finally:
        sender.close()


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        ("30", 30.0),
        ("0", 0.0),
        ("999999999999", 86400.0),
        ("Sun, 22 Nov 2026 10:00:00 GMT", 1800.0),
        ("Sun, 22 Nov 2026 09:00:00 GMT", 0.0),
        ("Mon, 22 Nov 2027 10:00:00 GMT", 86400.0),
        ("-5", None),
        ("soon", None),
        ("1e9", None),
        ("²", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_against_the_answers_own(
    far: responses.RequestsMock, retry_after: str, seconds: float | None
) -> None:
    answer_headers = {"Retry-After": retry_after, "Date": "Sun, 22 Nov 2026 09:30:00 GMT"}
    far.post(URL, status=503, headers=answer_headers)
    with pytest.raises(Unavailable) as caught:
        send()
    assert caught.value.retry_after_s == seconds


def test_a_date_without_the_answers_own_date_names_no_time(far: responses.RequestsMock) -> None:
    far.post(URL, status=503, headers={"Retry-After": "Sun, 22 Nov 2026 10:00:00 GMT"})
    with pytest.raises(Unavailable) as caught:
        send()
    assert caught.value.retry_after_s is None


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (requests.ReadTimeout(), Unavailable),
        (requests.ConnectTimeout(), Unavailable),
        (requests.ConnectionError("https://probation.example.org refused"), Unavailable),
        (requests.exceptions.SSLError(), Unavailable),
        (requests.exceptions.ChunkedEncodingError(), Unavailable),
        (requests.exceptions.ContentDecodingError(), DeliveryRefused),
    ],
)
def test_each_failure_of_the_line_is_of_one_kind(
    far: responses.RequestsMock, error: Exception, expected: type[Exception]
) -> None:
    far.post(URL, body=error)
    with pytest.raises(expected) as caught:
        send()
    assert "example.org" not in str(caught.value)


@pytest.mark.parametrize("value", ["two\nlines", "snowman ☃"])
def test_a_header_that_http_cannot_carry_is_refused(value: str) -> None:
    with pytest.raises(DeliveryRefused, match="this form"):
        send("http://127.0.0.1:9/x", {"Idempotency-Key": "d-1", "X-Notice": value})


def test_tls_is_verified_whatever_the_environment_says(
    far: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere.pem")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    far.post(URL, status=202)
    send()
    sent_with = far.calls[0].request.req_kwargs  # type: ignore[attr-defined]
    assert (sent_with["verify"], sent_with["proxies"]) == (True, {})


def test_a_recipient_nobody_listens_at_is_unavailable() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    with pytest.raises(Unavailable, match="reached"):
        send(f"http://127.0.0.1:{port}/x")


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


def test_a_recipient_that_never_answers_is_unavailable(listener: socket.socket) -> None:
    with pytest.raises(Unavailable, match="in time"):
        send(f"http://127.0.0.1:{listener.getsockname()[1]}/x", timeout_s=0.05)


def test_the_body_of_an_answer_is_not_waited_for(listener: socket.socket) -> None:
    def answer_without_end() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 99999999\r\n\r\nslow")
            done.wait(5)

    done = threading.Event()
    thread = threading.Thread(target=answer_without_end)
    thread.start()
    assert send(f"http://127.0.0.1:{listener.getsockname()[1]}/x").status == 202
    done.set()
    thread.join()


@pytest.mark.parametrize(
    "url",
    [
        "https://probation.example.org/reports",
        "https://10.0.0.7:8443/x",
        "http://127.0.0.1:9000/x",
        "http://localhost/x",
        "http://[::1]:9000/x",
    ],
)
def test_https_anywhere_and_http_on_this_machine_may_be_registered(url: str) -> None:
    check_url(url)
    HttpPush([url]).close()


@pytest.mark.parametrize(
    "url",
    [
        "http://probation.example.org/reports",
        "http://10.0.0.7/x",
        "http://localhost.example.org/x",
        "http://127.0.0.1.example.org/x",
        "http://2130706433/x",
        "ftp://probation.example.org/x",
        "file:///etc/passwd",
        "https://",
        "https:///x",
        "https://user:pass@probation.example.org/x",
        "http://127.0.0.1@probation.example.org/x",
        "https://probation.example.org/x#y",
        "https://probation.example.org:port/x",
        "https://[::1/x",
        "reports",
        "",
    ],
)
def test_no_other_address_may_be_registered(url: str) -> None:
    with pytest.raises(BadSettings) as caught:
        HttpPush([url])
    assert not url or url not in caught.value.message
