"""Maps that no one would write: rows in every odd order and with every selector, compiled and interpreted alike."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.maps import check_text, spoilt

from fhirbridge.ids import key_system
from fhirbridge.mapping.compile.program import find_left, find_right
from fhirbridge.mapping.interpret import back, right
from fhirbridge.mapping.model import Map
from fhirbridge.mapping.paths import Tree
from fhirbridge.mapping.run import Context, to_left, to_right

HERE = Context("partner")
FUZZ = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
TEXT = {"type": "string"}
STEP = {"by": TEXT, "done": {"type": "boolean"}, "on": TEXT, "marks": {"type": "array", "items": TEXT}}
SCHEMA = {
    "properties": {
        "no": TEXT,
        "name": TEXT,
        "kind": {"type": "string", "enum": ["draft", "active", "odd"]},
        "open": {"type": "boolean"},
        "count": {"type": "integer"},
        "worth": {"type": "number"},
        "Booking No": TEXT,
        "tags": {"type": "array", "items": TEXT},
        "steps": {"type": "array", "items": {"properties": STEP}},
        "phones": {"type": "array", "items": {"properties": {"use": TEXT, "value": TEXT}}},
        "site": {"properties": {"code": TEXT, "name": TEXT, "words": {"properties": {"text": TEXT, "code": TEXT}}}},
        "people": {"type": "array", "items": {"properties": {"no": TEXT, "name": TEXT, "role": TEXT}}},
    },
    "required": ["no"],
}
WORDS = st.sampled_from(["a", "b", "home", "ü", "two words"])
DAYS = st.sampled_from(["2026", "2026-02", "2026-02-28", "2026-02-29", "2024-02-29", "2026-12-31", "soon"])
STEPS = st.fixed_dictionaries(
    {}, optional={"by": WORDS, "done": st.booleans(), "on": DAYS, "marks": st.lists(WORDS, max_size=2)}
)
PEOPLE = st.fixed_dictionaries({"no": st.sampled_from(["p1", "p2", "p3"])}, optional={"name": WORDS, "role": WORDS})
DOCUMENTS: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {"no": st.sampled_from(["n1", "n2"])},
    optional={
        "name": WORDS,
        "kind": st.sampled_from(["draft", "active", "odd"]),
        "open": st.booleans(),
        "count": st.integers(0, 3),
        "worth": st.decimals(0, 9, places=1),
        "Booking No": WORDS,
        "tags": st.lists(WORDS, max_size=3),
        "steps": st.lists(STEPS, max_size=3),
        "phones": st.lists(st.fixed_dictionaries({}, optional={"use": WORDS, "value": WORDS}), max_size=3),
        "site": st.fixed_dictionaries(
            {},
            optional={
                "code": WORDS,
                "name": WORDS,
                "words": st.fixed_dictionaries({}, optional={"text": WORDS, "code": WORDS}),
            },
        ),
        "people": st.lists(PEOPLE, max_size=3),
        "unheard": st.just({"of": [1]}),
    },
)
HEAD = """\
map: probe
version: 1.0.0
left: {schema: schemas/probe_json}
policy: {unmapped-code: text-and-warn}
tables: {kind: tables/kind.csv, level: tables/level.csv}
systems: {urgency: urn:level}
right: {fhir: R4}
resources:
"""
FILES = {
    "tables__kind_csv": "source,system,target,display,equivalence,back\n"
    "draft,http://hl7.org/fhir/request-status,draft,,equal,\nactive,http://hl7.org/fhir/request-status,active,,equal,\n",
    "tables__level_csv": "source,system,target,display,equivalence,back\ndraft,urn:level,D,Draft,equal,\n"
    "active,urn:level,A,Active,equal,yes\n",
}
BLOCKS = {
    "lists": """
  plan:
    make: CarePlan
    key: doc.no
    rows: |
      doc.steps[].by        <=> activity[].detail.description
      doc.name              <=> title                             | verbatim
      doc.steps[].done      <=> activity[].detail.doNotPerform
      doc.steps[].on        <=> activity[].detail.scheduledString | date
      doc.steps[].marks[]   <=> activity[].detail.reasonCode[].text
      'unknown'              := activity[].detail.status
      'x'                    := activity[].detail.code.text
      doc.tags[]            <=> category[].text
      'c'                    := category[].id
