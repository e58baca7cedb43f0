"""`fmt`: one layout, nothing lost, nothing changed, and twice is once."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.maps import MAPPINGS

from fhirbridge.errors import MapError
from fhirbridge.mapping.model import Place
from fhirbridge.mapping.text.envelope import parse_map
from fhirbridge.mapping.text.fragments import parse_fragment
from fhirbridge.mapping.text.layout import laid_out
from fhirbridge.mapping.text.scalars import is_plain, quoted, scalar

FILES = sorted(
    file for folder in ("records", "sources", "partners", "fragments") for file in (MAPPINGS / folder).glob("*")
)
WHOLE = [file for file in FILES if file.parent.name in ("records", "sources")]
FRAGMENTS = {f.stem: parse_fragment(f.read_text("utf-8"), f.name) for f in FILES if f.parent.name == "fragments"}
QUICK = settings(max_examples=6, deadline=None, derandomize=True)

MESSY = """\
# top
version:   "1.0.0"

# who
map: probe


resources:   # the parts
   report:
      rows: |

        monitoring.id => note[0].text   # theirs
        # about dates
        monitoring.period_start<=>effectivePeriod.start
      make: 'Observation'

      # the key
      key:    "monitoring.id"
   # end of report
left: { record:  "monitoring" }
right: {fhir: R4,
   profiles: {report: "https://p.example"}}   # theirs
ignore:
    monitoring.worker: 'not
       here'
    # nothing else
# bye
""".replace("start<=>eff", "start   <=>   eff")
NEAT = """\
# top

