"""Search parameters as they come in a URL, parsed against the table of parameters. Knows no store and no consent.

Laws of this file: what is not supported is refused and named, never ignored; a value never stands in a message.
Source: http://hl7.org/fhir/R4/search.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from fhirbridge.errors import Issue, UnsupportedSearch
from fhirbridge.fhir.references import find_local
from fhirbridge.fhir.search_parameters import SearchParameter, search_parameters
from fhirbridge.fhir.search_values import find_date_range, fold
from fhirbridge.services.bridge import Limits
from fhirbridge.store.base import Clause

PAGE_PARAMETER = "_page"
RESULT_PARAMETERS = ("_count", "_include", PAGE_PARAMETER)
PATIENT_CHAIN = "identifier"
MAX_CLAUSES, MAX_ALTERNATIVES, MAX_VALUE_CHARS = 30, 50, 4_000

Alternative = tuple[str | None, str | None]
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Subject:
    """What a parameter says of the persons searched for: any of these ids or numbers.

    `via` is the reference parameter of a chain by number, "" where the type is Patient itself.
    """

    ids: tuple[str, ...] = ()
    numbers: tuple[Pair, ...] = ()
    via: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A search, understood. `subjects` narrow the persons (all of them hold); `after` is the last id seen."""

    type: str
    clauses: tuple[Clause, ...]
    subjects: tuple[Subject, ...]
    includes: tuple[Pair, ...]
    count: int
    after: str
    params: tuple[Pair, ...] = field(default=())


def parse(type_: str, params: Sequence[Pair], *, limits: Limits, base_url: str) -> Asked:
    """Return what a search asks for.

    Args:
        base_url: the FHIR base; a reference below it is a reference to a resource of ours.

    Raises:
        UnsupportedSearch: a parameter, modifier, prefix, value or include that is not supported, all at once.
    """
    parser = _Parser(type_, limits, base_url)
    for name, value in params:
        parser.take(name, value)
    if parser.issues:
        raise UnsupportedSearch(parser.issues[0].message, issues=parser.issues)
    return parser.result(tuple(params))


class _Refused(Exception):
    """One parameter cannot be used; the text says why."""


