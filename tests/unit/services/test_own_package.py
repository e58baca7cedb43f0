"""Our definitions as one FHIR package."""

from __future__ import annotations

import io
import json
import tarfile
from functools import cache
from typing import Any

import pytest
from tests.support.bridge import make_world

from fhirbridge.fhir.own_parameters import OWN_PARAMETERS
from fhirbridge.fhir.search_parameters import index_values, search_parameters
from fhirbridge.services import own_package
from fhirbridge.services.definitions import find_defaults
from fhirbridge.services.quality import rule_rows
from fhirbridge.validation.check import check
from fhirbridge.validation.packages import read_package


@cache
def built() -> bytes:
    return own_package.build(make_world().bridge, find_defaults())


@cache
def files() -> dict[str, dict[str, Any]]:
    with tarfile.open(fileobj=io.BytesIO(built())) as tar:
        found = {member.name: tar.extractfile(member) for member in tar}
        return {name: json.loads(stream.read()) for name, stream in found.items() if stream}


def definitions() -> list[dict[str, Any]]:
    return [tree for name, tree in files().items() if "resourceType" in tree and "/example/" not in name]


def test_the_same_definitions_give_the_same_bytes() -> None:
    assert own_package.build(make_world().bridge, find_defaults()) == built()


def test_the_package_can_be_added_like_any_other() -> None:
    package = read_package(built())
    assert package.name == "org.fhirbridge.profiles"
    assert {"StructureDefinition", "CodeSystem", "ValueSet", "ConceptMap", "SearchParameter"} <= {
        each.head.resource_type for each in package.resources
    }


def test_every_definition_is_valid_and_has_a_url_of_its_own() -> None:
    faults = [
        (tree["id"], i.expression, i.rule) for tree in definitions() for i in check(tree) if i.severity == "error"
    ]
    assert faults == []
    urls = [tree["url"] for tree in definitions()]
    assert len(urls) == len(set(urls))


def test_every_code_system_has_a_value_set_and_every_profile_is_a_differential() -> None:
    systems = {tree["url"] for tree in definitions() if tree["resourceType"] == "CodeSystem"}
    included = {
        include.get("system")
        for tree in definitions()
        if tree["resourceType"] == "ValueSet"
        for include in tree["compose"]["include"]
    }
    assert systems <= included
    assert all("snapshot" not in tree for tree in definitions())


def test_the_index_names_every_file() -> None:
    listed = {f"package/{each['filename']}" for each in files()["package/.index.json"]["files"]}
    assert listed == {name for name in files() if name.count("/") == 1} - {
        "package/.index.json",
        "package/package.json",
    }


def test_examples_claim_the_profiles_they_meet() -> None:
    plans = [tree for name, tree in files().items() if "example/CarePlan-" in name]
    claims = plans[0]["meta"]["profile"]
    assert "https://fhirbridge.org/fhir/StructureDefinition/aftercare-careplan" in claims


def test_the_rules_of_quality_are_a_code_system() -> None:
    system = next(tree for tree in definitions() if tree["id"] == "quality-rule")
    assert [concept["code"] for concept in system["concept"]] == [row["rule"] for row in rule_rows()]


@pytest.mark.parametrize("type_", OWN_PARAMETERS)
def test_what_is_published_as_a_search_parameter_is_served(type_: str) -> None:
    assert {row.name for row in OWN_PARAMETERS[type_]} <= set(search_parameters(type_))


def test_a_plan_is_found_by_its_phase() -> None:
    url = "https://fhirbridge.org/fhir/StructureDefinition/plan-phase"
    plan = {"resourceType": "CarePlan", "extension": [{"url": url, "valueCode": "delivery"}]}
    assert [(each.param, each.b) for each in index_values(plan)] == [("plan-phase", "delivery")]
