"""Whether a text is a unit in UCUM's grammar, and which units it is made of. Knows no conversion.

Laws of this file: reading is one walk from left to right; every unit without brackets is listed here, so that another
word is no unit; one in brackets that is not listed may be one, for UCUM adds to those.
Source: The Unified Code for Units of Measure, sections 2.2 (terms) and 2.4 (prefixes): https://ucum.org/ucum
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from fhirbridge.terminology.answers import UNLISTED, Known

MAX_UNIT = 200
"""No unit has more characters."""

_PREFIXES = ("da", "Ki", "Mi", "Gi", "Ti", *"YZEPTGMkhdcmunpfazy")
_METRIC_UNITS = (
    "m s g rad K C cd mol sr Hz N Pa J W A V F Ohm S Wb Cel T H lm lx Bq Gy Sv l L ar t bar u eV pc gf Ky Gal dyn erg "
    "P Bi St Mx G Oe Gb sb Lmb ph Ci R RAD REM cal_m cal_IT cal_th cal tex eq osm g% kat U Np B st mho bit By Bd "
    "[IU] [iU] m[H2O] m[Hg] B[SPL] B[V] B[mV] B[uV] B[10.nV] B[W] B[kW]"
)
"""Units that take a prefix."""
_METRIC = frozenset(_METRIC_UNITS.split())
_PLAIN_UNITS = "10* 10^ % gon deg ' '' min h d a_t a_j a_g a wk mo_s mo_j mo_g mo AU atm Ao b att circ sph bit_s"
"""Units without brackets that take none."""
_PLAIN = frozenset(_PLAIN_UNITS.split())

_OPERAND = re.compile(
    r"""(?P<factor>[0-9]+(?![0-9*^]))(?:\{[!-z|~]*\})?          # a whole number
      | (?P<unit>10[*^] | (?:\[[!-Z\\^-~]+\] | [!\#-'*:<>-Z\\^-z|~])+)(?:[+-]?[0-9]+)?(?:\{[!-z|~]*\})?
      | \{[!-z|~]*\}""",
    re.VERBOSE,
)
_CLOSE = re.compile(r"\)(?:\{[!-z|~]*\})?")


def read_unit(code: str) -> list[str] | None:
    """Return the units that a unit is made of, without exponents, notes and factors; None: it is none.

    >>> read_unit("kg/m2"), read_unit("{puffs}/d"), read_unit("mg/(kg.h)"), read_unit("mg per day")
    (['kg', 'm'], ['d'], ['mg', 'kg', 'h'], None)
    """
    found: list[str] = []
    at, depth, wants_operand = (1 if code.startswith("/") else 0), 0, True
    if not code or len(code) > MAX_UNIT:
        return None
    while at < len(code):
        sign = code[at]
        if wants_operand and sign == "(":
            at, depth = at + 1, depth + 1
        elif wants_operand:
            match = _OPERAND.match(code, at)
            if not match:
                return None
            found.extend([match["unit"]] if match["unit"] else [])
            at, wants_operand = match.end(), False
        elif depth and (match := _CLOSE.match(code, at)):
            at, depth = match.end(), depth - 1
        elif sign in "./":
            at, wants_operand = at + 1, True
        else:
            return None
    return None if wants_operand or depth else found


def check_unit(code: str, listed: Iterable[str]) -> Known:
    """Say whether a code is a unit: true where all that it is made of is listed, or a prefix and a metric unit.

    >>> check_unit("mmol/L", ["mmol", "L"]), check_unit("mg per day", []), check_unit("tablets", [])
    (True, False, False)
    >>> check_unit("[foo_us]", [])
    'unlisted'

    Args:
        listed: units that are known, each without exponent.
    """
    units = read_unit(code)
    if units is None:
        return False
    known = set(listed) | _PLAIN
    unknown = [unit for unit in units if unit not in known and not _is_metric(unit)]
    if not unknown:
        return True
    return UNLISTED if all("[" in unit for unit in unknown) else False


def _is_metric(unit: str) -> bool:
    if unit in _METRIC:
        return True
    return any(unit.startswith(each) and unit.removeprefix(each) in _METRIC for each in _PREFIXES)
