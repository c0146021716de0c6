# SPDX-License-Identifier: BSD-3-Clause
"""Runs every test of a build directory, a line each, and closes with `N passed, N failed`.

usage: run_tests.py BUILD-DIR [--only unit|cases|live|checks ...]
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CLOSING = re.compile(r"^(\d+) passed, (\d+) failed", re.MULTILINE)
LEFT_OUT = 77  # meson's code for a test that cannot run here
REQUIRE_LIVE = "KMSGATE_REQUIRE_LIVE"  # set to 1 (CI does): what cannot run here has failed


def google_test(command: list[str], env: dict[str, str]) -> tuple[int, int]:
    """Counts of one GoogleTest binary; a crash or a binary without tests is a failure."""
    run = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, errors="replace", check=False)
    passed = sum(int(n) for n in re.findall(r"\[  PASSED  \] (\d+) test", run.stdout))
    failed = sum(int(n) for n in re.findall(r"^\[  FAILED  \] (\d+) test", run.stdout, re.MULTILINE))
    if "[  SKIPPED ]" in run.stdout:
        failed += len(re.findall(r"^\[  SKIPPED \] \S+ \(", run.stdout, re.MULTILINE))
    if run.returncode != 0 and failed == 0 or passed + failed == 0:
        failed += 1
    if failed or run.returncode:
        print(run.stdout[-12000:], run.stderr[-4000:], sep="\n")
    return passed, failed


def exit_code(command: list[str], env: dict[str, str]) -> tuple[int, int]:
    """A program that says all by its exit code counts as one test."""
    run = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, errors="replace", check=False)
    if run.returncode != 0:
        print(run.stdout[-4000:], run.stderr[-4000:], sep="\n")
    return (1, 0) if run.returncode == 0 else (0, 1)


def closing_line(command: list[str], env: dict[str, str]) -> tuple[int, int]:
    """Counts of a program that ends with `N passed, N failed`; its failures are shown."""
    run = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, errors="replace", check=False)
    counts = CLOSING.findall(run.stdout)
    passed, failed = (int(counts[-1][0]), int(counts[-1][1])) if counts else (0, 1)
    if run.returncode != 0:
        failed = max(failed, 1)
        print("\n".join(x for x in run.stdout.splitlines() if not x.startswith("ok ")), run.stderr[-4000:], sep="\n")
    return passed, failed


def live(command: list[str], env: dict[str, str]) -> tuple[int, int]:
    """As closing_line, in full, for tests that need root and namespaces; what cannot run here says why."""
    run = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, errors="replace", check=False)
    print("\n".join("     " + line for line in run.stdout.splitlines() if not CLOSING.match(line)), run.stderr[-4000:], sep="")
    if run.returncode == LEFT_OUT:
        return 0, int(env.get(REQUIRE_LIVE) == "1")
    counts = CLOSING.findall(run.stdout)
    passed, failed = (int(counts[-1][0]), int(counts[-1][1])) if counts else (0, 1)
    return passed, max(failed, 1) if run.returncode != 0 else failed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build")
    parser.add_argument("--only", nargs="*", default=["unit", "cases", "live", "checks"])
    options = parser.parse_args()
    build = (ROOT / options.build).resolve()
    env = dict(os.environ, KMSGATE_REPLAY=str(build / "tools/replay/kmsgate-replay"))

    jobs: list[tuple[str, str, list[str]]] = []
    listed = subprocess.run(["meson", "introspect", "--tests", str(build)], capture_output=True, check=True)
    for test in json.loads(listed.stdout):
        of_live = any(suite.endswith("live") for suite in test["suite"])
        if ("live" if of_live else "unit") not in options.only:
            continue
        kind = "live" if of_live else "gtest" if test["protocol"] == "gtest" else "exit code"
        jobs.append((kind, test["name"], test["cmd"]))
        env.update(test.get("env", {}))
    if "cases" in options.only:
        jobs.append(("closing", "capture cases", ["/usr/bin/python3", "tests/cases/run.py"]))
    if "checks" in options.only:
        jobs.append(("closing", "checks of the tree", ["/usr/bin/python3", "tools/check/tree.py"]))
        jobs.append(("closing", "who links wolfSSL", ["/usr/bin/python3", "tools/check/linked.py", str(build)]))

    jobs.sort(key=lambda job: job[0] == "live")  # the slow ones last
    total_passed = total_failed = 0
    for kind, name, command in jobs:
        start = time.monotonic()
        run = {"gtest": google_test, "exit code": exit_code, "closing": closing_line, "live": live}[kind]
        passed, failed = run(command, env)
        total_passed += passed
        total_failed += failed
        state = "FAIL" if failed else "ok  " if passed else "skip"
        print(f"{state} {name}: {passed} passed, {failed} failed, {time.monotonic() - start:.1f} s", flush=True)
    print(f"{total_passed} passed, {total_failed} failed")
    return 0 if total_failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
