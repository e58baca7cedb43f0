"""The code tables that come with the package, judged by the terminology that does."""

from __future__ import annotations

import pytest

from fhirbridge.services.definitions import find_defaults, read_terminology
from fhirbridge.terminology.service import Coding
from fhirbridge.terminology.tables import CodeTable, read_table

TABLES = find_defaults() / "mappings" / "tables"
LOADED = read_terminology(find_defaults() / "profiles")
SERVICES = "https://fhirbridge.org/fhir/ValueSet/service-category"


def table(file: str) -> CodeTable:
    return read_table(file.split(".")[0], file, (TABLES / file).read_text(encoding="utf-8"))


@pytest.mark.parametrize("file", sorted(each.name for each in TABLES.iterdir()))
def test_each_target_is_a_code_of_its_system_under_its_display(file: str) -> None:
    for row in table(file).rows:
        found = LOADED.validate_in_system(Coding(row.system, row.target, row.display))
        assert (found.outcome, found.display) != ("in", "wrong"), f"line {row.line}: expected {found.expected}"
        assert found.outcome != "out", f"line {row.line}: {found.reason}"


@pytest.mark.parametrize("name", ["category", "type", "hl7-category", "hcpcs", "sdoh", "us-core-category"])
def test_each_service_table_speaks_of_each_category(name: str) -> None:
    found = table(f"service-{name}.csv")
    categories = {each.concept.code for each in LOADED.expand(SERVICES).entries}
    assert len(categories) == 32
    assert found.forward.keys() | found.unmatched.keys() == categories


def test_treatment_of_drug_use_is_no_social_circumstance() -> None:
    sdoh = table("service-sdoh.csv")
    assert sdoh.unmatched.keys() >= {"alcohol-and-drug-services", "relapse-prevention", "medication-management"}
