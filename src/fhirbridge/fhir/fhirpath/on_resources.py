"""Functions that FHIR adds: extensions, references, value sets, profiles, narrative.

What the scene does not know is not judged; only a reference that names the type it leads to can be asked for that type.
Source: http://hl7.org/fhir/R4/fhirpath.html#functions
"""

from __future__ import annotations

from typing import Any

from fhirbridge.fhir.elements import is_primitive, is_resource
from fhirbridge.fhir.fhirpath.faults import NotJudged
from fhirbridge.fhir.fhirpath.nodes import UNSEEN, Node, Nodes, children_of, node_of
from fhirbridge.fhir.fhirpath.on_collections import Simple
from fhirbridge.fhir.fhirpath.on_texts import text
from fhirbridge.fhir.fhirpath.scene import Scene
from fhirbridge.fhir.fhirpath.types import is_a, is_known
from fhirbridge.fhir.fhirpath.work import Env, single, truth
from fhirbridge.fhir.references import find_literal

_PROFILES = "http://hl7.org/fhir/StructureDefinition/"


def has_value(node: Node) -> bool:
    """Say whether a node is a primitive with a value, not only extensions."""
    return node.value is not None and (node.type.startswith("System.") or is_primitive(node.type))


def _has_value(env: Env, focus: Nodes) -> Nodes:
    return truth(len(focus) == 1 and has_value(focus[0]))


def _get_value(env: Env, focus: Nodes) -> Nodes:
    return [each for node in focus[:1] if len(focus) == 1 and has_value(node) for each in children_of(node, "value")]


def _extension(env: Env, focus: Nodes, url: Nodes) -> Nodes:
    wanted = text(url)
    found = (extension for node in focus for extension in children_of(node, "extension"))
    return [extension for extension in found if extension.value.get("url") == wanted]


# -- references


def _resolve(env: Env, focus: Nodes) -> Nodes:
    return [found for node in focus if (found := find_target(node.type, node.value, env.work.scene)) is not None]


def find_target(type_: str, value: Any, scene: Scene) -> Node | None:
    """Return the resource a reference leads to, by its type alone where no more is known; None where it leads nowhere.

    Raises:
        NotJudged: neither the resource nor its type is known.
    """
    reference = value.get("reference") if isinstance(value, dict) else value
    named = value.get("type") if isinstance(value, dict) else None
    if isinstance(reference, str):
        found = _contained(reference, scene) if reference.startswith("#") else scene.resolve(reference)
        if found is not None:
            return node_of("Resource", found)
        literal = find_literal(reference)
        named = literal.type if literal else named
    if isinstance(named, str) and is_resource(named):
        return Node(named, UNSEEN)
    if isinstance(reference, str) and not scene.skips_lost:
        raise NotJudged("resolve")
    return None


def _contained(reference: str, scene: Scene) -> dict[str, Any] | None:
    around = scene.root or scene.resource
    if around is None or reference == "#":
        return around
    contained = around.get("contained")
    items = contained if isinstance(contained, list) else []
    return next((item for item in items if isinstance(item, dict) and item.get("id") == reference[1:]), None)


# -- what others know


def _member_of(env: Env, focus: Nodes, value_set: Nodes) -> Nodes:
    node, url = single(focus), text(value_set)
    if node is None or url is None:
        return []
    answer = env.work.scene.member_of(node.value, url)
    if answer is None:
        raise NotJudged("terminology")
    return truth(answer)


def _conforms_to(env: Env, focus: Nodes, profile: Nodes) -> Nodes:
    node, canonical = single(focus), text(profile)
    if node is None or canonical is None:
        return []
    if canonical.startswith(_PROFILES) and is_known(canonical.removeprefix(_PROFILES)):
        return truth(is_a(node.type, canonical.removeprefix(_PROFILES)))
    answer = env.work.scene.conforms_to(node.value, canonical) if isinstance(node.value, dict) else None
    if answer is None:
        raise NotJudged("profile")
    return truth(answer)


def _html_checks(env: Env, focus: Nodes) -> Nodes:
    found = text(focus)
    answer = env.work.scene.is_narrative(found) if found is not None else True
    if answer is None:
        raise NotJudged("narrative")
    return truth(answer)


def _check_modifiers(env: Env, focus: Nodes, *urls: Nodes) -> Nodes:
    """Return the input, unless it has a modifier extension that is not among the ones named."""
    known = {text(url) for url in urls}
    found = (extension for node in focus for extension in children_of(node, "modifierExtension"))
    if any(extension.value.get("url") not in known for extension in found):
        raise NotJudged("expression")
    return focus


def _terminology(env: Env, focus: Nodes, *arguments: Nodes) -> Nodes:
    raise NotJudged("terminology")


RESOURCES: dict[str, tuple[int, int, Simple]] = {
    "hasValue": (0, 0, _has_value),
    "getValue": (0, 0, _get_value),
    "extension": (1, 1, _extension),
    "resolve": (0, 0, _resolve),
    "memberOf": (1, 1, _member_of),
    "subsumes": (1, 1, _terminology),
    "subsumedBy": (1, 1, _terminology),
    "conformsTo": (1, 1, _conforms_to),
    "htmlChecks": (0, 0, _html_checks),
    "checkModifiers": (1, 9, _check_modifiers),
}
"""Name: fewest and most arguments, function."""
