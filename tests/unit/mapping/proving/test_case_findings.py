"""What `check` says of tests that cannot be read, or that name what the map has not."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.small_maps import make_folder

from fhirbridge.services.maps.checking import check_all

BAD = [
    # one test, the finding, words of the message, words of the hint
    ("{name: x, given: {no: A-1}, expct: {}}", "FB115", "no test has a key `expct`", "expect"),
    ("{name: x, given: {no: A-1}}", "FB115", "expects nothing", "absent"),
    ("{name: x, expect: {person.gender: female}}", "FB115", "one of `given:`, `in:` and `base:`", ""),
    ("{name: x, given: {}, in: tests/base.json, expect: {}}", "FB115", "one of `given:`", ""),
    ("{name: x, in: tests/base.json, with: {doc.sex: M}, absent: [person.name]}", "FB115", "`with:` changes", "base"),
    ("{name: x, given: {}, direction: up, absent: [person.active]}", "FB115", "right or left", ""),
    ("{name: x, given: {}, source: ' ', absent: [person.active]}", "FB115", "names a partner", ""),
    ("{name: x, given: {}, absent: person.active}", "FB115", "must be a list", ""),
    ("{name: x, given: {}, issues: [lost]}", "FB115", "cannot be read", "FB303"),
    ("{name: x, given: {}, expect: {person.gender: null}}", "FB115", "expects nothing", "absent"),
    ("{name: x, given: {}, expect: {person.gender: [male]}}", "", "", ""),
    ("{name: x, given: {}, expect: {'person.name[0].given[]': Mari}}", "FB115", "finds a list", "first, second"),
    ("{name: x, given: {}, expect: {'person..gender': male}}", "FB115", "is no path", "letter"),
    ("{name: x, given: {}, expect: {persn.gender: male}}", "FB120", "begins with no block", "person"),
    ("{name: x, given: {}, expect: {person.gendr: male}}", "FB120", "no `gendr`", "gender"),
    ("{name: x, given: {}, expect: {person: {gendr: male}}}", "FB120", "no `gendr`", "gender"),
    ("{name: x, given: {}, expect: {person: {name: [{famly: x}]}}}", "FB120", "no `famly`", "family"),
    ("{name: x, given: {}, expect: {person.name.family: x}}", "FB203", "is a list", "name[0]"),
    ("{name: x, given: {}, direction: left, expect: {person.gender: x}}", "FB120", "does not begin with `doc`", "doc"),
    ("{name: x, given: {}, direction: left, expect: {doc.sx: F}}", "FB201", "no `sx`", "sex"),
    ("{name: x, base: tests/base.json, with: {doc.sx: F}, absent: [person.active]}", "FB201", "no `sx`", "sex"),
    ("{name: x, in: tests/none.json, absent: [person.active]}", "FB111", "no file `tests/none.json`", ""),
    ("{name: x, in: ../secret.json, absent: [person.active]}", "FB111", "no file", ""),
    ("{name: x, base: tests/base.json, every: [doc.last]}", "FB120", "holds no codes", "code table"),
    ("{name: x, base: tests/base.json, every: [doc.sx]}", "FB201", "no `sx`", "sex"),
    ("{name: x, in: tests/base.json, every: [doc.sex]}", "FB115", "tries each code", ""),
    ("{laws: 5, given: {}}", "FB115", "says nothing else", "laws: 500"),
    ("{laws: 50000}", "FB115", "at most 10000", ""),
    ("{laws: many}", "FB115", "must be a whole number", ""),
]


@pytest.mark.parametrize(("test", "code", "message", "hint"), BAD, ids=[f"{row[1]} {row[2]}" for row in BAD])
def test_a_bad_test_is_a_finding_at_its_line(tmp_path: Path, test: str, code: str, message: str, hint: str) -> None:
    folder = make_folder(tmp_path, f"tests:\n  - {test}\n")
    line = len((folder / "sources" / "small.yaml").read_text("utf-8").splitlines())
    found = [each for checked in check_all(folder) for each in checked.issues if each.severity == "error"]
    assert [i.code for i in found][:1] == ([code] if code else [])
    assert all(i.location.startswith(f"sources/small.yaml:{line}:") for i in found)
    assert not found or (message in found[0].message and hint in found[0].hint)


def test_two_tests_may_not_share_a_name(tmp_path: Path) -> None:
    one = "  - {name: twin, in: tests/base.json, expect: {person.gender: female}}\n"
    (checked,) = check_all(make_folder(tmp_path, "tests:\n" + one + one))
    assert [issue.code for issue in checked.issues if "twin" in issue.message] == ["FB115"]
