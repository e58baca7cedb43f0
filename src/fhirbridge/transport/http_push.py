"""The sender over HTTP: one POST to a registered address, no redirects, TLS verified.

The body of an answer is never read: status and one header say all, so an answer cannot be too large or too slow to
read. Proxies, .netrc and CA files of the environment are not looked at: what is used is what the settings say.
Source: docs/adr/0007-retry.md; RFC 9110 section 10.2.3 (Retry-After)
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Mapping
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import requests

from fhirbridge.errors import BadSettings, DeliveryRefused, Unavailable
from fhirbridge.transport.base import CONTROL_ID, TRANSIENT_STATUSES, Receipt

MAX_RETRY_AFTER_S = 86_400.0


class HttpPush:
    """Sends by HTTP POST to the addresses it was made with, and to no other."""

    def __init__(self, urls: Collection[str], *, ca_bundle: str | None = None) -> None:
        """Make a sender for these addresses; `ca_bundle` is a file of certificates to trust instead of the usual ones.

        Raises:
            BadSettings: an address is neither https nor http on this machine itself, or holds a user name.
        """
        for url in urls:
            check_url(url)
        self._urls = frozenset(urls)
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = ca_bundle or True

    def send(self, url: str, body: bytes, *, media_type: str, headers: Mapping[str, str], timeout_s: float) -> Receipt:
        """Return the receipt of one POST; see `transport.base.Sender.send`."""
        control_id = headers.get(CONTROL_ID, "")
        if not control_id:
            raise ValueError(f"a delivery needs the header {CONTROL_ID}")
        if url not in self._urls:
            raise DeliveryRefused("The address is not registered for any partner; nothing was sent.")
        status, answer = self._post(url, body, {**headers, "Content-Type": media_type}, timeout_s)
        return _receipt(status, answer, control_id)

    def close(self) -> None:
        """Close what connections are open."""
        self._session.close()

    def _post(
        self, url: str, body: bytes, headers: Mapping[str, str], timeout_s: float
    ) -> tuple[int, Mapping[str, str]]:
        try:
            with self._session.post(
                url, data=body, headers=dict(headers), timeout=timeout_s, allow_redirects=False, stream=True
            ) as answer:
                return answer.status_code, answer.headers
        except requests.Timeout as error:
            raise Unavailable("The recipient's system did not answer in time; the outcome is not known.") from error
        except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError) as error:
            raise Unavailable("The recipient's system could not be reached, or broke off.") from error
        except (requests.RequestException, UnicodeError) as error:
            raise DeliveryRefused("The delivery cannot be sent in this form.") from error


def check_url(url: str) -> None:
    """Return when an address may be registered.

    Raises:
        BadSettings: it is neither https nor http on this machine itself, or holds a user name or a fragment.
    """
    try:
        parts = urlsplit(url)
        host, user = parts.hostname or "", parts.username
        _ = parts.port
    except ValueError as error:
        raise BadSettings("A partner's address is no URL.") from error
    if not host or user is not None or parts.fragment:
        raise BadSettings("A partner's address needs a host, and no user name or fragment.")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise BadSettings("A partner's address must be https; http is for addresses on this machine itself.")


def is_loopback(host: str) -> bool:
    """Say whether a host name or address is this machine itself, without asking any name service.

    >>> [is_loopback(h) for h in ("localhost", "127.0.0.1", "::1", "localhost.example.org", "10.0.0.1")]
    [True, True, True, False, False]
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _receipt(status: int, answer: Mapping[str, str], control_id: str) -> Receipt:
    if status >= 500 or status in TRANSIENT_STATUSES:
        raise Unavailable(f"The recipient's system answered {status}.", retry_after_s=_retry_after_s(answer))
    if not 200 <= status < 300:
        raise DeliveryRefused(f"The recipient's system answered {status}.")
    echoed = answer.get(CONTROL_ID, "")
    if echoed not in ("", control_id):
        raise Unavailable("The recipient's system acknowledged another delivery; the outcome is not known.")
    return Receipt(status, echoed)


def _retry_after_s(answer: Mapping[str, str]) -> float | None:
    """Return the seconds of Retry-After; a date is read against the answer's own Date, for no clock is read here."""
    text = answer.get("Retry-After", "")
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), MAX_RETRY_AFTER_S)
    try:
        wait = parsedate_to_datetime(text) - parsedate_to_datetime(answer.get("Date", ""))
    except (ValueError, TypeError):
        return None
    return min(max(wait.total_seconds(), 0.0), MAX_RETRY_AFTER_S)
