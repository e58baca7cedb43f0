"""The results of tests as JUnit XML, as continuous integration reads it. No value of a test is in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring  # written, never read

from fhirbridge.mapping.findings import printable
from fhirbridge.services.maps.testing_results import Failure, Result, TestReport


def as_junit(report: TestReport) -> bytes:
    """Return a JUnit XML document: a suite for each map, a case for each test and law."""
    root = Element("testsuites", {"name": "fhirbridge test", **_counts(report.results)})
    for name in dict.fromkeys(result.map for result in report.results):
        own = [result for result in report.results if result.map == name]
        suite = SubElement(root, "testsuite", {"name": printable(name), **_counts(own)})
        for result in own:
            _add_case(suite, result)
    indent(root)
    text: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _counts(results: Sequence[Result]) -> dict[str, str]:
    failed = sum(not result.passed for result in results)
    seconds = sum(result.seconds for result in results)
    return {"tests": str(len(results)), "failures": str(failed), "errors": "0", "time": f"{seconds:.3f}"}


def _add_case(suite: Element, result: Result) -> None:
    file, _, line = result.place.partition(":")
    attributes = {
        "classname": printable(result.map),
        "name": printable(result.name),
        "time": f"{result.seconds:.3f}",
        "file": file,
    }
    case = SubElement(suite, "testcase", attributes | ({"line": line.partition(":")[0]} if line else {}))
    if not result.passed:
        first = result.failures[0]
        failure = SubElement(case, "failure", message=_line(first), type=first.kind)
        failure.text = "\n".join(_lines(result.failures))


def _lines(failures: Iterable[Failure]) -> list[str]:
    return [f"{failure.place}: {_line(failure)}" for failure in failures]


def _line(failure: Failure) -> str:
    return printable(f"{failure.path}: {failure.kind}")