""",
    "selectors": """
  plan:
    make: CarePlan
    key: doc.no
    rows: |
      doc.tags[]            <=> note[kind=preference][].text      | verbatim
      doc.steps[].by        <=> note[kind=coping][].text          | verbatim
      doc.site.name         <=> note[kind=support].authorString
      doc.steps[].on         => note[kind=coping][].time          | date
      doc.site.code         <=> note[kind=support].text
      doc.steps[].done      <=> note[kind=coping][].extension[permitted]
      doc.open              <=> note[kind=support].extension[permitted]
      doc.steps[].marks[]   <=> note[kind=coping][].extension[aspect][]
      'N'                    := note[kind=coping][].authorString
      doc.kind              <=> category[coding.system=@urgency]  | code level
      doc.name              <=> category[coding.system=http://hl7.org/fhir/request-status].text
""",
    "tangles": """
  plan:
    make: CarePlan
    key: doc.no
    rows: |
      doc.name              <=> note[kind=support].text
      doc.site.name         <=> note[0].authorString
      doc.tags[]            <=> note[].text
      doc.phones[0].value   <=> contributor[1].display
      doc.phones[1].value   <=> contributor[0].display
      doc.phones[use=home].value => description
      doc.phones[use=a][].value <=> identifier[].value
      doc.steps[done=true][].by => goal[].display
      doc.steps[].by        <=> activity[].detail.description
      doc.steps[0].on        => activity[1].detail.scheduledString
""",
    "merges": """
  plan:
    make: CarePlan
    key: doc.no
    rows: |
      doc.kind              <=> category[0]                       | code kind
      doc.name              <=> category[0].text
      doc.site.words        <=> addresses[0].identifier.type      | concept
      doc.site.words.text    => title
      doc.name               => title                             | when doc.open
      doc.people[]           => contributor[]                     | ref Practitioner by no in role
      doc.site.code         <=> author.reference
      doc.site.name          => author.display
      'plan'                 := intent
      'active'               := status                            | when doc.kind = 'active' or doc.count > 1
      'draft'                := status                            | when not (doc.kind = 'active') and doc.count <= 1
""",
    "values": """
  plan:
    make: CarePlan
    key: doc.no
    when: doc.name or doc.open
    rows: |
      doc.name & ', ' & doc.site.name => description
      doc.kind               => status                            | code kind else draft default 'active'
      doc.site.code          => title                             | default 'untitled'
      doc.steps[].by.count() => activity[0].detail.scheduledTiming.repeat.count | when doc.steps[].by.exists()
      doc."Booking No"       => note[1].text
      doc.tags[]             => category[].text                   | when doc.count = 2
      doc.tags[].first()     => note[1].authorString              | verbatim
""",
    "loops": """
  person:
    make: Practitioner for p in doc.people[]
    key: p.no
    class: D0
    when: p.name != 'b'
    rows: |
      p.name                <=> name[0].text
      p.role                <=> qualification[0].code.text        | when p.name
      doc.site.name         <=> address[0].city
      doc.tags[]            <=> address[0].line[]
  plan:
    make: CarePlan for s in doc.site
    key: s.code
    rows: |
      s.name                <=> title
      doc.no                 => basedOn[0]                        | ref CarePlan keyed other
      doc.people[].no       <=> contributor[]                     | ref person
  step:
    make: Task for s in doc.steps[done=true]
    key: s.by
    rows: |
      s.on                  <=> description
""",
    "wholes": """
  plan:
    make: Composition
    key: doc.no
    rows: |
      doc.people[]           => section[code.text=a].entry[kind=need][]       | ref Practitioner by no in role
      doc.people[].no        => section[code.text=a].entry[kind=problem][]    | ref person
      doc.steps[].by        <=> section[code.text=b].author[].display
      'B'                    := section[code.text=b].title                    | when doc.name
      doc.kind              <=> category[coding.system=@urgency]              | code level
      doc.name               => category[1].text                              | when doc.kind
      doc.people[].no       <=> extension[url=r][extension.valueCode=m][].extension[url=u].valueReference | ref person
      doc.tags[]            <=> extension[url=urn:o][].valueString
      doc.site.name         <=> _title.extension[data-absent-reason]
      'x'                    := title                                         | when doc.people[].exists()
  step:
    make: Task for s in doc.steps[]
    key: s.by
    when: s.on or s.done
    rows: |
      s.on                  <=> description
      s.done                <=> extension[permitted]
  person:
    make: Practitioner for p in doc.people[]
    key: p.no
    rows: |
      p.name                <=> name[0].text
      p.role                <=> qualification[0].code.text                    | when p.role and p.name
""",
}


def read(folder: Path, blocks: str) -> Map:
    (folder / "schemas").mkdir()
    (folder / "schemas" / "probe_json").write_text(json.dumps(SCHEMA))
    maps, issues = check_text(folder, HEAD + blocks, **FILES)
    assert maps, issues
    return maps[0]


@pytest.fixture(scope="module", params=sorted(BLOCKS))
def probe(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Map:
    return read(tmp_path_factory.mktemp(request.param), BLOCKS[request.param])


def spelt(tree: Any) -> str:
    return json.dumps(tree, default=str)


def test_an_odd_map_compiles(probe: Map) -> None:
    assert find_right(probe)
    assert find_left(probe)


@FUZZ
@given(data=st.data())
def test_odd_maps_go_right_alike(probe: Map, data: st.DataObject) -> None:
    tree = data.draw(st.one_of(DOCUMENTS, spoilt(DOCUMENTS.map(copy.deepcopy))))
    made, twin = to_right(probe, copy.deepcopy(tree), HERE), right.to_right(probe, tree, HERE)
    assert made == twin
    assert spelt([item.body for item in made.items]) == spelt([item.body for item in twin.items])


@FUZZ
@given(data=st.data())
def test_odd_maps_go_left_alike(probe: Map, data: st.DataObject) -> None:
    documents = st.lists(DOCUMENTS, min_size=1, max_size=2)
    sound = documents.map(lambda trees: [pair for tree in trees for pair in items_of(probe, tree)])
    drawn = data.draw(st.one_of(sound, spoilt(sound.map(copy.deepcopy))))
    listed = drawn if isinstance(drawn, list) else []
    items = [(each[0], each[1]) for each in listed if isinstance(each, list) and len(each) == 2]
    restored, twin = to_left(probe, copy.deepcopy(items), HERE), back.to_left(probe, items, HERE)
    assert restored == twin
    assert spelt(restored.tree) == spelt(twin.tree)


def items_of(map_: Map, tree: Tree) -> list[list[Any]]:
    return [[item.type, item.body] for item in right.to_right(map_, tree, HERE).items]


CODES = """
  plan:
    make: CarePlan
    key: doc.no
    rows: |
      doc.steps[].by         => activity[].detail.code         | code kind
      doc.steps[].on         => activity[].detail.statusReason | code kind
"""


def test_rows_that_share_a_loop_warn_in_the_order_of_the_rows(tmp_path: Path) -> None:
    map_ = read(tmp_path, CODES)
    tree = {"no": "1", "steps": [{"by": "a", "on": "b"}, {"by": "active", "on": "c"}]}
    program = find_right(map_)
    made = program.run(tree, HERE) if program else None
    assert made == right.to_right(map_, tree, HERE)
    assert [issue.expression for issue in made.issues] == ["doc.steps[0].by", "doc.steps[0].on", "doc.steps[1].on"]


def test_of_two_plans_with_one_key_the_interpreter_says_what_differs(tmp_path: Path) -> None:
    map_ = read(tmp_path, BLOCKS["loops"])
    tree = {"no": "1", "people": [{"no": "p", "name": "a"}, {"no": "p", "name": "c"}]}
    program = find_right(map_)
    assert program
    assert program.run(tree, HERE) is None
    assert to_right(map_, tree, HERE).issues[0].code == "FB309"


GREEDY = """
  person:
    make: Practitioner for p in doc.people[]
    key: p.no
    rows: |
      doc.tags[]             => qualification[].code.text
"""


def test_a_message_that_would_write_without_end_is_left_to_the_interpreter(tmp_path: Path) -> None:
    map_ = read(tmp_path, GREEDY)
    tree = {"no": "1", "people": [{"no": f"p{n}"} for n in range(1_001)], "tags": ["t"] * 1_000}
    assert [(issue.code, issue.severity) for issue in to_right(map_, tree, HERE).issues] == [("FB310", "error")]


def test_a_weak_row_gives_way_and_a_taken_place_is_a_conflict(tmp_path: Path) -> None:
    map_ = read(tmp_path, BLOCKS["merges"])
    items: list[tuple[str, Any]] = [("CarePlan", {"identifier": [{"system": "urn:x", "value": n}]}) for n in ("1", "2")]
    assert to_left(map_, items, HERE) == back.to_left(map_, items, HERE)
    assert [issue.code for issue in to_left(map_, items, HERE).issues] == ["FB309"]


HELD_AND_TAKEN = """
  plan:
    make: CarePlan
    key: doc.no
    rows: |
      doc.name <=> title       | verbatim
      doc.name <=> description | verbatim when doc.kind != 'draft' lossy "said twice"
"""


def test_a_weak_row_whose_place_is_taken_has_read_what_it_found(tmp_path: Path) -> None:
    map_ = read(tmp_path, HELD_AND_TAKEN)
    body = {"identifier": [{"system": key_system("partner", "plan"), "value": "n1"}], "title": "a", "description": "a"}
    assert to_left(map_, [("CarePlan", body)], HERE) == back.to_left(map_, [("CarePlan", body)], HERE)
    assert to_left(map_, [("CarePlan", body)], HERE).issues == ()
