"""Is an objective SMART: specific, measurable, attainable, relevant, time-limited? What of that a program can tell.

Only form is judged: a number or a frequency makes an objective measurable, words such as "try" leave open what is done,
dates must fit each other. Whether it is attainable and matters to the client only people can say. For English only.
Source: RULE_SOURCES["smart"], RULE_SOURCES["service-plan"]
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

from fhirbridge.records import Plan
from fhirbridge.records.goals import Objective
from fhirbridge.times import first_day, last_day
from fhirbridge.validation.quality.model import Places, Subject

LONGEST_SPAN = timedelta(days=366)
"""An objective is a step: what takes longer than a year is a goal with steps of its own."""

_MEASURABLE = re.compile(
    r"\d|\b(?:once|twice|daily|weekly|monthly|every|each|per|all|none|no|zero|one|two|three|four|five|six|seven"
    r"|eight|nine|ten|half|quarter|percent|signed|passed|kept|attended|completed|obtained|enrolled|moved)\b",
    re.IGNORECASE,
)
_OPEN = re.compile(
    r"\b(?:try(?:ing)?|attempt|improve|better|understand|aware|awareness|realize|realise|appreciate|feel|think about"
    r"|consider|work on|explore|process|cope|deal with|as needed|when possible|more often|less often|stay motivated)\b",
    re.IGNORECASE,
)


def _is_unmeasured(objective: Objective) -> bool:
    return not _MEASURABLE.search(f"{objective.text} {objective.measure} {objective.target or ''}")


def _is_open(objective: Objective) -> bool:
    return bool(_OPEN.search(objective.text)) and not _MEASURABLE.search(objective.text)


def _has_no_date(objective: Objective) -> bool:
    return objective.due is None


def _is_backwards(objective: Objective) -> bool:
    dates = objective.established, objective.due
    return bool(dates[0] and dates[1]) and last_day(dates[1] or "") < first_day(dates[0] or "")


def _is_too_long(objective: Objective) -> bool:
    dates = objective.established, objective.due
    return bool(dates[0] and dates[1]) and first_day(dates[1] or "") - last_day(dates[0] or "") > LONGEST_SPAN


def _where(test: Callable[[Objective], bool], field: str) -> Places:
    def places(subject: Subject) -> Iterator[str]:
        return (f"{path}.{field}" for path, objective in _objectives(subject.record) if test(objective))

    return places


def _objectives(plan: object) -> Iterator[tuple[str, Objective]]:
    for i, goal in enumerate(plan.goals if isinstance(plan, Plan) else ()):
        for j, objective in enumerate(goal.objectives):
            yield f"goals[{i}].objectives[{j}]", objective


def _beyond_plan(subject: Subject) -> Iterator[str]:
    """Yield objectives that are to be reached after the period that the plan covers."""
    plan = subject.record
    if isinstance(plan, Plan) and plan.period_end:
        for path, objective in _objectives(plan):
            if objective.due and first_day(objective.due) > last_day(plan.period_end):
                yield f"{path}.due"


unmeasured: Places = _where(_is_unmeasured, "measure")
left_open: Places = _where(_is_open, "text")
without_date: Places = _where(_has_no_date, "due")
backwards: Places = _where(_is_backwards, "due")
too_long: Places = _where(_is_too_long, "due")
beyond_plan: Places = _beyond_plan