class _Parser:
    """Takes parameters one by one and collects what is wrong with them."""

    def __init__(self, type_: str, limits: Limits, base_url: str) -> None:
        self.issues: list[Issue] = []
        self._type, self._limits, self._base_url = type_, limits, base_url
        self._known = search_parameters(type_)
        self._clauses: list[Clause] = []
        self._subjects: list[Subject] = []
        self._includes: list[Pair] = []
        self._count, self._after = limits.default_page, ""

    def take(self, name: str, value: str) -> None:
        """Take one parameter, or note why it cannot be used."""
        try:
            _refuse_unstorable(value)
            if name in ("_count", PAGE_PARAMETER):
                self._take_page(name, value)
            elif name == "_include":
                self._includes.append(_include(self._type, value))
            else:
                self._take_clause(name, value)
        except _Refused as refused:
            rule = f"search:{_shown(name)}"
            self.issues.append(Issue(UnsupportedSearch.code, str(refused), _shown(name), rule=rule))

    def result(self, params: tuple[Pair, ...]) -> Asked:
        """Return what was understood."""
        clauses, subjects, includes = tuple(self._clauses), tuple(self._subjects), tuple(self._includes)
        return Asked(self._type, clauses, subjects, includes, self._count, self._after, params)

    def _take_page(self, name: str, value: str) -> None:
        if name == PAGE_PARAMETER:
            if not re.fullmatch(r"[A-Za-z0-9\-.]{1,64}", value):
                raise _Refused("_page is not one that this server gave; follow the next link as it is.")
            self._after = value
        elif not re.fullmatch(r"0*[1-9][0-9]{0,8}", value):
            raise _Refused("_count must be a whole number above 0.")
        else:
            self._count = min(int(value), self._limits.max_page)

    def _take_clause(self, name: str, value: str) -> None:
        if max(len(self._clauses), len(self._subjects)) >= MAX_CLAUSES:
            raise _Refused(f"more than {MAX_CLAUSES} parameters are not supported.")
        base, dot, chained = name.partition(".")
        parameter = self._find(base)
        if dot:
            self._take_chain(parameter, chained, value)
            return
        if self._type == "Patient" and parameter.name == PATIENT_CHAIN:
            self._narrow_by_number(value, "")
            return
        clause = Clause(parameter.name, _kind(parameter), self._alternatives(parameter, value))
        self._narrow(parameter, clause.alternatives)
        self._clauses.append(clause)

    def _find(self, name: str) -> SearchParameter:
        base, colon, _ = name.partition(":")
        parameter = self._known.get(base)
        if parameter is None:
            raise _Refused(f"{_shown(base)} is not supported on {self._type}; supported are: {self._supported()}.")
        if colon:
            raise _Refused(f"modifiers are not supported; use {base} as it is.")
        return parameter

    def _supported(self) -> str:
        return ", ".join((*sorted(self._known), *RESULT_PARAMETERS))

    def _take_chain(self, parameter: SearchParameter, chained: str, value: str) -> None:
        if chained != PATIENT_CHAIN or not is_about_patient(parameter):
            raise _Refused("the only chain that is supported is patient.identifier (and subject.identifier).")
        self._narrow_by_number(value, parameter.name)

    def _narrow(self, parameter: SearchParameter, alternatives: tuple[Alternative, ...]) -> None:
        if self._type == "Patient" and parameter.name == "_id":
            self._subjects.append(Subject(ids=tuple(id_ for id_, _ in alternatives if id_)))
        elif self._type != "Patient" and is_about_patient(parameter):
            keys = [(key or "").partition("/") for key, _ in alternatives]
            if all(type_ == "Patient" for type_, _, _ in keys):
                self._subjects.append(Subject(ids=tuple(id_ for _, _, id_ in keys)))

    def _narrow_by_number(self, value: str, via: str) -> None:
        """Take numbers of persons. One without its system is refused: it could be anybody's.

        They make no clause: who they belong to is looked up, and whether the caller may know, before the query.
        """
        alternatives = [_token(text) for text in _split(value)]
        numbers = tuple((system, number) for system, number in alternatives if system and number)
        if len(numbers) < len(alternatives):
            raise _Refused("write a person's number as system|value.")
        self._subjects.append(Subject(numbers=numbers, via=via))

    def _alternatives(self, parameter: SearchParameter, value: str) -> tuple[Alternative, ...]:
        if parameter.name == "_id":
            return tuple((text, None) for text in _split(value))
        if parameter.type == "reference":
            return tuple((self._reference(parameter, text), None) for text in _split(value))
        return tuple(_VALUES[parameter.type](text) for text in _split(value))

    def _reference(self, parameter: SearchParameter, text: str) -> str:
        if "/" not in text:
            targets = ("Patient",) if is_about_patient(parameter) else parameter.targets
            if len(targets) != 1:
                raise _Refused(f"write {parameter.name} as Type/id; it may name {' or '.join(targets) or 'any type'}.")
            return f"{targets[0]}/{text}"
        literal = find_local(text, self._base_url)
        return literal.key if literal else text


def _refuse_unstorable(value: str) -> None:
    """Refuse what no resource can hold, so that it never meets the database."""
    if len(value) > MAX_VALUE_CHARS:
        raise _Refused(f"a value longer than {MAX_VALUE_CHARS} characters is not supported.")
    if re.search(r"[\x00-\x1f]", value):
        raise _Refused("a value must not hold control characters.")


def is_about_patient(parameter: SearchParameter) -> bool:
    """Say whether a parameter is the one by which a resource names the person it is about."""
    return parameter.name in ("patient", "subject") and parameter.type == "reference"


