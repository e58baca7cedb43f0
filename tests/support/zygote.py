"""A process that has everything imported and forks `fhirbridge` commands on demand: real processes, started fast.

Run as `python -m tests.support.zygote`. Each line on stdin is a JSON list [log file, argument, …]; the answer is the id
of the new process, which leads a group of its own.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import suppress
from importlib import import_module

from fhirbridge.cli.root import MODULES, run

ALSO_IMPORTED = ("fhirbridge.web.wsgi", "granian.server", "rich.table")


def main() -> None:
    """Import all commands, then fork one for each line."""
    for name in (*MODULES.values(), *ALSO_IMPORTED):
        import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the children here
    print("ready", flush=True)  # noqa: T201 - this is how the parent learns it
    for line in sys.stdin:
        log, *arguments = json.loads(line)
        print(_fork(log, arguments), flush=True)  # noqa: T201


def _fork(log: str, arguments: list[str]) -> int:
    pid = os.fork()
    if pid:
        with suppress(PermissionError, ProcessLookupError):  # done by the child already, or it has ended
            os.setpgid(pid, pid)
        return pid
    os.setpgid(0, 0)  # parent and child both do it, so that the group is there before anybody can want to kill it
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    target = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, copies in ((nothing, (0,)), (target, (1, 2))):
        for copy in copies:
            os.dup2(source, copy)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - the parent's buffered lines must not be read here
    code = run(arguments)
    sys.stdout.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
