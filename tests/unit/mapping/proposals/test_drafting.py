"""From a sample to a first map: each field to its place, and a map that passes whatever the sample is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.maps import check_folder

from fhirbridge.mapping.library import record_shapes
from fhirbridge.mapping.proposals.draft import Draft
from fhirbridge.mapping.proposals.drafting import draft_map
from fhirbridge.mapping.proposals.sample import Sample
from fhirbridge.mapping.proposals.schemas import csv_columns, json_schema
from fhirbridge.mapping.proposals.skeleton import LeftSide, skeleton, table_csv, table_file

NOTICE: dict[str, Any] = {
    "noticeId": "N-1",
    "inmate": {"docNo": "D-7", "surname": "Varga", "forenames": ["Ilona"], "dob": "03/14/1988", "mobile": "555 0100"},
    "release": {"date": "12/20/2026", "kind": "REL"},
    "facility": {"code": "HCJ", "name": "Hollow County Jail"},
    "conditions": [{"no": "1", "kind": "TESTING", "text": "Weekly test"}],
    "mood": "blue",
}


def drafted(tree: Any, *kinds: str) -> Draft:
    return draft_map("probe", Sample.of([tree]), {kind: record_shapes()[kind] for kind in kinds})


def rows(draft: Draft) -> set[tuple[str, str, str, str]]:
    return {(row.left, row.arrow, row.right, row.codec) for block in draft.blocks for row in block.rows}


def test_fields_go_to_the_places_they_are_named_like() -> None:
    found = rows(drafted(NOTICE, "person", "transition"))
    assert found >= {
        ("doc.inmate.docNo", "<=>", "id", ""),
        ("doc.inmate.surname", "<=>", "names[0].family", "verbatim"),
        ("doc.inmate.forenames[]", "<=>", "names[0].given[]", "verbatim"),
        ("doc.inmate.dob", "<=>", "birth_date", "date MM/DD/YYYY"),
        ("doc.inmate.mobile", "<=>", "telecoms[0].value", "verbatim"),
        ("doc.noticeId", "<=>", "id", ""),
        ("doc.inmate.docNo", "=>", "client.number", ""),
        ("doc.release.date", "<=>", "event.on", "date MM/DD/YYYY"),
        ("doc.release.kind", "<=>", "event.type", "code kind"),
        ("doc.facility.code", "<=>", "establishment.number", ""),
        ("doc.conditions[].no", "<=>", "requirements[].id", ""),
        ("doc.conditions[].kind", "<=>", "requirements[].type", "code conditions-kind"),
        ("'custody'", ":=", "setting", ""),
    }


def test_what_finds_no_place_is_listed() -> None:
    assert drafted(NOTICE, "person", "transition").unplaced == ["doc.mood"]


def test_a_list_of_which_nothing_is_read_is_listed_as_one() -> None:
    assert drafted({**NOTICE, "pets": [{"a": "x", "b": "y"}]}, "person").unplaced[-1] == "doc.pets"


def test_a_thing_that_is_only_named_gives_name_and_number() -> None:
    found = rows(drafted({"bookingNo": "B-1", "Facility": "Hollow County Jail"}, "transition"))
    assert ("doc.Facility", "<=>", "establishment.name", "verbatim") in found
    assert ("doc.Facility", "=>", "establishment.number", "") in found


def test_every_constant_for_what_is_not_there_is_told() -> None:
    draft = drafted({"bookingNo": "B-1"}, "transition")
    constants = [row for row in draft.blocks[0].rows if row.arrow == ":=" and row.note.startswith("no field")]
    assert len(constants) == len(draft.decide) == 5


def test_a_part_that_would_not_be_whole_is_left_out() -> None:
    draft = drafted({**NOTICE, "housing": {"text": "with a sister"}}, "transition")
    assert ("'unknown'", ":=", "accommodation.type", "") in rows(draft)
    draft = drafted({**NOTICE, "appointment": {"withWhom": "Dana"}}, "transition")
    assert "doc.appointment" in draft.unplaced


def test_times_without_zone_ask_for_one() -> None:
    tree = {**NOTICE, "appointment": {"no": "V-1", "at": "12/21/2026 09:30", "where": "Mill Lane"}}
    draft = drafted(tree, "transition")
    assert draft.needs_zone
    assert ("doc.appointment.at", "<=>", "appointment.at", 'datetime "MM/DD/YYYY hh:mm"') in rows(draft)


@pytest.mark.parametrize("tree", [{"id": 12, "name": "x"}, {"surname": "Varga"}, {"mood": True}, {}])
def test_without_a_number_there_is_no_map(tree: Any) -> None:
    draft = drafted(tree, "person")
    assert draft.blocks == []
    assert "number" in draft.decide[-1]


def test_a_consent_is_never_guessed() -> None:
    draft = drafted({"formNo": "F-1", "clientNo": "C-1"}, "consent")
    assert draft.blocks == []
    assert all("never guessed" in sentence for sentence in draft.decide)


def test_a_date_that_can_be_read_in_two_ways_is_told() -> None:
    draft = drafted({"inmateNo": "B-1", "dob": "03/04/1988"}, "person")
    assert any("DD/MM/YYYY is possible too" in sentence for sentence in draft.decide)


def test_lines_that_share_a_number_are_told() -> None:
    shape = {"person": record_shapes()["person"]}
    draft = draft_map("probe", Sample.of([{"Case No": "1"}, {"Case No": "1"}]), shape)
    assert any("group: Case No" in sentence for sentence in draft.decide)


def test_only_codes_the_map_needs_stand_in_the_schema() -> None:
    lines = [{"No": str(n), "Sex": "FM"[n % 2], "Officer": "AB"[n % 2], "Mood": "AB"[n % 2]} for n in range(4)]
    sample = Sample.of(lines)
    draft = draft_map("probe", sample, {"person": record_shapes()["person"]})
    assert csv_columns(sample, draft) == {
        "No": "text required",
        "Sex": "F | M required",
        "Officer": "text",
        "Mood": "text",
    }


# -- whatever the sample is --------------------------------------------------------------------------------------------

NAMES = st.sampled_from(
    [
        *("id", "no", "bookingNo", "surname", "name", "first_name", "dob", "Sex", "address", "city", "status", "type"),
        *("officer", "phone", "email", "text", "facility", "conditions", "medications", "dose", "kind", "until"),
        *("date", "release", "housing", "notes", "code", "progress", "from", "to", "tests", "result"),
    ]
)
LEAVES = st.one_of(
    st.sampled_from(["A-1", "B-2", "x", "Y", "yes", "2026-03-04", "03/04/1988", "12/20/2026 09:30", "REL", "7", ""]),
    st.integers(0, 9),
    st.booleans(),
    st.none(),
)
TREES = st.dictionaries(
    NAMES,
    st.recursive(
        LEAVES,
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=4)),
        max_leaves=8,
    ),
    max_size=8,
)
KINDS = st.sampled_from(["person", "transition", "monitoring", "plan", "referral", "discharge", "contact", "review"])


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(tree=TREES, kind=KINDS)
def test_whatever_the_sample_the_map_passes_its_checks(
    tree: Any, kind: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    sample = Sample.of([{**tree, "bookingNo": "B-1"}])
    draft = draft_map("probe", sample, {kind: record_shapes()[kind]})
    folder = tmp_path_factory.mktemp("maps")
    files = {table_file("probe", name): table_csv(codes) for name, codes in draft.tables.items()}
    files["schemas/probe.schema.json"] = json_schema(sample, draft)
    left = LeftSide("schema", "schemas/probe.schema.json")
    files["sources/probe.yaml"] = skeleton(draft, left, "tests/probe.json", "tests/probe.out.json")
    for name, text in {**files, "tests/probe.json": "{}", "tests/probe.out.json": "[]"}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    _, issues = check_folder(folder)
    assert [issue for issue in issues if issue.severity == "error"] == [], files["sources/probe.yaml"]
