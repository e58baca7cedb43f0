"""Codecs that say how a partner writes a value, for maps where the partner stands on the right.

`date MM/DD/YYYY` and `flag YES NO` speak of the written side. Where our record is on the left and the partner's
document on the right, that side is the right one, and the codec's two functions change places.
"""

from __future__ import annotations

from dataclasses import replace

from fhirbridge.mapping.codecs.spec import CodecSpec, Context, Same, Translate, Value, is_same_value
from fhirbridge.mapping.model import Codec

TURNING = frozenset({"date", "datetime", "flag", "integer", "decimal"})
"""Codecs that can be turned."""


def turning(spec: CodecSpec) -> CodecSpec:
    """Return a codec whose functions change places where it is bound as turned."""
    return replace(
        spec,
        to_right=_either(spec.to_right, spec.to_left),
        to_left=_either(spec.to_left, spec.to_right),
        same=_same(spec.same),
    )


def _either(usual: Translate, turned: Translate) -> Translate:
    def translate(value: Value, codec: Codec, context: Context) -> Value:
        return (turned if codec.is_turned else usual)(value, codec, context)

    return translate


def _same(usual: Same) -> Same:
    def is_same(one: Value, other: Value, codec: Codec, context: Context) -> bool:
        return (is_same_value if codec.is_turned else usual)(one, other, codec, context)

    return is_same
