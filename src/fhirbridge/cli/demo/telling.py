"""How the story is told: numbered steps, the HTTP line, the essential answer. No dumps.

Every fact that is printed was read from an answer; what did not turn out as told ends the story.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import click
import requests

WIDTH = 112


class StoryFault(Exception):
    """Something did not turn out as told; the message says what was expected."""


def expect(holds: object, expected: str) -> None:
    """Go on when it holds.

    Raises:
        StoryFault: it does not; the message is what was expected.
    """
    if not holds:
        raise StoryFault(f"expected: {expected}")


@dataclass(slots=True)
class Teller:
    """Prints the story as it happens."""

    count: int = 0

    def open(self, title: str) -> None:
        """Print the title of the whole story."""
        click.echo(click.style(title, bold=True))

    def step(self, title: str) -> None:
        """Print the title of the next step."""
        self.count += 1
        click.echo(click.style(f"\n{self.count:>2}  {title}", fg="cyan", bold=True))

    def line(self, text: str) -> None:
        """Print one line of a step, wrapped to a width that a terminal has."""
        words = text.lstrip(" ")
        indent = " " * (4 + len(text) - len(words))
        wrapper = textwrap.TextWrapper(WIDTH, indent, indent + "    ", break_long_words=False, break_on_hyphens=False)
        click.echo(wrapper.fill(words))


def http_line(answer: requests.Response, *more: str) -> str:
    """Return the HTTP line of an exchange: method, address, status, and what is worth telling of the answer."""
    request = answer.request
    path = unquote(request.path_url or "").replace("&", " &")
    status = f"{answer.status_code} {answer.reason or ''}".strip()
    return " · ".join([f"{request.method} {path} → {status}", *more])


def iter_leaves(tree: Any) -> Iterator[Any]:
    """Yield every leaf of a tree."""
    if isinstance(tree, dict):
        for value in tree.values():
            yield from iter_leaves(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from iter_leaves(value)
    else:
        yield tree


def canonical(tree: Any) -> str:
    """Return a tree as text that is the same for equal trees."""
    return json.dumps(tree, sort_keys=True, ensure_ascii=False)
