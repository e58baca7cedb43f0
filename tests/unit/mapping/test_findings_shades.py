"""The other faces of a finding: each row is a change of a sample map, the code, and words of the message."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.finding_pages import MAP, base, findings

SCHEMA = "schemas/follow-up.schema.json"
FRAGMENT = "fragments/organisation.yaml"
TABLE = "tables/result.csv"
STATUS = "'final'                        := status"
CODE = "'Monitoring report'            := code.text"
ROWS = "      'final'                        := status\n"
OWNER = "doc.keyworker  <=> owner                  | ref keyworker"
DUE = '"due": {"type": "string", "format": "date"}'
STATE = '''doc.state      <=> status                 | default 'requested' lossy "no state comes back as requested"'''

UNDER_A_CONDITION = """use: organisation
    when: monitoring.progress = 'engaged'
    rows: |
      organisation.number => alias[0] | when monitoring.progress = 'completed'
"""
OWN_NOTE = """
  note:
    make: Basic
    key: doc.no
    class: D5
    rows: |
      doc.counsel <=> code.text | verbatim
"""
"""A counselling note in a resource of its own class."""
BY_NUMBER, KEYED = "| ref ServiceRequest by number in system", "| ref ServiceRequest keyed referral"

SHADES = [
    # base map, file, what is good, what it becomes, code, words of the message
    (
        "report",
        MAP,
        "  monitoring.worker: not here",
        "  monitoring.id: not here\n  monitoring.worker: not here",
        "FB214",
        "ignored and mapped",
    ),
    ("report", MAP, "code.text=offered", "code.text=x][code.text=offered", "FB231", "two values at once"),
    (
        "report",
        MAP,
        "make: Observation\n",
        "make: Observation\n    when: monitoring.compliant and not monitoring.compliant\n",
        "FB236",
        "nothing meets",
    ),
    ("report", MAP, "use: organisation\n", UNDER_A_CONDITION, "FB236", "the block's own"),
    ("report", MAP, CODE, f"{CODE} | when true", "FB237", "always holds"),
    (
        "report",
        MAP,
        STATUS,
        f"{STATUS} | when not (monitoring.compliant or monitoring.sessions_offered)",
        "FB238",
        "any number",
    ),
    (
        "report",
        MAP,
        STATUS,
        f"{STATUS} | when monitoring.sessions_offered and monitoring.compliant",
        "FB239",
        "its only row has a `when`",
    ),
    ("report", MAP, "right: {fhir: R4}", "right: {fhir: R4}\nsystems: {here: agency}", "FB274", "system `here`"),
    (
        "report",
        MAP,
        "make: Observation\n",
        "make: Observation\n    when: monitoring.clinical_comment.exists()\n",
        "FB255",
        "class D3",
    ),
    ("report", MAP, "| ref agency", "| ref agency when monitoring.compliant", "", ""),
    ("report", FRAGMENT, "class: D0", "class: D1", "", ""),
    (
        "report",
        FRAGMENT,
        "rows: |\n",
        "rows: |\n  organisation.name   => telecom[system=phone].rank | integer\n",
        "FB244",
        "numbers from 1",
    ),
    ("task", MAP, "class: D0", "class: D3", "", ""),
    ("task", MAP, "key: worker.badge", "key: worker.name", "FB240", "worker.name"),
    ("task", MAP, OWNER, f"{OWNER}\n      doc.due => note[0].time | date", "FB209", "Task.note.text"),
    ("task", MAP, BY_NUMBER, KEYED, "FB278", "ServiceRequest keyed `referral`"),
    (
        "task",
        MAP,
        "'order'         := intent",
        "doc.state       => intent                 | code intent",
        "FB262",
        "fixes `intent` to `order`",
    ),
    ("task", MAP, "fulfill'       :=", "approve'       :=", "FB262", "fixes `code.coding.code`"),
    ("task", MAP, "follow-up-task}", "follow-up-tusk}", "FB257", "not known here"),
    ("task", SCHEMA, DUE, DUE.replace('"date"', '"date-time"'), "FB247", "a date and time"),
    ("task", SCHEMA, DUE, DUE.replace('"date"', '"time"'), "FB247", "a time without a date"),
    (
        "task",
        SCHEMA,
        '"badge": {"type": "string"}',
        '"badge": {"type": "string", "x-sensitivity": "D1"}',
        "FB253",
        "the key is of class D1",
    ),
    ("task", SCHEMA, '["requested", "accepted", "completed"]', '["requested", "asked"]', "FB211", "may be asked"),
    ("task", SCHEMA, '"required": ["no", ', '"required": ["words", "no", ', "", ""),
    ("task", MAP, "ignore:\n  doc.counsel: stays with the counsellor\n", OWN_NOTE, "", ""),
]
"""An empty code: the change is right, and nothing is found."""

INTENTS = """source,system,target,display,equivalence,back
requested,,order,,equal,
accepted,,order,,equal,
completed,,plan,,equal,
"""


def codes(folder: Path, name: str, file: str, change: tuple[str, str]) -> list[tuple[str, str]]:
    """Return code and message of each finding in a base with one change."""
    files = dict(base(name))
    good, bad = change
    assert files[file].count(good) == 1, good
    files[file] = files[file].replace(good, bad)
    if "code intent" in bad:
        files["tables/intent.csv"] = INTENTS
        files[MAP] = files[MAP].replace("resources:", "tables: {intent: tables/intent.csv}\nresources:", 1)
    return [(issue.code, issue.message) for issue in findings(folder, files)]


@pytest.mark.parametrize(
    ("name", "file", "good", "bad", "code", "words"), SHADES, ids=[f"{s[4]} {s[5]}" for s in SHADES]
)
def test_a_shade_of_a_finding(
    tmp_path: Path, name: str, file: str, good: str, bad: str, code: str, words: str
) -> None:  # fmt: skip
    found = codes(tmp_path, name, file, (good, bad))
    if code:
        assert [message for own, message in found if own == code and words in message], found
    else:
        assert found == []
