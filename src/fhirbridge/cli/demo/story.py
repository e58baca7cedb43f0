"""The story, step by step: who does what, what comes back, and what must be true of it.

Each step takes the stage and yields the lines that tell it. All its calls can be repeated, so that the story comes to
the same end when the bridge is killed while it is played (tests/e2e/test_kill.py).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import requests

from fhirbridge.cli.demo.answers import Searchset, count_words
from fhirbridge.cli.demo.client import PartnerClient
from fhirbridge.cli.demo.partners import HILLCREST, LAKESIDE, NORTHMOOR, PROBATION, RIVERSIDE
from fhirbridge.cli.demo.stage import Stage, read_sample, sample_tree
from fhirbridge.cli.demo.telling import StoryFault, Teller, canonical, expect, http_line, iter_leaves

Lines = Iterator[str]

INCLUDES = ("CarePlan:goal", "CarePlan:activity-reference", "CarePlan:subject")
STORED_TYPES = frozenset(["CarePlan", "Goal", "Patient", "ServiceRequest"])
DISCLOSED = ("permit", "disclosed")
CLIENT = ("https://lakeside-general.example/mrn", "LG-778120")
"""The number that Lakeside General gave the client; Riverside's export knows it."""

BROKEN_FIELDS = ("release.date", "onward[0].service", "gatePickup")
EXPLAINED = "title"
REPORTED = ("from", "to", "appointments_made", "appointments_kept", "compliant", "tests", "engagement")
NOTICE_SHOWN = 130
OWN_HEADERS = frozenset({"date", "x-request-id", "content-length"})
"""Headers whose value each answer has of its own; the length follows the address in the self link."""

WORDS = 4
"""From how many words on a text counts as a sentence of the client or the counsellor."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its title, the function that plays and tells it, and whether it is a partner's, over HTTP."""

    title: str
    play: Callable[[Stage], Lines]
    is_over_http: bool = True


def play(stage: Stage, teller: Teller) -> None:
    """Play the whole story.

    Raises:
        StoryFault: something did not turn out as told.
    """
    for step in STEPS:
        teller.step(step.title)
        try:
            for line in step.play(stage):
                teller.line(line)
        except (requests.RequestException, LookupError, ValueError) as error:
            raise StoryFault(f"expected: an answer of the known form; there was {type(error).__name__}") from error


# -- what is handed in


def hand_in(stage: Stage, client: PartnerClient, kind: str, sample: str) -> tuple[requests.Response, dict[str, Any]]:
    """Push a sample, wait for its outcome, and return the answer and the outcome."""
    answer = client.hand_in(kind, read_sample(sample), key=f"demo-{sample}")
    expect(answer.status_code == 202, f"202 for {sample}, as it is durable now")
    return answer, client.wait_for_outcome(answer.headers["Location"])


def agency_hands_in(stage: Stage) -> Lines:
    """Plan with referrals and monitoring, and two consents, in the agency's own format."""
    agency = stage.clients[RIVERSIDE.id]
    names = ("riverside-consent-hospital.json", "riverside-consent-probation.json", "riverside-plan.json")
    for name in names:
        kind = "plan" if "plan" in name else "consent"
        answer, outcome = hand_in(stage, agency, kind, name)
        expect(outcome["state"] == "stored", f"{name} is stored")
        fields = ", ".join(list(sample_tree(name))[:4])
        yield http_line(answer, f"its own export: {fields} …")
        yield f"   {outcome['state']}: {count_words(outcome['records'])}"
        stage.notes[name] = outcome
    plan = stage.notes["riverside-plan.json"]
    kinds = {reference.partition("/")[0] for reference in plan["resources"]}
    expect(kinds >= STORED_TYPES, f"the plan stored as {', '.join(sorted(STORED_TYPES))}")
    yield f"   mapped, checked, labelled and stored as FHIR: {count_words(plan['resources'])}"


def prison_pushes(stage: Stage) -> Lines:
    """A transition record, twice: 202, a status address, an outcome; the second push changes nothing."""
    prison = stage.clients[NORTHMOOR.id]
    sample = "northmoor-release.json"
    first, outcome = hand_in(stage, prison, "transition", sample)
    yield http_line(first, f"Location: {_path(first.headers['Location'], stage)}")
    expect(outcome["state"] == "stored", "the transition record is stored")
    days: int = outcome["lead_time_days"]
    yield f"GET {_path(first.headers['Location'], stage)} → {outcome['state']}, {count_words(outcome['resources'])}"
    yield f"   {days} days before release" if days >= 0 else f"   {-days} days after release: too late"
    again, outcome_again = hand_in(stage, prison, "transition", sample)
    expect(again.headers["Location"] == first.headers["Location"], "the same push is given the same address")
    expect(again.json() == first.json() and outcome_again == outcome, "the same push has no second effect")
    yield http_line(again, "again: same address, same outcome, no second effect")
    stage.notes["transition"] = outcome


