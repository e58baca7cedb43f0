"""Which profiles a resource may claim: only what it meets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fhirbridge.errors import BadSettings
from fhirbridge.services.definitions import find_defaults, read_claims
from fhirbridge.validation.claims import Claims, load_claims

PROFILES = find_defaults() / "profiles"
US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-goal"
OURS = "https://fhirbridge.org/fhir/StructureDefinition/client-goal"
GOAL = {
    "resourceType": "Goal",
    "id": "g1",
    "lifecycleStatus": "active",
    "description": {"text": "My mornings back."},
    "subject": {"reference": "Patient/p1"},
}


def shipped(*guides: str) -> Claims:
    return read_claims(PROFILES, guides)


def always(resource: dict[str, Any], profile: str) -> bool:
    return True


def profiles_of(resource: dict[str, Any]) -> list[str]:
    return list(resource.get("meta", {}).get("profile", []))


def test_what_is_met_is_claimed() -> None:
    assert profiles_of(shipped("us-core").put(GOAL, None, always)) == [US_CORE]


def test_what_is_not_met_is_not_claimed() -> None:
    without_words = {name: value for name, value in GOAL.items() if name != "description"}
    assert shipped("us-core").put(without_words, None, always) == without_words


def test_a_claim_that_no_longer_holds_is_taken_away_and_the_rest_of_meta_stays() -> None:
    claimed = {"resourceType": "Goal", "meta": {"profile": [US_CORE], "versionId": "2"}, "lifecycleStatus": "active"}
    assert shipped("us-core").put(claimed, None, always)["meta"] == {"versionId": "2"}


def test_a_partner_has_a_list_of_its_own() -> None:
    assert profiles_of(shipped("us-core").put(GOAL, (), always)) == []
    assert profiles_of(shipped().put(GOAL, ("us-core", "bser"), always)) == [US_CORE]


def test_a_profile_of_no_guide_stays_while_the_resource_passes_it() -> None:
    own = {**GOAL, "meta": {"profile": [OURS]}}
    assert profiles_of(shipped("us-core").put(own, None, always)) == [OURS, US_CORE]
    assert profiles_of(shipped("us-core").put(own, None, lambda _, profile: profile != OURS)) == [US_CORE]


def test_a_loaded_profile_has_the_last_word() -> None:
    assert profiles_of(shipped("us-core").put(GOAL, None, lambda _, profile: profile != US_CORE)) == []


def test_a_pure_drug_treatment_request_does_not_claim_social_needs() -> None:
    request = {
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "order",
        "subject": {"reference": "Patient/p1"},
        "code": {"coding": [{"system": "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "code": "H0004"}]},
    }
    assert not any("sdoh" in each for each in profiles_of(shipped("sdohcc", "us-core").put(request, None, always)))


def test_every_claim_that_ships_is_of_a_type_and_a_guide() -> None:
    guides = shipped().guides
    assert set(guides) == {"us-core", "sdohcc", "bser", "pcf", "ccda-on-fhir"}
    assert all(claim.needs for claims in guides.values() for claim in claims)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[x", "no TOML"),
        ("[x]\ntitle = 'x'", "claims"),
        ("[[x.claims]]\nprofile = 'p'\ntype = 'Goal'\nneeds = ['a and']", "claims.toml"),
    ],
)
def test_a_list_that_cannot_be_used_says_why(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "claims.toml"
    file.write_text(text)
    with pytest.raises(BadSettings, match=says):
        load_claims(file)


def test_a_guide_that_is_not_listed_is_named_with_those_that_are() -> None:
    with pytest.raises(BadSettings, match=r"us-cor is no guide.*us-core"):
        shipped("us-cor")
