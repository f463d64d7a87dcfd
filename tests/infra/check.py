#!/usr/bin/env python3
"""Checks Infra/ and the workflow that applies it. This is the only entry point.

    python3 tests/infra/check.py             run all checks
    python3 tests/infra/check.py NAME ...    run some of them; --list prints their names

The first line of a check's function describes it. The checks run the real terraform, offline. Everything else that
they need is installed from PyPI into the ignored .tools/infra/. The exit code is 0 if all passed and 1 if one failed.
If a counterpart of a check is not available, the check is reported as not run, with the reason; with CI=true it
counts as failed.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import tools

# Mostly waits for delays that a provider has built in, so it runs beside the others and is reported last.
WAITS = "rehearsal"


def run(checks):
    """Runs the checks; returns the exit code."""
    if WAITS in checks and len(checks) > 1:
        with tempfile.TemporaryFile("w+") as log:
            beside = subprocess.Popen([sys.executable, __file__, WAITS], stdout=log, stderr=log)
            code = one_by_one({name: check for name, check in checks.items() if name != WAITS})
            code = beside.wait() or code
            log.seek(0)
            print(log.read(), flush=True)
        return code
    return one_by_one(checks)


def one_by_one(checks):
    """Runs the checks one after another; returns the exit code."""
    passed, failed, not_run = [], [], []
    for name, check in checks.items():
        print(f"\n== {name}: {summary(check)}", flush=True)
        begun, worked = time.monotonic(), processor()
        try:
            findings = check()
        except tools.Missing as why:
            not_run.append(f"infra {name}: {why}")
            outcome = f"not run: {why}"
        else:
            (failed if findings else passed).append(name)
            outcome = f"FAILED, {len(findings)} finding(s)" if findings else "ok"
            for finding in findings:
                print(f"   ! {finding}")
        print(f"-- {name}: {outcome} ({time.monotonic() - begun:.1f} s, {processor() - worked:.1f} s of processor)", flush=True)
    if not_run and (listed := os.environ.get("FARGATE_TEST_NOT_RUN")):
        with open(listed, "a") as file:
            file.writelines(f"{line}\n" for line in not_run)
    print(f"\ninfra: {len(passed)} passed, {len(failed)} failed, {len(not_run)} not run", flush=True)
    return 1 if failed or (not_run and os.environ.get("CI") == "true") else 0


def processor():
    """Processor time of this process and its children in seconds. It does not depend on how busy the machine is."""
    return sum(usage.ru_utime + usage.ru_stime for usage in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)))


def summary(check):
    return check.__doc__.splitlines()[0]


def main():
    """Chooses the checks and runs them."""
    from checks import CHECKS

    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("names", nargs="*", metavar="NAME", help="checks to run [default: all]")
    arguments.add_argument("--list", action="store_true", help="name the checks")
    given = arguments.parse_args()
    if unknown := [name for name in given.names if name not in CHECKS]:
        arguments.error(f"no such check: {', '.join(unknown)}; the checks are {', '.join(CHECKS)}")
    if given.list:
        for name, check in CHECKS.items():
            print(f"{name:16} {summary(check)}")
        return 0
    return run({name: CHECKS[name] for name in given.names or CHECKS})


if __name__ == "__main__":
    try:
        python = tools.environment("python", "requirements.txt")
    except tools.Missing as why:
        print(f"infra: not run: {why}")
        sys.exit(1 if os.environ.get("CI") == "true" else 0)
    # Any Python 3 can start this script; it continues with the one that has the requirements.
    if Path(sys.prefix).resolve() != python.parent.parent.resolve():
        os.execv(python, [str(python), *sys.argv])
    sys.exit(main())
