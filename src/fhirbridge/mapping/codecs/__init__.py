"""The codecs: how one value becomes another, both ways. One family a file, one table of all."""

from fhirbridge.mapping.codecs.codes import is_unmapped
from fhirbridge.mapping.codecs.dates import is_date_format
from fhirbridge.mapping.codecs.spec import CodecError, CodecSpec, Context, is_key
from fhirbridge.mapping.codecs.table import CODECS

__all__ = [
    "CODECS",
    "CodecError",
    "CodecSpec",
    "Context",
    "is_date_format",
    "is_key",
    "is_unmapped",
]
