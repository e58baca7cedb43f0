"""docs/api.md describes each route, docs/cli.md each command, docs/glossary.md each word once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click
import pytest
from flask import Flask

from fhirbridge.cli.root import COMMANDS, MODULES
from fhirbridge.web.app import BLUEPRINTS

DOCS = Path(__file__).parents[2] / "docs"


def routes() -> set[str]:
    app = Flask("routes", static_folder=None)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    return {
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
        if method not in ("HEAD", "OPTIONS")
    }


def headings(name: str) -> list[str]:
    return re.findall(r"^#{2,3} (.+)$", (DOCS / name).read_text(encoding="utf-8"), re.MULTILINE)


def commands() -> Iterator[str]:
    for name in COMMANDS:
        command = import_module(MODULES[name]).command
        if isinstance(command, click.Group):
            yield from (f"fhirbridge {name} {sub}" for sub in command.commands)
        else:
            yield f"fhirbridge {name}"


def test_each_route_is_documented_and_no_other() -> None:
    documented = {heading for heading in headings("api.md") if heading.split()[0] in ("GET", "POST", "PUT")}
    assert documented == routes()


@pytest.mark.parametrize("name", list(commands()))
def test_each_command_is_documented(name: str) -> None:
    assert any(heading.split(" [")[0].startswith(name) for heading in headings("cli.md"))


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_of_commands_tells_what_the_command_tells(name: str) -> None:
    assert COMMANDS[name].endswith(".")
    assert import_module(MODULES[name]).command.help.strip()


def test_the_glossary_has_each_word_once() -> None:
    words = re.findall(r"^\| ([^|]+?) \|", (DOCS / "glossary.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(words) == len(set(words))
