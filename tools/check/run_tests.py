# SPDX-License-Identifier: BSD-3-Clause
"""Runs every test of a build directory, a line each, and closes with `N passed, N failed`.

usage: run_tests.py BUILD-DIR [--only unit|cases|live|checks ...] [--jobs N]

Tests that need the machine for themselves (meson: is_parallel false; live ones) run one at a time, behind the others.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CLOSING = re.compile(r"^(\d+) passed, (\d+) failed", re.MULTILINE)
LEFT_OUT = 77  # meson's code for a test that cannot run here
REQUIRE_LIVE = "KMSGATE_REQUIRE_LIVE"  # set to 1 (CI does): what cannot run here has failed
HANGS = 600  # seconds at least; sanitized tests on a busy machine take several times what meson.build allows


@dataclass(frozen=True)
class Job:
    """A test: how its outcome is read, and whether others may run beside it."""

    kind: str
    name: str
    command: list[str]
    timeout: int = HANGS
    beside: bool = False


@dataclass(frozen=True)
class Outcome:
    """What a test came to, and what to show of it."""

    passed: int
    failed: int
    text: str = ""


Run = subprocess.CompletedProcess[str]


def google_test(run: Run) -> Outcome:
    """Counts of one GoogleTest binary; a crash or a binary without tests is a failure."""
    passed = sum(int(n) for n in re.findall(r"\[  PASSED  \] (\d+) test", run.stdout))
    failed = sum(int(n) for n in re.findall(r"^\[  FAILED  \] (\d+) test", run.stdout, re.MULTILINE))
    if "[  SKIPPED ]" in run.stdout:
        failed += len(re.findall(r"^\[  SKIPPED \] \S+ \(", run.stdout, re.MULTILINE))
    if run.returncode != 0 and failed == 0 or passed + failed == 0:
        failed += 1
    return Outcome(passed, failed, run.stdout[-12000:] + "\n" + run.stderr[-6000:] if failed else "")


def exit_code(run: Run) -> Outcome:
    """A program that says all by its exit code counts as one test."""
    if run.returncode == 0:
        return Outcome(1, 0)
    return Outcome(0, 1, run.stdout[-4000:] + "\n" + run.stderr[-4000:])


def closing_line(run: Run) -> Outcome:
    """Counts of a program that ends with `N passed, N failed`; its failures are shown."""
    counts = CLOSING.findall(run.stdout)
    passed, failed = (int(counts[-1][0]), int(counts[-1][1])) if counts else (0, 1)
    if run.returncode == 0:
        return Outcome(passed, failed)
    shown = "\n".join(line for line in run.stdout.splitlines() if not line.startswith("ok "))
    return Outcome(passed, max(failed, 1), shown + "\n" + run.stderr[-4000:])


def live(run: Run) -> Outcome:
    """As closing_line, in full, for tests that need root and namespaces; what cannot run here says why."""
    text = "\n".join("     " + line for line in run.stdout.splitlines() if not CLOSING.match(line)) + run.stderr[-4000:]
    if run.returncode == LEFT_OUT:
        return Outcome(0, int(os.environ.get(REQUIRE_LIVE) == "1"), text)
    counts = CLOSING.findall(run.stdout)
    passed, failed = (int(counts[-1][0]), int(counts[-1][1])) if counts else (0, 1)
    return Outcome(passed, max(failed, 1) if run.returncode != 0 else failed, text)


READ = {"gtest": google_test, "exit code": exit_code, "closing": closing_line, "live": live}


def run_one(job: Job, env: dict[str, str]) -> tuple[Outcome, str]:
    """Runs a test: its outcome and its line."""
    start = time.monotonic()
    try:
        outcome = READ[job.kind](subprocess.run(job.command, cwd=ROOT, env=env, capture_output=True, text=True,
                                                errors="replace", check=False, timeout=job.timeout))
    except subprocess.TimeoutExpired as hung:
        told = (hung.stdout or b"")[-8000:] + b"\n" + (hung.stderr or b"")[-4000:]
        outcome = Outcome(0, 1, f"{told.decode(errors='replace')}\n{job.name}: killed after {job.timeout} s")
    state = "FAIL" if outcome.failed else "ok  " if outcome.passed else "skip"
    return outcome, (f"{state} {job.name}: {outcome.passed} passed, {outcome.failed} failed, "
                     f"{time.monotonic() - start:.1f} s")


def jobs_of(build: Path, only: list[str], env: dict[str, str]) -> list[Job]:
    """The tests of the build and of the tree, in the order in which they are started."""
    jobs = []
    listed = subprocess.run(["meson", "introspect", "--tests", str(build)], capture_output=True, check=True)
    for test in json.loads(listed.stdout):
        of_live = any(suite.endswith("live") for suite in test["suite"])
        if ("live" if of_live else "unit") not in only:
            continue
        kind = "live" if of_live else "gtest" if test["protocol"] == "gtest" else "exit code"
        jobs.append(Job(kind, test["name"], test["cmd"], max(3 * test["timeout"], HANGS),
                        test["is_parallel"] and not of_live))
        env.update(test.get("env", {}))
    # those that may take long first, so that none is left alone at the end
    jobs.sort(key=lambda job: -job.timeout)
    if "checks" in only:
        jobs.append(Job("closing", "checks of the tree", ["/usr/bin/python3", "tools/check/tree.py"], beside=True))
        jobs.append(Job("closing", "who links wolfSSL", ["/usr/bin/python3", "tools/check/linked.py", str(build)], beside=True))
    if "cases" in only:
        jobs.append(Job("closing", "capture cases", ["/usr/bin/python3", "tests/cases/run.py"], 2 * HANGS))
    jobs.sort(key=lambda job: job.kind == "live")
    return jobs


def outcomes(jobs: list[Job], at_once: int, env: dict[str, str]) -> Iterator[tuple[Outcome, str]]:
    """Runs all: first what may run beside others, then the rest one by one."""
    with ThreadPoolExecutor(at_once) as pool:
        for done in as_completed([pool.submit(run_one, job, env) for job in jobs if job.beside]):
            yield done.result()
    for job in jobs:
        if not job.beside:
            yield run_one(job, env)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build")
    parser.add_argument("--only", nargs="*", default=["unit", "cases", "live", "checks"])
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    options = parser.parse_args()
    build = (ROOT / options.build).resolve()
    env = dict(os.environ, KMSGATE_REPLAY=str(build / "tools/replay/kmsgate-replay"))
    passed = failed = 0
    for outcome, line in outcomes(jobs_of(build, options.only, env), options.jobs, env):
        if outcome.text:
            print(outcome.text)
        print(line, flush=True)
        passed += outcome.passed
        failed += outcome.failed
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
