"""Expectations rewritten in a map's text."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from fhirbridge.mapping.proving.rewrite import with_values

TEXT = """\
# ünïcode before
map: x
tests:
  - name: one
    expect:
      person.name[0].family: Vegä   # a remark
      person.age: 3
      person.name: [{given: [Ana]}, {family: "x"}]
  - {name: two, expect: {person.gender: female}}
"""


def test_one_value_changes_and_every_other_byte_stays() -> None:
    text, made = with_values(TEXT, "x.yaml", {(6, "expect.person.name[0].family"): "Núñez"})
    assert text == TEXT.replace("Vegä", '"Núñez"')
    assert made == {(6, "expect.person.name[0].family")}


def test_values_inside_nested_and_flow_groups_change_too() -> None:
    changes = {(8, "expect.person.name[1].family"): "Okafor", (9, "expect.person.gender"): "male"}
    text, _ = with_values(TEXT, "x.yaml", changes)
    assert text == TEXT.replace('"x"', "Okafor").replace("female", "male")


@pytest.mark.parametrize(
    ("value", "written"),
    [("yes", '"yes"'), ("a: b", '"a: b"'), (True, "true"), (Decimal("1.50"), "1.50"), ("", '""'), ("l\nm", '"l\\nm"')],
)
def test_a_value_is_written_so_that_yaml_reads_it_back(value: Any, written: str) -> None:
    assert f"person.age: {written}\n" in with_values(TEXT, "x.yaml", {(7, "expect.person.age"): value})[0]


@pytest.mark.parametrize("value", [{"a": 1}, [1], None])
def test_what_is_no_single_value_is_left_as_it_stands(value: Any) -> None:
    assert with_values(TEXT, "x.yaml", {(7, "expect.person.age"): value}) == (TEXT, frozenset())


def test_a_value_of_another_line_is_not_touched() -> None:
    assert with_values(TEXT, "x.yaml", {(6, "expect.person.age"): 4})[0] == TEXT


def test_a_file_with_windows_line_ends_keeps_them() -> None:
    text, _ = with_values(TEXT.replace("\n", "\r\n"), "x.yaml", {(7, "expect.person.age"): 4})
    assert text == TEXT.replace("\n", "\r\n").replace("person.age: 3", "person.age: 4")
