"""Questionnaires, and answers against the questionnaire that is here."""

from __future__ import annotations

from typing import Any

import pytest

from fhirbridge.validation.check import check

Tree = dict[str, Any]

MOOD: Tree = {"linkId": "mood", "type": "choice", "required": True, "answerOption": [{"valueCoding": {"code": "calm"}}]}
SLEEP: Tree = {
    "linkId": "sleep",
    "type": "integer",
    "enableWhen": [{"question": "mood", "operator": "exists", "answerBoolean": True}],
}
ABOUT: Tree = {"linkId": "about", "type": "group", "item": [{"linkId": "why", "type": "string"}]}


def questionnaire(*items: Tree) -> Tree:
    return {"resourceType": "Questionnaire", "id": "q", "status": "active", "item": list(items)}


def said(resource: Tree) -> set[tuple[str, str]]:
    name = resource["resourceType"]
    found = check(resource, profiles=False)
    return {(i.expression.removeprefix(name), i.rule) for i in found if i.rule not in ("dom-6", "code-system-missing")}


def test_a_questionnaire_depends_on_questions_that_it_has() -> None:
    assert said(questionnaire(MOOD, SLEEP)) == set()
    assert said(questionnaire(SLEEP)) == {(".item[0].enableWhen[0].question", "questionnaire-enable")}
    assert said(questionnaire(SLEEP, MOOD)) == {(".item[0].enableWhen[0].question", "questionnaire-enable")}
    self_ = {**SLEEP, "linkId": "mood"}
    assert said(questionnaire(self_)) == {(".item[0].enableWhen[0].question", "questionnaire-enable")}


def answers(*items: Tree, status: str = "completed") -> Tree:
    return {
        "resourceType": "QuestionnaireResponse",
        "contained": [questionnaire(MOOD, SLEEP, ABOUT)],
        "questionnaire": "#q",
        "status": status,
        "item": list(items),
    }


CALM: Tree = {"linkId": "mood", "answer": [{"valueCoding": {"code": "calm"}}]}


@pytest.mark.parametrize(
    ("items", "found"),
    [
        ([CALM, {"linkId": "sleep", "answer": [{"valueInteger": 7}]}], set()),
        ([CALM, {"linkId": "about", "item": [{"linkId": "why", "answer": [{"valueString": "rest"}]}]}], set()),
        ([{"linkId": "sleep", "answer": [{"valueInteger": 7}]}], {("", "response-required")}),
        ([CALM, {"linkId": "colour"}], {(".item[1]", "response-item")}),
        ([CALM, {"linkId": "sleep", "answer": [{"valueString": "7"}]}], {(".item[1].answer[0]", "response-type")}),
        ([CALM, {"linkId": "sleep", "answer": [{"valueInteger": 7}] * 2}], {(".item[1].answer", "response-repeats")}),
        (
            [{"linkId": "mood", "answer": [{"valueCoding": {"code": "low"}}]}],
            {(".item[0].answer[0]", "response-option")},
        ),
        ([{"linkId": "mood", "answer": [{"valueString": "calm"}]}], {(".item[0].answer[0]", "response-type")}),
        ([CALM, {"linkId": "about", "answer": [{"valueString": "x"}]}], {(".item[1].answer", "response-answer")}),
        ([CALM, {"linkId": "sleep", "item": [{"linkId": "x"}]}], {(".item[1].item", "response-group")}),
    ],
)
def test_answers_fit_the_questions(items: list[Tree], found: set[tuple[str, str]]) -> None:
    assert said(answers(*items)) == found


def test_answers_that_are_not_final_may_be_missing() -> None:
    assert said(answers({"linkId": "sleep"}, status="in-progress")) == set()


def test_items_below_an_answer_are_looked_at() -> None:
    asked = {**SLEEP, "enableWhen": None, "item": [{"linkId": "how", "type": "string"}]}
    tree = answers()
    tree["contained"] = [questionnaire({name: value for name, value in asked.items() if value})]
    answer = {"valueInteger": 7, "item": [{"linkId": "how", "answer": [{"valueString": "well"}]}, {"linkId": "x"}]}
    tree["item"] = [{"linkId": "sleep", "answer": [answer]}]
    assert said(tree) == {(".item[0].answer[0].item[1]", "response-item")}


def test_a_questionnaire_that_is_elsewhere_is_not_checked_against() -> None:
    tree = {"resourceType": "QuestionnaireResponse", "questionnaire": "https://a.example/q", "status": "completed"}
    assert said(tree) == {(".questionnaire", "not-checked")}
