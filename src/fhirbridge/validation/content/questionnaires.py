"""The rules of Questionnaire, and of a QuestionnaireResponse against the questionnaire it answers, where that is here.

Source: http://hl7.org/fhir/R4/questionnaire.html, http://hl7.org/fhir/R4/questionnaireresponse.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fhirbridge.validation.structure.faults import Faults, Kind, note

Tree = dict[str, Any]

NO_QUESTION = Kind("questionnaire-enable", "enableWhen names a question that the questionnaire does not have.")
ITSELF = Kind("questionnaire-enable", "An item cannot depend on its own answer.")
LATER = Kind("questionnaire-enable", "enableWhen names a question that comes after the item.", "warning")
NOT_CHECKED = Kind("not-checked", "Not checked: the questionnaire is not here.", "information")
NO_ITEM = Kind("response-item", "The questionnaire has no such item here.")
NEEDS_ANSWER = Kind("response-required", "The questionnaire demands an answer to a required question.")
ONE_ANSWER = Kind("response-repeats", "The question takes one answer.")
NO_ANSWER = Kind("response-answer", "A group or display item has no answer.")
NO_ITEMS = Kind("response-group", "A group's items stand in item, not below an answer.")
TYPE = Kind("response-type", "The answer is not of the type that the question asks for.")
OPTION = Kind("response-option", "The answer is none of those that the question offers.")

_TYPES = {
    "boolean": ("valueBoolean",), "decimal": ("valueDecimal",), "integer": ("valueInteger",), "date": ("valueDate",),
    "dateTime": ("valueDateTime",), "time": ("valueTime",), "string": ("valueString",), "text": ("valueString",),
    "url": ("valueUri",), "choice": ("valueCoding", "valueString", "valueDate", "valueTime", "valueInteger"),
    "open-choice": ("valueCoding", "valueString", "valueDate", "valueTime", "valueInteger"),
    "attachment": ("valueAttachment",), "reference": ("valueReference",), "quantity": ("valueQuantity",),
}  # fmt: skip


def _items(value: Any, name: str) -> list[Tree]:
    items = value.get(name)
    return [item if isinstance(item, dict) else {} for item in items] if isinstance(items, list) else []


# -- the questionnaire itself


def questionnaire(faults: Faults | None, value: Tree, state: Any) -> Faults | None:
    """Add what is wrong with a Questionnaire as a whole."""
    listed = list(_iter_items(value, ""))
    links = [each.get("linkId") for _, each in listed]
    places = {link: place for place, link in enumerate(links) if isinstance(link, str)}
    for place, (piece, each) in enumerate(listed):
        for index, rule in enumerate(_items(each, "enableWhen")):
            for kind in _enabled(rule.get("question"), place, places):
                faults = note(faults, f"{piece}.enableWhen[{index}].question", kind)
    return faults


def _iter_items(tree: Tree, piece: str) -> Iterator[tuple[str, Tree]]:
    for index, each in enumerate(_items(tree, "item")):
        at = f"{piece}.item[{index}]"
        yield at, each
        yield from _iter_items(each, at)


def _enabled(question: Any, place: int, places: dict[Any, int]) -> Iterator[Kind]:
    if not isinstance(question, str):
        return
    if question not in places:
        yield NO_QUESTION
    elif places[question] == place:
        yield ITSELF
    elif places[question] > place:
        yield LATER


# -- the answers


def response(faults: Faults | None, value: Tree, state: Any) -> Faults | None:
    """Add where a QuestionnaireResponse does not answer what its questionnaire asks."""
    named = value.get("questionnaire")
    if not isinstance(named, str):
        return faults
    asked = state.resolve(named)
    if not isinstance(asked, dict) or asked.get("resourceType") != "Questionnaire":
        return note(faults, ".questionnaire", NOT_CHECKED)
    is_final = value.get("status") in ("completed", "amended")
    for piece, kind in _answers(asked, value, "", is_final=is_final):
        faults = note(faults, piece, kind)
    return faults


def _answers(asked: Tree, given: Tree, piece: str, *, is_final: bool) -> Iterator[tuple[str, Kind]]:
    """Yield the faults of the items of a group, question or answer."""
    questions = {each["linkId"]: each for each in _items(asked, "item") if isinstance(each.get("linkId"), str)}
    answered: set[str] = set()
    for index, item in enumerate(_items(given, "item")):
        link = item.get("linkId")
        question = questions.get(link) if isinstance(link, str) else None
        if question is None:
            yield f"{piece}.item[{index}]", NO_ITEM
            continue
        answered.add(str(link))
        yield from _item(question, item, f"{piece}.item[{index}]", is_final=is_final)
    if is_final:
        for link, question in questions.items():
            if question.get("required") is True and link not in answered and "enableWhen" not in question:
                yield piece, NEEDS_ANSWER


def _item(question: Tree, item: Tree, piece: str, *, is_final: bool) -> Iterator[tuple[str, Kind]]:
    answers = _items(item, "answer")
    if question.get("type") in ("group", "display"):
        if answers:
            yield f"{piece}.answer", NO_ANSWER
        yield from _answers(question, item, piece, is_final=is_final)
        return
    if "item" in item:
        yield f"{piece}.item", NO_ITEMS
    if len(answers) > 1 and question.get("repeats") is not True:
        yield f"{piece}.answer", ONE_ANSWER
    for index, answer in enumerate(answers):
        for kind in _answer(question, answer):
            yield f"{piece}.answer[{index}]", kind
        if "item" in answer:
            yield from _answers(question, answer, f"{piece}.answer[{index}]", is_final=is_final)


def _answer(question: Tree, answer: Tree) -> Iterator[Kind]:
    key = next((key for key in answer if isinstance(key, str) and key.startswith("value")), None)
    type_ = question.get("type")
    if key is None or not isinstance(type_, str) or type_ not in _TYPES:
        return
    if key not in _TYPES[type_] or (type_ == "choice" and key == "valueString" and _has_codes(question)):
        yield TYPE
    elif type_ == "choice" and not _is_offered(question, key, answer[key]):
        yield OPTION


def _has_codes(question: Tree) -> bool:
    options = _items(question, "answerOption")
    return bool(options) and all("valueCoding" in option for option in options)


def _is_offered(question: Tree, key: str, value: Any) -> bool:
    options = _items(question, "answerOption")
    if not options:
        return True
    return any(key in option and _is_same(option[key], value) for option in options)


def _is_same(offered: Any, value: Any) -> bool:
    if isinstance(offered, dict) and isinstance(value, dict):
        return all(offered.get(name) == value.get(name) for name in ("system", "code"))
    return bool(offered == value)
