"""Several bodies in one, as a stranger's parser reads them."""

from __future__ import annotations

from email.parser import BytesParser

from fhirbridge.formats.multipart import Part, format


def test_each_part_comes_out_with_its_media_type_and_bytes() -> None:
    parts = [Part("envelope", "application/json", b"{}"), Part("report", "text/csv", b"a\r\nfb-1\r\n", "r-1.csv")]
    media_type, body = format(parts, "fb-1")
    message = BytesParser().parsebytes(f"Content-Type: {media_type}\r\n\r\n".encode() + body)
    payload = message.get_payload()
    assert isinstance(payload, list)
    found = [(each.get_content_type(), each.get_filename(), each.get_payload(decode=True)) for each in payload]  # type: ignore[union-attr]
    assert found == [("application/json", None, b"{}"), ("text/csv", "r-1.csv", b"a\r\nfb-1\r\n")]


def test_the_same_parts_give_the_same_bytes() -> None:
    assert format([Part("a", "text/plain", b"x")], "n") == format([Part("a", "text/plain", b"x")], "n")
