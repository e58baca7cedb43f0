"""A StructureMap as text in FHIR's mapping language.

Source: http://hl7.org/fhir/R4/mapping-language.html
"""

from __future__ import annotations

from collections.abc import Iterator

from fhirbridge.mapping.export.structure import Group, Parameter, Rule, Source, Structure, Target, Variable

_INDENT = "  "
_ESCAPES = str.maketrans({"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def format_fml(structure: Structure) -> str:
    """Return the text of a map; every line of documentation is a comment."""
    return "\n".join([*_head(structure), *(line for group in structure.groups for line in _group(group)), ""])


def quoted(text: str) -> str:
    """Return a text as a string of the mapping language and of FHIRPath.

    >>> print(quoted("the client's"))
    'the client\\'s'
    """
    return f"'{text.translate(_ESCAPES)}'"


def _head(structure: Structure) -> Iterator[str]:
    yield from _comment(structure.documentation)
    yield f'map "{structure.url}" = "{structure.name}"'
    yield ""
    for uses in structure.uses:
        yield f'uses "{uses.url}" alias {uses.alias} as {uses.mode}'


def _comment(text: str, indent: str = "") -> Iterator[str]:
    for line in text.splitlines():
        yield f"{indent}// {line}".rstrip()


def _group(group: Group) -> Iterator[str]:
    inputs = ", ".join(f"{each.mode} {each.name}" + (f" : {each.type}" if each.type else "") for each in group.inputs)
    yield ""
    yield from _comment(group.documentation)
    yield f"group {group.name}({inputs}) {{"
    for rule in group.rules:
        yield from _rule(rule, _INDENT)
    yield "}"


def _rule(rule: Rule, indent: str) -> Iterator[str]:
    yield from _comment(rule.documentation, indent)
    line = ", ".join(_source(source) for source in rule.sources)
    if rule.targets:
        line += " -> " + ", ".join(_target(target) for target in rule.targets)
    if rule.call:
        line += f" then {rule.call.group}({', '.join(rule.call.variables)})"
    if not rule.rules:
        yield f'{indent}{line} "{rule.name}";'
        return
    yield f"{indent}{line} then {{"
    for inner in rule.rules:
        yield from _rule(inner, indent + _INDENT)
    yield f'{indent}}} "{rule.name}";'


def _source(source: Source) -> str:
    words = [f"{source.context}.{source.element}" if source.element else source.context]
    words += [f": {source.type}"] if source.type else []
    words += [source.mode] if source.mode else []
    words += [f"as {source.variable}"] if source.variable else []
    words += [f"where ({source.condition})"] if source.condition else []
    words += [f"check ({source.check})"] if source.check else []
    return " ".join(words)


def _target(target: Target) -> str:
    text = f"{target.context}.{target.element}"
    if target.transform:
        text += f" = {_transform(target)}"
    return f"{text} as {target.variable}" if target.variable else text


def _transform(target: Target) -> str:
    parameters = [_parameter(each) for each in target.parameters]
    return parameters[0] if target.transform == "copy" else f"{target.transform}({', '.join(parameters)})"


def _parameter(parameter: Parameter) -> str:
    if isinstance(parameter, Variable):
        return parameter.name
    if isinstance(parameter, bool):
        return "true" if parameter else "false"
    return quoted(parameter) if isinstance(parameter, str) else str(parameter)
