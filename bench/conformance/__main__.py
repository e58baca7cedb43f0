"""`make conformance`: what HL7's validator says of what we make, whether our checker says the same, how fast it is.

    python -m bench.conformance [--data FOLDER] [PART]...

FOLDER holds `us-core/*.tgz` and `hl7-validator-cases/`. The R4 examples are fetched from npm into `build/`. What is not
at hand is left out, with one line that says so. Exit code 1 when something that must hold does not.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from time import monotonic

from bench.conformance import agreeing, golden, roundtrip, speed
from bench.conformance.at_hand import AtHand, Missing
from bench.conformance.judge import NoJudge

PARTS: dict[str, Callable[[AtHand], Iterator[str]]] = {
    "golden": golden.run,
    "examples": agreeing.examples,
    "faults": agreeing.faults,
    "cases": agreeing.cases,
    "speed": speed.run,
    "roundtrip": roundtrip.run,
}


def main() -> None:
    """Run the parts and print their tables; progress goes to stderr."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder with us-core/ and hl7-validator-cases/")
    parser.add_argument("parts", nargs="*", help=f"what to run, of {', '.join(PARTS)}; all of it when left out")
    arguments = parser.parse_args()
    if unknown := [name for name in arguments.parts if name not in PARTS]:
        parser.error(f"there is no part {unknown[0]}; the parts are {', '.join(PARTS)}")
    with ExitStack() as closing:
        hand = AtHand(arguments.data, closing)
        for name in arguments.parts or PARTS:
            _play(name, hand)
    sys.exit(_verdict(hand.broken))


def _play(name: str, hand: AtHand) -> None:
    begun = monotonic()
    print(f"conformance: {name} ...", file=sys.stderr, flush=True)
    try:
        for text in PARTS[name](hand):
            print(text, flush=True)
    except (Missing, NoJudge) as missing:
        print(f"{name}: left out: {missing}\n", flush=True)
    print(f"conformance: {name} took {monotonic() - begun:.0f} s", file=sys.stderr, flush=True)


def _verdict(broken: list[str]) -> int:
    print("\n".join(["### What must hold and does not", "", *(f"- {each}" for each in broken or ["nothing"])]))
    return 1 if broken else 0


if __name__ == "__main__":
    main()
