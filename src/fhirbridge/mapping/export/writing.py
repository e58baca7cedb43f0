"""Values that go from places to places, written as rules: what shares an object or a list shares a rule.

It knows no direction: it reads along `reads` and writes along `writes`, whichever side that is.
Laws of this file: an object is made only where something is put into it; each item of a list makes an item of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from fhirbridge.mapping.export.changes import Case, Cases
from fhirbridge.mapping.export.fhirpath import equality, path_of
from fhirbridge.mapping.export.names import Names
from fhirbridge.mapping.export.parts import Part
from fhirbridge.mapping.export.structure import Rule, Source, Target
from fhirbridge.mapping.steps import Scalar

Below = Callable[[str, str], Iterable[Rule]]
"""From the variable of the value read and that of the object written to further rules in it."""


@dataclass(frozen=True, slots=True)
class Item:
    """One value to be written: read from a place, or a constant.

    Attributes:
        variable: where reading begins.
        cases: the transforms of what is read; nothing for a constant, and for an item that is only `below`.
        constant: the constant; `is_dependent`: it stands only beside something else.
        when: FHIRPath that must hold, over variables written with %.
        only: FHIRPath that must hold of what the first step of `reads` finds.
        below: rules to put into the object that `writes` names; None for a value.
    """

    variable: str
    reads: tuple[Part, ...]
    writes: tuple[Part, ...]
    cases: Cases | None = None
    constant: Scalar | None = None
    is_dependent: bool = False
    when: str = ""
    only: str = ""
    below: Below | None = None
    note: str = ""

    @property
    def is_read(self) -> bool:
        """Whether it is read from the source."""
        return self.constant is None

    @property
    def presence(self) -> str:
        """FHIRPath that holds when there is something to write; nothing: always."""
        found = f"%{self.variable}{path_of(self.reads)}.exists()" if self.is_read else ""
        parts = [part for part in (self.when, found) if part]
        return " and ".join(f"({part})" if len(parts) > 1 else part for part in parts)


@dataclass(slots=True)
class Writer:
    """Writes the rules of one group.

    Attributes:
        out_of_step: notes of rows that write one list from several, which rules cannot keep in step.
        unwritten: notes of rows for which no rule could be written.
    """

    names: Names
    rule_names: Names = field(default_factory=Names)
    out_of_step: list[str] = field(default_factory=list)
    unwritten: list[str] = field(default_factory=list)

    def rules(self, items: Sequence[Item], main: str, target: str) -> Iterator[Rule]:
        """Yield the rules that write items into a target.

        Args:
            main: the source variable that rules without a source of their own run on.
        """
        for part, group in _by_first(items):
            yield from self._step(part, group, main, target)

    def _step(self, part: Part, group: list[Item], main: str, target: str) -> Iterator[Rule]:
        ends = [item for item in group if len(item.writes) == 1 and item.below is None]
        if len(ends) == len(group):
            for item in ends:
                yield from self._alone([item], main, target)
        elif _is_simple(group):
            yield from self._alone(group, main, target)
        elif part.step.each:
            yield from self._each(part, group, target)
        else:
            yield self._object(part, group, main, target)

    # -- one value, with the constants beside it

    def _alone(self, group: Sequence[Item], main: str, target: str) -> Iterator[Rule]:
        value = next((item for item in group if item.is_read), None)
        if value is None:
            when = " and ".join(dict.fromkeys(f"({item.when})" for item in group if item.when))
            targets = tuple(self._targets(group, target, None))
            yield self._rule(group, (Source(main, condition=when),), targets)
            return
        for number, case in enumerate(value.cases("") if value.cases else ()):
            yield self._chain(value, case, number, group, target)

    def _chain(self, value: Item, case: Case, number: int, group: Sequence[Item], target: str) -> Rule:
        """Return the rule that reads a value step by step, and in its last step writes it with what stands beside."""

        def last(variable: str) -> tuple[tuple[Target, ...], tuple[Rule, ...]]:
            own = value.cases(variable)[number] if value.cases else case
            return tuple(self._targets(group, target, own)), ()

        return self._read(value, value.reads, group, last, last_condition=case.condition)

    def _read(
        self,
        item: Item,
        reads: Sequence[Part],
        group: Sequence[Item],
        last: Callable[[str], tuple[tuple[Target, ...], tuple[Rule, ...]]],
        *,
        last_condition: str = "",
    ) -> Rule:
        """Return nested rules that read along a path; the innermost does what `last` says with the value."""
        if not reads:
            condition = " and ".join(f"({each})" for each in (item.when, last_condition) if each)
            targets, rules = last(item.variable)
            return self._rule(group, (Source(item.variable, condition=condition),), targets, rules)
        sources, context = [], item.variable
        for position, part in enumerate(reads):
            condition = " and ".join(_conditions(item, part, position, last_condition if part is reads[-1] else ""))
            mode = "first" if part.is_list and part.step.index == 0 else ""
            type_ = part.type if part.is_choice or part.element == "resource" else ""
            name = self.names.fresh(part.element)
            sources.append(Source(context, part.element, type_, mode, name, condition))
            context = name
        targets, rules = last(context)
        rule = self._rule(group, (sources[-1],), targets, rules)
        for source in reversed(sources[:-1]):
            rule = Rule(self.rule_names.fresh(source.element), (source,), rules=(rule,))
        return rule

    def _targets(self, group: Sequence[Item], target: str, case: Case | None) -> Iterator[Target]:
        for part, items in _by_first(group):
            ending = [item for item in items if len(item.writes) == 1]
            for item in ending:
                yield _value_target(part, target, item, case)
            deeper = [replace(item, writes=item.writes[1:]) for item in items if _goes_on(item, ending)]
            if deeper:
                name = self.names.fresh(part.element)
                yield _object_target(part, target, name)
                yield from self._targets([*_asked(part), *deeper], name, case)

    # -- objects and lists that several values share

    def _object(self, part: Part, group: Sequence[Item], main: str, target: str) -> Rule:
        self.unwritten.extend(item.note for item in group if len(item.writes) == 1 and item.below is None)
        shared = _shared_object(group)
        if shared is None:
            return self._filled(part, group, Source(main), main, target)
        name = self.names.fresh(shared.element)
        source = Source(group[0].variable, shared.element, shared.type if shared.is_choice else "", variable=name)
        inner = [replace(item, variable=name, reads=item.reads[1:]) if item.is_read else item for item in group]
        return self._filled(part, inner, source, name, target)

    def _filled(self, part: Part, group: Sequence[Item], source: Source, main: str, target: str) -> Rule:
        """Return the rule that makes an object where there is something to put into it, and fills it."""
        name = self.names.fresh(part.element)
        present = dict.fromkeys(item.presence for item in group if not item.is_dependent)
        condition = "" if "" in present else " or ".join(f"({each})" if len(present) > 1 else each for each in present)
        deeper = [replace(item, writes=item.writes[1:]) for item in group if len(item.writes) > 1]
        rules = [*self.rules([*_asked(part), *deeper], main, name), *self._below(group, name)]
        return self._rule((), (replace(source, condition=condition),), (_object_target(part, target, name),), rules)

    def _below(self, group: Sequence[Item], name: str) -> Iterator[Rule]:
        for item in group:
            if item.below is not None and len(item.writes) == 1:
                rules: list[Rule] = []
                make = item.below

                def last(
                    variable: str, make: Below = make, rules: list[Rule] = rules
                ) -> tuple[tuple[()], tuple[Rule, ...]]:
                    rules.extend(make(variable, name))
                    return (), tuple(rules)

                yield self._read(item, item.reads, [item], last)

    def _each(self, part: Part, group: Sequence[Item], target: str) -> Iterator[Rule]:
        """Yield a rule for each list that is read: each of its items makes one item of the list that is written."""
        constants = [item for item in group if not item.is_read]
        lists = _by_list([item for item in group if item.is_read])
        if len(lists) > 1:
            self.out_of_step.extend(item.note for item in group if item.is_read)
        if not lists:
            self.unwritten.extend(item.note for item in constants)
        for prefix, items in lists:
            yield self._list(part, prefix, items, constants, target)

    def _list(
        self, part: Part, prefix: tuple[Part, ...], items: Sequence[Item], constants: Sequence[Item], target: str
    ) -> Rule:
        first = replace(items[0], when="")

        def last(variable: str) -> tuple[tuple[Target, ...], tuple[Rule, ...]]:
            name = self.names.fresh(part.element)
            inner = [
                replace(item, variable=variable, reads=item.reads[len(prefix) :], writes=item.writes[1:], only="")
                for item in items
            ]
            deeper = [item for item in inner if item.writes]
            below = [replace(item, writes=(part,)) for item in inner if not item.writes and item.below is not None]
            fixed = [replace(item, writes=item.writes[1:]) for item in constants]
            rules = [*self.rules([*_asked(part), *fixed, *deeper], variable, name), *self._below(below, name)]
            return (_object_target(part, target, name),), tuple(rules)

        return self._read(first, prefix, (), last)

    def _rule(
        self,
        group: Sequence[Item],
        sources: tuple[Source, ...],
        targets: tuple[Target, ...],
        rules: Sequence[Rule] = (),
    ) -> Rule:
        name = targets[0].element if targets else sources[0].element or sources[0].context
        notes = dict.fromkeys(item.note for item in group if item.note)
        return Rule(self.rule_names.fresh(name), sources, targets, tuple(rules), documentation="\n".join(notes))


def _by_first(items: Iterable[Item]) -> list[tuple[Part, list[Item]]]:
    """Return the items by the first step they write, in the order they come."""
    groups: dict[object, tuple[Part, list[Item]]] = {}
    for item in items:
        part = item.writes[0]
        groups.setdefault(part.step, (part, []))[1].append(item)
    return list(groups.values())


def _by_list(items: Iterable[Item]) -> list[tuple[tuple[Part, ...], list[Item]]]:
    """Return the items by the list they read: the path up to and with its first `[]`."""
    groups: dict[object, tuple[tuple[Part, ...], list[Item]]] = {}
    for item in items:
        position = next(number for number, part in enumerate(item.reads) if part.step.each)
        prefix = item.reads[: position + 1]
        key = item.variable, tuple(part.step for part in prefix)
        groups.setdefault(key, (prefix, []))[1].append(item)
    return list(groups.values())


def _shared_object(group: Sequence[Item]) -> Part | None:
    """Return the single object that all values of a group are read from, where there is one."""
    values = [item for item in group if item.is_read]
    fixed = [item for item in group if not item.is_read and not item.is_dependent]
    if fixed or any(item.when or item.only or len(item.reads) < 2 for item in values):
        return None
    firsts = {(item.variable, item.reads[0].step) for item in values}
    part = values[0].reads[0]
    return part if len(firsts) == 1 and not part.step.is_many and not part.where else None


def _is_simple(group: Sequence[Item]) -> bool:
    """Say whether one rule can write a group: one value at most, no list below the first step, no condition apart."""
    values = [item for item in group if item.is_read]
    if len(values) > 1 or any(item.below is not None for item in group):
        return False
    if values and any(item.when for item in group if not item.is_read):
        return False
    if not values:
        return len({item.when for item in group}) == 1 and not any(p.step.each for i in group for p in i.writes)
    return not any(part.step.each for part in values[0].writes[1:])


def _goes_on(item: Item, ending: Sequence[Item]) -> bool:
    """Say whether an item is written below a step; what a selector asks of a value that ends there it has already."""
    return len(item.writes) > 1 and not (item.is_dependent and any(each.is_read for each in ending))


def _asked(part: Part) -> list[Item]:
    """Return what a step's selectors make true of the item it writes."""
    return [Item("", (), parts, constant=value, is_dependent=True) for parts, value in part.where]


def _conditions(item: Item, part: Part, position: int, last: str) -> Iterator[str]:
    """Yield what a value read along one step must satisfy."""
    parts = [each for each in (item.when, item.only) if each and position == 0]
    parts += [equality(where) for where in part.where]
    parts += [last] if last else []
    yield from (f"({each})" if len(parts) > 1 else each for each in parts)


def _object_target(part: Part, target: str, name: str) -> Target:
    if part.is_choice:
        return Target(target, part.element, "create", (part.type,), name)
    return Target(target, part.element, variable=name)


def _value_target(part: Part, target: str, item: Item, case: Case | None) -> Target:
    """Return the target of a constant, or of the value that a case transforms."""
    own = case or Case("copy", ())
    transform, parameters = own.transform, own.parameters
    if item.constant is not None:
        transform, parameters = "copy", (item.constant,)
    if part.is_choice and transform == "copy" and not isinstance(parameters[0], bool):
        return Target(target, part.element, "cast", (*parameters, part.type))
    return Target(target, part.element, transform, parameters)
