"""Quality: what good practice misses in the records that a partner handed in, for those who can mend it.

A partner sees its own records only. No address holds a key of a record: a message's id stands for what it made.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, request

from fhirbridge.errors import UnsupportedSearch
from fhirbridge.services import quality
from fhirbridge.services.quality import Report
from fhirbridge.web.answers import wanted_format, write_record, write_tree
from fhirbridge.web.guards import caller, the_bridge

api = Blueprint("quality", __name__, url_prefix="/intake", static_folder=None)

MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])", re.ASCII)


@api.get("/messages/<message_id>/quality")
def of_message(message_id: str) -> Response:
    """Tell what the rules say of each record that a message made; `form` chooses JSON or a FHIR resource."""
    bridge = the_bridge()
    reports = quality.reports_on_message(bridge, caller(), message_id)
    form = request.args.get("form", "report")
    if form not in FORMS:
        raise UnsupportedSearch(f"form is one of {', '.join(FORMS)}")
    return FORMS[form](reports)


@api.get("/quality")
def over_time() -> Response:
    """Count findings in the records of this partner, by agency, month and kind; `since` is the first month."""
    since = request.args.get("since", "")
    if since and not MONTH.fullmatch(since):
        raise UnsupportedSearch("since is a month: YYYY-MM")
    rows = quality.over_time(the_bridge(), source=caller().partner.id, since=since)
    return write_record({"agencies": rows})


def _as_reports(reports: list[Report]) -> Response:
    return write_record({"records": [each.to_tree() for each in reports]})


def _as_outcome(reports: list[Report]) -> Response:
    return write_tree(quality.to_outcome(reports), wanted_format())


def _as_issues(reports: list[Report]) -> Response:
    return write_tree(quality.to_detected_issues(reports, the_bridge().clock().date()), wanted_format())


FORMS: Mapping[str, Callable[[list[Any]], Response]] = {
    "report": _as_reports,
    "outcome": _as_outcome,
    "detected-issues": _as_issues,
}
"""What `form` may be."""