def discharge_is_handed_in(stage: Stage) -> Lines:
    """A discharge summary; its follow-up is a Task with an owner."""
    answer, outcome = hand_in(stage, stage.clients[RIVERSIDE.id], "discharge", "riverside-discharge.json")
    expect(outcome["state"] == "stored", "the discharge summary is stored")
    yield http_line(answer)
    tasks = [reference for reference in outcome["resources"] if reference.startswith("Task/")]
    expect(tasks, "the discharge summary makes a Task")
    yield f"   {outcome['state']}: {count_words(outcome['resources'])}"
    stage.notes["tasks"] = tasks


# -- what is asked for


def hospital_asks(stage: Stage) -> Lines:
    """The hospital that the consent names gets a token, asks, and receives the plan, labelled, with the notice."""
    hospital = stage.clients[LAKESIDE.id]
    token = hospital.sign_in()
    expect(token.status_code == 200, "a token for a signed assertion")
    yield http_line(token, f"{hospital.algorithm} signature accepted, a token for {token.json()['expires_in']} s")
    answer = ask_for_plan(stage, hospital)
    found = Searchset(answer.json())
    yield http_line(answer)
    yield f"   {found.counted()}"
    yield from _plan_is_whole(stage, found)
    yield from _owner_is_named(stage, hospital)


def _plan_is_whole(stage: Stage, found: Searchset) -> Lines:
    case = sample_tree("riverside-plan.json")["case"]
    plan = found.one("CarePlan", title=case["planName"])
    stage.notes["careplan"] = plan["id"]
    said = {goal["clientSays"] for goal in case["goals"]}
    goals = found.all("Goal")
    expect({goal["description"]["text"] for goal in goals} == said, "every goal, in the client's own words")
    stage.notes["goal"] = goals[0]["id"]
    for goal in goals:
        yield f"   the client: “{goal['description']['text']}”"
    labels = sorted({label["code"] for label in plan["meta"]["security"]})
    expect("R" in labels and "42CFRPart2" in labels, "the labels R and 42CFRPart2 on the plan")
    yield f"   labels: {', '.join(labels)}"
    notice = found.notice()
    expect("42 CFR part 2" in notice, "the notice on redisclosure")
    yield f"   notice: “{notice[:NOTICE_SHOWN]} …”"


def _owner_is_named(stage: Stage, hospital: PartnerClient) -> Lines:
    for reference in stage.notes["tasks"]:
        answer = hospital.get(f"/fhir/{reference}")
        expect(answer.status_code == 200, "the follow-up Task can be read")
        owner = answer.json().get("owner", {})
        expect(owner.get("display") or owner.get("reference"), "the follow-up has a named owner")
        yield http_line(
            answer, f"the follow-up of the discharge is owned by {owner.get('display') or owner['reference']}"
        )


def other_hospital_asks(stage: Stage) -> Lines:
    """The hospital that no consent names sees for this client exactly what it sees for nobody."""
    other = stage.clients[HILLCREST.id]
    known = ask_for_plan(stage, other)
    unknown = ask_for_plan(stage, other, value="no-such-client")
    yield http_line(known, f"total {known.json()['total']}, no client, no plan")
    same = _shape(known) == _shape(unknown)
    expect(known.json()["total"] == 0 and same, "the same answer as for a client nobody knows")
    yield http_line(unknown, "the same for a client nobody knows: status, headers and body")
    for type_, id_ in (("CarePlan", stage.notes["careplan"]), ("CarePlan", "no-such-plan")):
        answer = other.get(f"/fhir/{type_}/{id_}")
        expect(answer.status_code == 404, "404, known or not")
        stage.notes.setdefault("refused", []).append(answer.json())
        yield http_line(answer)
    expect(stage.notes["refused"][0] == stage.notes["refused"][1], "word for word the same 404")
    del stage.notes["refused"]


def probation_is_sent(stage: Stage) -> Lines:
    """Probation receives the monitoring set, under its own kind of consent, and nothing clinical."""
    reports = stage.receiver.wait_for(1, stage.clients[RIVERSIDE.id].patience_s)
    expect(len(reports) == 1, "one report at the receiver of County Probation")
    delivered = reports[0]
    report = delivered["report"]
    yield f"POST {stage.receiver.url}  received once, delivery {delivered['id']}"
    yield "   " + ", ".join(f"{name}: {_brief(value)}" for name, value in report.items() if name in REPORTED)
    told = set(iter_leaves(delivered))
    export = sample_tree("riverside-plan.json")
    kept_back = [export["case"], export["referrals"], export["attendance"]["clinicalComment"]]
    clinical = [words for words in iter_leaves(kept_back) if _is_sentence(words) and words in told]
    yield f"   labels: {', '.join(delivered['labels'])}; under {delivered['consent']}"
    yield f"   sentences of the plan, the referrals and the clinical comment in it: {len(clinical)}"
    expect(not clinical, "nothing clinical in what probation was sent")


# -- what goes wrong, and what can be told afterwards


