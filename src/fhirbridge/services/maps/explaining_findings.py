"""The documentation page of a finding: from the package where it is installed, from `docs/` in a checkout."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

from fhirbridge.errors import NotFound
from fhirbridge.mapping.findings import RULES, did_you_mean
from fhirbridge.services.definitions import find_defaults

MORE = "https://fhirbridge.org/docs/findings"
"""Where the pages stand on the web."""
_FENCED = re.compile(r"^```\w*(?P<info>[^\n]*)\n(?P<body>.*?)^```\n", re.M | re.S)
_ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')
_TOLD = {"file": "# the file {}", "replaces": "# in place of the line with: {}", "after": "# below the line with: {}"}
"""What stands behind the fence of a sample -> how it is told."""


def find_pages() -> Path:
    """Return the folder of the pages."""
    defaults = find_defaults()
    in_wheel = defaults / "findings"
    return in_wheel if in_wheel.is_dir() else defaults / "docs" / "findings"


def read_page(code: str) -> str:
    """Return the page of a finding's code, in Markdown.

    Raises:
        NotFound: there is no such code.
    """
    known = code.upper()
    page = find_pages() / f"{known}.md"
    if known not in RULES or not page.is_file():
        raise NotFound(f"There is no finding {code}. {_near(known)}".strip())
    return page.read_text("utf-8")


def explain_finding(code: str) -> str:
    """Return the page of a finding's code as a terminal shows it: samples set in, each told what it is put into.

    Raises:
        NotFound: there is no such code.
    """
    return _FENCED.sub(_set_in, read_page(code))


def _set_in(block: re.Match[str]) -> str:
    told = dict(_ATTRIBUTE.findall(block["info"]))
    where = next((text.format(told[name]) for name, text in _TOLD.items() if name in told), "")
    return textwrap.indent("\n".join(filter(None, (where, block["body"].rstrip("\n")))), "    ") + "\n"


def _near(code: str) -> str:
    hint = did_you_mean(code, RULES)
    return f"{hint[:1].upper()}{hint[1:]}" if hint else "Codes are FB101 to FB279; docs/findings lists them."