# who
map: probe
version: 1.0.0
left: {record: monitoring}
right: {fhir: R4, profiles: {report: https://p.example}}  # theirs

resources:  # the parts
  report:
    make: Observation

    # the key
    key: monitoring.id
    rows: |
      monitoring.id            => note[0].text  # theirs
      # about dates
      monitoring.period_start <=> effectivePeriod.start
  # end of report
ignore:
  monitoring.worker: not here
  # nothing else
# bye
"""


def meaning(text: str, file: str) -> Any:
    """Return a map as written, without its places and text."""
    return plain(parse_map(text, file, FRAGMENTS))


def plain(part: Any) -> Any:
    if isinstance(part, Place):
        return None
    if dataclasses.is_dataclass(part):
        names = (each.name for each in dataclasses.fields(part) if each.name not in ("text", "places"))
        return {name: plain(getattr(part, name)) for name in names}
    if isinstance(part, dict):
        return {key: plain(value) for key, value in part.items()}
    return [plain(each) for each in part] if isinstance(part, tuple | list) else part


def test_a_messy_map_becomes_neat() -> None:
    assert laid_out(MESSY, "probe.yaml") == NEAT


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_shipped_maps_are_in_their_layout(file: Path) -> None:
    assert laid_out(file.read_text("utf-8"), file.name) == file.read_text("utf-8")


@pytest.mark.parametrize("file", WHOLE, ids=lambda file: file.stem)
@QUICK
@given(seed=st.integers(0, 1_000_000))
def test_whatever_a_map_looks_like_it_means_the_same_in_its_layout(file: Path, seed: int) -> None:
    text = mangled(file.read_text("utf-8"), Random(seed))
    after = laid_out(text, file.name)
    assert meaning(after, file.name) == meaning(text, file.name)
    assert laid_out(after, file.name) == after
    assert sorted(comments(after)) == sorted(comments(text))


def comments(text: str) -> list[str]:
    return re.findall(r"(?m)(?:^|\s)(# [^\r\n]+)", text)


def mangled(text: str, random: Random) -> str:
    """Return a text with its parts in another order, blanks and comments strewn in, quotes and line ends changed."""
    head, *parts = re.split(r"(?m)^(?=\w)", text)
    random.shuffle(parts)
    lines = [line for part in parts for line in part.split("\n")[:-1]]
    return head + random.choice(["\n", "\r\n"]).join(_line(line, random) for line in lines) + "\n"


def _line(line: str, random: Random) -> str:
    indent = len(line) - len(line.lstrip())
    if re.search(r"\s(<=>|=>|:=|<=)\s", line):
        line = " " * indent + re.sub(r"\s+(<=>|=>|:=|<=)\s+", lambda m: f"  {m[1]}   ", line.strip())
        line = f"{line}   # c{random.randrange(9)}" if random.random() < 0.1 else line
    elif random.random() < 0.2 and re.fullmatch(r"\s*[\w-]+: [\w.-]+", line):
        line = re.sub(r": (.+)", random.choice([r": '\1'", r':   "\1"', r": \1   # d1"]), line)
    if random.random() < 0.1 and "|" not in line:
        return f"\n\n{' ' * indent}# strewn {random.randrange(9)}\n{line}"
    return line


KEPT = {
    "a flow too long for a line": "map: m\nignore: {" + ", ".join(f"doc.a{n}: no need here" for n in range(9)) + "}\n",
    "a flow with comments": "map: m\nignore: {\n  # one\n  a: b, # two\n  c: [d,\n e] # three\n  # four\n}\n",
    "lists in lists": "map: m\ntests:\n- - a\n  - b\n-\n  name: x\n  in: {}\n- [c, d]\n",
    "folded and literal blocks": (
        "map: m\ntests:\n  - name: >-\n      two\n      lines\n    say: |2\n        deep\n\n\n      less\n"
    ),
    "numbers, flags and nothing": "map: m\ntests: [{a: 1, b: '1', c: yes, d: 'yes', e: ~, f: , g: ''}]\n",
    "odd quotes": "map: m\nignore: {a: 'it''s: so', b: \"tab\\t\", c: \"say \\\"x\\\"\", 'd: e': 'f, g'}\n",
    "a long reason": "map: m\nignore:\n  a: " + "word " * 60 + "\n",
    "a long reason in quotes": 'map: m\nignore:\n  a: "so: ' + "word " * 60 + '"\n',
    "a comment behind rows": "map: m\nrecords:\n  a:\n    rows: |  # why\n      a => b\n",
    "an unknown key": "zzz: 1\nmap: m\n",
    "a key alone": "map:\n",
    "a long list": "map: m\nright: {record: [" + ", ".join(["transition"] * 20) + "]}\n",
}


@pytest.mark.parametrize("name", KEPT)
def test_odd_texts_are_laid_out_and_stay_what_they_are(name: str) -> None:
    text = KEPT[name]
    after = laid_out(text, "m.yaml")
    assert laid_out(after, "m.yaml") == after
    assert sorted(re.findall("# .*?(?=$|[},])", after, re.M)) == sorted(re.findall("# .*?(?=$|[},])", text, re.M))
    assert all(len(line) <= 120 for line in after.split("\n"))


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("map: [\n", "FB101", 2),
        ("map: m\nrecords:\n  a:\n    rows: |\n      a <> b\n", "FB104", 5),
        ("map: !odd m\n", "FB101", 1),
        ("map: m\ntests:\n  - |+\n    x\n\n\n", "FB101", 1),
    ],
)
def test_what_cannot_be_read_is_refused(text: str, code: str, line: int) -> None:
    with pytest.raises(MapError) as caught:
        laid_out(text, "m.yaml")
    assert [(issue.code, issue.location.split(":")[1]) for issue in caught.value.issues] == [(code, str(line))]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(max_size=12) | st.text(" :#-?'\"\\,[]{}&*!|>%@`yn0~.\n\t", max_size=6))
def test_a_scalar_reads_back_as_it_was(text: str) -> None:
    for is_flow in (True, False):
        written = scalar(text, is_flow=is_flow)
        line = f"{{x: {written}}}" if is_flow else f"x: {written}"
        assert yaml.safe_load(line) == {"x": text}
    assert yaml.safe_load(f"{scalar(text, is_key=True)}: x") == {text: "x"}


def test_quotes_stand_only_where_they_are_needed() -> None:
    assert is_plain("a reason, in words")
    assert not is_plain("a reason, in words", is_flow=True)
    assert quoted('say "x"') == "'say \"x\"'"