def _include(type_: str, value: str) -> Pair:
    """Return parameter and target type ("" for any) of an `_include` value."""
    source, _, rest = value.partition(":")
    name, _, target = rest.partition(":")
    offered = search_parameters(type_)
    parameter = offered.get(name) if source == type_ else None
    if parameter is None or parameter.type != "reference":
        names = ", ".join(f"{type_}:{each.name}" for each in offered.values() if each.type == "reference")
        raise _Refused(f"this _include is not supported; supported are: {names}.")
    if target and parameter.targets and target not in parameter.targets:
        raise _Refused(f"_include={type_}:{name} may lead to {', '.join(parameter.targets)}.")
    return name, target


def _kind(parameter: SearchParameter) -> str:
    if parameter.name == "_id":
        return "id"
    return "token" if parameter.type == "uri" else parameter.type


def _split(value: str) -> list[str]:
    r"""Return the alternatives of a value: split at commas that have no backslash before them.

    Source: http://hl7.org/fhir/R4/search.html#escaping
    """
    parts = re.findall(r"(?:[^\\,]|\\.|\\$)+", value)
    if not parts:
        raise _Refused("a parameter needs a value.")
    if len(parts) > MAX_ALTERNATIVES:
        raise _Refused(f"more than {MAX_ALTERNATIVES} alternatives are not supported.")
    return parts


def _unescaped(text: str) -> str:
    return re.sub(r"\\([\\,|$])", r"\1", text)


def _token(text: str) -> Alternative:
    """Return system (None: any, "": none) and code (None: any) of `system|code`, `code`, `|code` or `system|`."""
    parts = re.split(r"(?<!\\)\|", text, maxsplit=1)
    if len(parts) == 1:
        return None, _unescaped(text)
    return _unescaped(parts[0]), _unescaped(parts[1]) or None


def _uri(text: str) -> Alternative:
    return None, _unescaped(text)


def _string(text: str) -> Alternative:
    return fold(_unescaped(text)), None


_PREFIX = re.compile(r"(?P<prefix>[a-z]{2})?(?P<date>.+)")


def _date(text: str) -> Alternative:
    """Return the bounds of a date search: with both a resource's dates lie within, with one they reach that far.

    Source: http://hl7.org/fhir/R4/search.html#date
    """
    match = _PREFIX.fullmatch(text)
    prefix, covered = (match["prefix"] or "eq", find_date_range(match["date"])) if match else ("", None)
    if prefix not in _BOUNDS:
        raise _Refused(f"date prefixes that are supported: {', '.join(_BOUNDS)}.")
    if covered is None:
        raise _Refused("this is no date; write YYYY, YYYY-MM, YYYY-MM-DD or a date with time and zone.")
    low, high = covered
    return _BOUNDS[prefix](low, high)


def _moved(text: str, seconds: int) -> str:
    try:
        return f"{(datetime.fromisoformat(text) + timedelta(seconds=seconds)).isoformat()[:19]}Z"
    except OverflowError as error:
        raise _Refused("there is no date beyond this one.") from error


_BOUNDS: dict[str, Callable[[str, str], Alternative]] = {
    "eq": lambda low, high: (low, high),
    "ge": lambda low, high: (low, None),
    "gt": lambda low, high: (_moved(high, 1), None),
    "le": lambda low, high: (None, high),
    "lt": lambda low, high: (None, _moved(low, -1)),
}

_VALUES = {"token": _token, "string": _string, "date": _date, "uri": _uri}


def _shown(name: str) -> str:
    """Return a parameter's name if it is a plain name; anything else may be data and is not repeated."""
    return name if re.fullmatch(r"[A-Za-z_][A-Za-z_.:-]{0,60}", name) else "this parameter"


def iter_next(asked: Asked, last_id: str, persons: Sequence[str]) -> Iterator[Pair]:
    """Yield the parameters of the next page; numbers of persons give way to the ids of those they were found to be.

    A POST _search keeps numbers out of addresses; its next link must not put them back.
    """
    for name, value in asked.params:
        base, dot, _ = name.partition(".")
        if dot and persons:
            yield base, ",".join(f"Patient/{id_}" for id_ in persons)
        elif name == PATIENT_CHAIN and asked.type == "Patient" and persons:
            yield "_id", ",".join(persons)
        elif name != PAGE_PARAMETER:
            yield name, value
    yield PAGE_PARAMETER, last_id
