"""Text that stays text: the same value, the client's words, paragraphs, attachments."""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode

from fhirbridge.mapping.codecs.spec import CodecError, Context, Value, expect, expect_text
from fhirbridge.mapping.model import Codec

TEXT_TYPE = "text/plain"


def copy(value: Value, _codec: Codec, _context: Context) -> Value:
    """Return the value."""
    return value


def verbatim(value: Value, _codec: Codec, _context: Context) -> Value:
    """Return the text, never trimmed, cased or translated."""
    return expect_text(value)


def markdown(value: Value, _codec: Codec, _context: Context) -> Value:
    """Return the text with every line end as one line feed, as FHIR systems store it."""
    text = expect_text(value)
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


# -- attachments


def attachment_right(value: Value, codec: Codec, _context: Context) -> Value:
    """Return an Attachment: a text's UTF-8 bytes, or for other media types the bytes that base64 text stands for."""
    media_type = _media_type(codec)
    text = expect_text(value)
    data = text.encode() if media_type.startswith("text/") else _bytes(text)
    return {"contentType": media_type, "data": b64encode(data).decode()}


def attachment_left(value: Value, codec: Codec, _context: Context) -> Value:
    """Return the text of an Attachment; its base64 for media types that are no text."""
    media_type = _media_type(codec)
    attachment = expect(value, dict, "an Attachment")
    given = expect_text(attachment.get("contentType"), "the attachment's media type").casefold().replace(" ", "")
    if given not in (media_type.casefold(), f"{media_type.casefold()};charset=utf-8"):
        raise CodecError("FB301", f"expected an attachment of type {media_type}")
    data = _bytes(expect_text(attachment.get("data"), "the attachment's data, not its address"))
    if not media_type.startswith("text/"):
        return b64encode(data).decode()
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise CodecError("FB301", "expected an attachment of UTF-8 text") from None


def _media_type(codec: Codec) -> str:
    return codec.arguments[0] if codec.arguments else TEXT_TYPE


def _bytes(text: str) -> bytes:
    try:
        return b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise CodecError("FB301", "expected base64") from None
