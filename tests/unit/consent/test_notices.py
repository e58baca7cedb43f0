"""The words that go with a disclosure: 42 CFR 2.32 and its UK counterpart."""

from __future__ import annotations

import pytest
from tests.unit.consent.builders import make_request, make_version

from fhirbridge.consent.decide import decide
from fhirbridge.consent.notices import STATEMENTS, notice, notice_outcome, scope

PERMIT = decide(make_request(), [make_version(data_classes=["D1", "D3"], expiry={"on": "2027-03-01"})])
JUSTICE = decide(make_request("probation", "CJMON"), [make_version("justice", data_classes=["D1", "D2"])])
DIRECTORY = decide(make_request(person_state="none"), [])


@pytest.mark.parametrize(("jurisdiction", "form"), list(STATEMENTS))
def test_each_jurisdiction_has_a_long_and_a_short_statement(jurisdiction: str, form: str) -> None:
    assert notice(PERMIT, jurisdiction=jurisdiction, form=form) == STATEMENTS[jurisdiction, form]


def test_the_short_us_statement_is_that_of_the_law() -> None:
    words = "42 CFR part 2 prohibits unauthorized use or disclosure of these records."
    assert notice(PERMIT, jurisdiction="US", form="short") == words


def test_the_long_us_statement_names_proceedings_the_three_exceptions_and_2_31() -> None:
    words = notice(PERMIT, jurisdiction="US")
    assert words.startswith("This record which has been disclosed to you is protected by Federal confidentiality rules")
    assert all(part in words for part in ("legislative proceedings", "2.64 or 2.65", "(i) ", "(ii) ", "(iii) "))
    assert words.endswith("(see 42 CFR 2.31).")


def test_the_scope_names_consent_purpose_classes_and_end() -> None:
    assert scope(PERMIT) == (
        "Disclosed under consent c-1, version 1, for the purpose TREAT. It covers: identity and contact; treatment: "
        "plan, assessment, medication, diagnosis. It ends on 2027-03-01. Keep the security labels with the record."
    )


def test_the_scope_of_a_justice_consent_says_that_it_ends_by_its_event_and_is_for_this_matter_only() -> None:
    words = scope(JUSTICE)
    assert "It ends with the event stated in the consent." in words
    assert "official duties" in words
    assert "treatment" not in words


def test_the_outcome_is_information_with_statement_and_scope() -> None:
    outcome = notice_outcome(PERMIT, jurisdiction="US", form="short")
    assert outcome["resourceType"] == "OperationOutcome"
    assert [issue["severity"] for issue in outcome["issue"]] == ["information", "information"]
    texts = [issue["details"]["text"] for issue in outcome["issue"]]
    assert texts == [notice(PERMIT, jurisdiction="US", form="short"), scope(PERMIT)]


def test_the_outcome_names_no_person() -> None:
    text = str(notice_outcome(JUSTICE, jurisdiction="UK"))
    assert not any(word in text for word in ("Sam", "77", "end of the order", "Mercy", "my plan"))


def test_directory_information_needs_no_notice() -> None:
    assert notice(DIRECTORY, jurisdiction="US") == ""
    [issue] = notice_outcome(DIRECTORY, jurisdiction="US")["issue"]
    assert "no notice" in issue["details"]["text"]


@pytest.mark.parametrize(("jurisdiction", "form"), [("FR", "long"), ("US", "tiny"), ("", "")])
def test_without_a_statement_nothing_may_be_sent(jurisdiction: str, form: str) -> None:
    with pytest.raises(ValueError, match="no redisclosure statement"):
        notice_outcome(PERMIT, jurisdiction=jurisdiction, form=form)