def broken_record_is_parked(stage: Stage) -> Lines:
    """A broken record is acknowledged, kept whole, and answered once with every field and rule."""
    answer, outcome = hand_in(stage, stage.clients[NORTHMOOR.id], "transition", "northmoor-release-broken.json")
    yield http_line(answer, "it is kept as it came")
    expect(outcome["state"] == "parked" and not outcome["resources"], "the broken record is parked and stored nowhere")
    paths = [issue["path"] for issue in outcome["issues"]]
    for field in BROKEN_FIELDS:
        expect(any(field in path for path in paths), f"one answer that names {field} too, not only {paths}")
    yield f"GET {_path(answer.headers['Location'], stage)} → parked, {len(paths)} findings in one answer:"
    for issue in outcome["issues"]:
        yield f"   {issue['code']} {issue['path']}: {issue['message']} [{issue['rule']}]"


def queue_is_listed(stage: Stage) -> Lines:
    """What waits for a person."""
    items = json.loads(stage.command("queue", "list", "--json"))["items"]
    yield "$ fhirbridge queue list"
    for item in items:
        yield f"   {item['id']}  {item['partner']}  {item['kind']}  {item['state']}: {item['reason']}"
    expect([item["state"] for item in items] == ["parked"], "one parked message in the queue, and nothing else")


def element_is_explained(stage: Stage) -> Lines:
    """Where one element of the CarePlan came from."""
    told = stage.command("explain", f"CarePlan/{stage.notes['careplan']}", EXPLAINED).splitlines()
    yield f"$ fhirbridge explain CarePlan/{stage.notes['careplan']} {EXPLAINED}"
    text = "\n".join(told)
    expect("records/plan.yaml:" in text and "riverside" in text, "the map file, its line, and the agency's own field")
    yield from (f"   {line}" for line in told)


def ledger_is_printed(stage: Stage) -> Lines:
    """Who got what, when, under which consent; who was refused."""
    entries = json.loads(stage.command("ledger", "list", "--json"))["items"]
    yield "$ fhirbridge ledger list"
    for entry in entries:
        basis = entry["consent"].replace("/_history/", " v") or "no consent covers it"
        who = f"{entry['at'][:16].replace('T', ' ')}  {entry['recipient']:<17} {entry['purpose']:<6}"
        yield f"   {who} {entry['outcome']:<7} row {entry['row']:<2} {basis}"
    told = {(entry["recipient"], entry["outcome"]) for entry in entries}
    expect(any(who == LAKESIDE.id and what in DISCLOSED for who, what in told), "a disclosure to Lakeside General")
    expect(any(who == PROBATION.id and what in DISCLOSED for who, what in told), "a disclosure to County Probation")
    expect(any(who == HILLCREST.id and what not in DISCLOSED for who, what in told), "a refusal to Hillcrest Infirmary")
    expect(not any(who == HILLCREST.id and what in DISCLOSED for who, what in told), "nothing disclosed to Hillcrest")
    stage.command("ledger", "verify")
    yield "$ fhirbridge ledger verify → the chain is whole"


# -- small words


def ask_for_plan(stage: Stage, client: PartnerClient, *, value: str = "") -> requests.Response:
    """Ask for the CarePlans of a client by identifier, with goals and referrals."""
    system, number = CLIENT
    return client.get("/fhir/CarePlan", **{"patient.identifier": f"{system}|{value or number}"}, _include=INCLUDES)


def _path(url: str, stage: Stage) -> str:
    return url.removeprefix(stage.base_url)


def _shape(answer: requests.Response) -> tuple[int, dict[str, str], str]:
    """Return status, headers and body, without the address that was asked and what is new in every answer."""
    tree = {name: value for name, value in answer.json().items() if name not in ("link", "id", "timestamp", "meta")}
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return answer.status_code, headers | dict.fromkeys(OWN_HEADERS & headers.keys(), ""), canonical(tree)


def _brief(value: object) -> str:
    """Return a value of a report in a few characters; a list of tests by its outcomes."""
    return ", ".join(str(each["outcome"]) for each in value) if isinstance(value, list) else str(value)


def _is_sentence(leaf: object) -> bool:
    return isinstance(leaf, str) and len(leaf.split()) >= WORDS


STEPS: tuple[Step, ...] = (
    Step("Riverside Recovery hands in a plan with referrals and two consents, in its own format", agency_hands_in),
    Step("Northmoor Correctional Center pushes a release record, and pushes it again", prison_pushes),
    Step("Riverside Recovery hands in the discharge summary", discharge_is_handed_in),
    Step("Lakeside General Hospital, named by the consent, asks for the plan", hospital_asks),
    Step("Hillcrest Infirmary, not named, asks the same", other_hospital_asks),
    Step("County Probation is sent the monitoring set", probation_is_sent),
    Step("Northmoor Correctional Center pushes a broken record", broken_record_is_parked),
    Step("It waits in the queue, whole, until somebody deals with it", queue_is_listed, is_over_http=False),
    Step("An analyst asks where one element came from", element_is_explained, is_over_http=False),
    Step("The ledger: who got what, when, under which consent; who was refused", ledger_is_printed, is_over_http=False),
)
