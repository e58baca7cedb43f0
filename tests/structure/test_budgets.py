"""The budgets of the house: short functions, short files, few parameters, no import hidden in a function."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import median, quantiles

SOURCE = Path(__file__).parents[2] / "src" / "fhirbridge"

MAX_FUNCTION_LINES = 60
MEDIAN_FUNCTION_LINES = 8
P90_FUNCTION_LINES = 30
MAX_FILE_LINES = 500
MEDIAN_FILE_LINES = 150
MAX_PARAMETERS = 5

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def trees() -> dict[Path, ast.Module]:
    return {path: ast.parse(path.read_text("utf-8")) for path in sorted(SOURCE.rglob("*.py"))}


def functions() -> Iterator[tuple[str, Function]]:
    for path, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, Function):
                yield f"{path.relative_to(SOURCE)}:{node.lineno} {node.name}", node


def code_lines(node: Function) -> int:
    """Return how many lines a function's code has, without decorators and docstring."""
    body = node.body
    if ast.get_docstring(node, clean=False) is not None:
        body = body[1:]
    if not body:
        return 1
    return (body[-1].end_lineno or body[-1].lineno) - body[0].lineno + 2


def test_no_function_is_too_long() -> None:
    assert [name for name, node in functions() if code_lines(node) > MAX_FUNCTION_LINES] == []


def test_most_functions_are_short() -> None:
    lengths = [code_lines(node) for _, node in functions()]
    assert median(lengths) <= MEDIAN_FUNCTION_LINES
    assert quantiles(lengths, n=10)[8] <= P90_FUNCTION_LINES


def test_no_file_is_too_long_and_most_are_short() -> None:
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in trees()}
    assert [path.name for path, count in lengths.items() if count > MAX_FILE_LINES] == []
    assert median(lengths.values()) <= MEDIAN_FILE_LINES


def test_no_function_takes_too_many_parameters() -> None:
    def count(node: Function) -> int:
        arguments = node.args
        names = [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
        return len([name for name in names if name not in ("self", "cls")])

    assert [name for name, node in functions() if count(node) > MAX_PARAMETERS] == []


def test_no_function_hides_an_import_of_ours() -> None:
    hidden = [
        name
        for name, node in functions()
        for inner in ast.walk(node)
        if isinstance(inner, ast.ImportFrom) and (inner.module or "").startswith("fhirbridge")
    ]
    assert hidden == []


def test_every_public_name_says_what_it_is() -> None:
    silent = [
        f"{path.relative_to(SOURCE)}:{node.lineno} {node.name}"
        for path, tree in trees().items()
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and ast.get_docstring(node) is None
    ]
    assert silent == []


def test_every_module_says_its_one_job() -> None:
    assert [str(path) for path, tree in trees().items() if tree.body and ast.get_docstring(tree) is None] == []
