"""The slow, obvious twin of the HTTP sender: a recipient in memory whose answers are written down beforehand.

It ships with the package, so that a site can try its maps and routes without a network.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from fhirbridge.errors import DeliveryRefused, Unavailable
from fhirbridge.transport.base import Receipt


@dataclass(frozen=True, slots=True)
class Reply:
    """How the recipient answers one request.

    `lost`: "" the answer arrives; "before" the request never arrives; "after" it is taken but the answer is lost.
    `echo`: the control id in the answer; None means the right one.
    """

    status: int = 202
    retry_after_s: float | None = None
    lost: str = ""
    echo: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One request that arrived."""

    url: str
    body: bytes
    media_type: str
    headers: Mapping[str, str]


@dataclass(slots=True)
class FakeSender:
    """Answers with the scripted replies, in order, and then with 202. `urls` None: every address is registered."""

    urls: frozenset[str] | None = None
    script: list[Reply] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    """Every request that arrived, repeats included."""
    taken: dict[str, Request] = field(default_factory=dict)
    """What the recipient took, once per control id: the effect."""

    def will(self, replies: Iterable[Reply]) -> None:
        """Write down the next answers."""
        self.script.extend(replies)

    def send(self, url: str, body: bytes, *, media_type: str, headers: Mapping[str, str], timeout_s: float) -> Receipt:
        """Return the receipt of the scripted reply; see `transport.base.Sender.send`."""
        if "Idempotency-Key" not in headers or headers["Idempotency-Key"] == "":
            raise ValueError("a delivery needs the header Idempotency-Key")
        if self.urls is not None and url not in self.urls:
            raise DeliveryRefused("The address is not registered for any partner; nothing was sent.")
        reply = self.script.pop(0) if self.script else Reply()
        if reply.lost == "before":
            raise Unavailable("The recipient's system could not be reached, or broke off.")
        self._arrive(Request(url, body, media_type, dict(headers)), reply)
        return self._answer(reply, headers["Idempotency-Key"])

    def _arrive(self, request: Request, reply: Reply) -> None:
        self.requests.append(request)
        if reply.status in range(200, 300):
            self.taken.setdefault(request.headers["Idempotency-Key"], request)

    def _answer(self, reply: Reply, control_id: str) -> Receipt:
        echo = control_id if reply.echo is None else reply.echo
        if reply.lost == "after":
            raise Unavailable("The recipient's system did not answer in time; the outcome is not known.")
        if reply.status in (408, 425, 429) or reply.status >= 500:
            raise Unavailable(f"The recipient's system answered {reply.status}.", retry_after_s=reply.retry_after_s)
        if reply.status not in range(200, 300):
            raise DeliveryRefused(f"The recipient's system answered {reply.status}.")
        if echo != "" and echo != control_id:
            raise Unavailable("The recipient's system acknowledged another delivery; the outcome is not known.")
        return Receipt(reply.status, echo)
