"""Bound paths and expressions spelt again as a map writes them, for those who read and not for those who run."""

from __future__ import annotations

from decimal import Decimal

from fhirbridge.mapping.expressions import (
    Compare,
    Constant,
    Count,
    Exists,
    Expression,
    Join,
    Logic,
    Not,
    Path,
    Within,
)
from fhirbridge.mapping.steps import Scalar, Step, Steps


def path_text(steps: Steps) -> str:
    """Return a path as a map writes it: `goals[].objectives[0].due`."""
    return ".".join(_step_text(step) for step in steps)


def _step_text(step: Step) -> str:
    where = "".join(f"[{path_text(each.steps)}={each.value}]" for each in step.where)
    index = f"[{step.index}]" if step.index is not None else ""
    return f"{step.name}{where}{index}{'[]' if step.each else ''}"


def literal_text(value: Scalar | Decimal) -> str:
    """Return a constant as a map writes it: text in quotes.

    >>> literal_text("plan"), literal_text(True), literal_text(3)
    ("'plan'", 'true', '3')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"'{value}'" if isinstance(value, str) else str(value)


def expression_text(expression: Expression) -> str:
    """Return an expression as a map writes it; brackets stand where they are needed to read it the same way."""
    match expression:
        case Path(variable=variable, steps=steps, take=take):
            text = ".".join([variable, *([path_text(steps)] if steps else [])])
            return text if take == "all" else f"{text}.{take}()"
        case Constant(value=value):
            return literal_text(value)
        case Compare(operator=operator, left=left, right=right):
            return f"{expression_text(left)} {operator} {expression_text(right)}"
        case Within(of=of, options=options):
            return f"{expression_text(of)} in ({', '.join(literal_text(each) for each in options)})"
        case Logic(operator=word, parts=parts):
            return f" {word} ".join(_inner(part) for part in parts)
        case Join(parts=parts):
            return " & ".join(_inner(part) for part in parts)
    return _call_text(expression)


def _call_text(expression: Expression) -> str:
    match expression:
        case Not(of=of):
            return f"not {_inner(of)}"
        case Exists(of=of):
            return f"{expression_text(of)}.exists()"
        case Count(of=of):
            return f"{expression_text(of)}.count()"
    raise TypeError(type(expression).__name__)


def _inner(expression: Expression) -> str:
    text = expression_text(expression)
    return f"({text})" if isinstance(expression, Logic | Join) else text
