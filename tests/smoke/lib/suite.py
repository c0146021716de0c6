# SPDX-License-Identifier: BSD-3-Clause
"""Runs tests that need the whole machine: a line each, logs kept where one failed, closing with `N passed, N failed`."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .bed import machine_can
from .process import Failed

REQUIRED = "KMSGATE_REQUIRE_LIVE"
LEFT_OUT = 77  # exit code of a run that could not be made here; meson knows it


@dataclass
class Context:
    """What a test gets: the build, a folder of its own, and a place for what shall stand in its line."""

    build: Path
    folder: Path
    note: str = ""

    def say(self, text: str) -> None:
        """Adds to the line of this test: figures, checks that were left out and why."""
        self.note += ("; " if self.note else "") + text


Test = Callable[[Context], None]
_tests: list[tuple[str, Test]] = []


def test(name: str) -> Callable[[Test], Test]:
    """Registers a test."""

    def register(function: Test) -> Test:
        _tests.append((name, function))
        return function

    return register


def expect(condition: object, text: str) -> None:
    """Fails with the text unless the condition holds."""
    if not condition:
        raise Failed(text)


def same(what: str, got: object, want: object) -> None:
    if got != want:
        raise Failed(f"{what}: {str(got)[:600]}, expected {str(want)[:600]}")


def _end(number: int, _: object) -> None:
    raise SystemExit(128 + number)


def end_on_signals() -> None:
    """SIGTERM and SIGHUP end the program as an exception does: everything is cleaned up."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)


def main(title: str, root: Path) -> int:
    """The command line of a suite."""
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("names", nargs="*", help="only tests with one of these words in their name")
    parser.add_argument("--build", default=str(root / "build"), help="folder with the programs")
    parser.add_argument("--list", action="store_true", help="names, nothing run")
    parser.add_argument("--keep", action="store_true", help="keep the logs of tests that passed, too")
    options = parser.parse_args()
    chosen = [t for t in _tests if not options.names or any(w in t[0] for w in options.names)]
    if options.list:
        print("\n".join(name for name, _ in chosen))
        return 0
    if not chosen:
        print("no test has such a name", file=sys.stderr)
        return 2
    reason = machine_can()
    if reason:
        if os.environ.get(REQUIRED) == "1":
            print(f"FAIL {reason}, and {REQUIRED}=1 allows no leaving out\n0 passed, {len(chosen)} failed")
            return 1
        print(f"left out {len(chosen)} tests: {reason}\n0 passed, 0 failed")
        return LEFT_OUT
    end_on_signals()
    return _run(chosen, Path(options.build).resolve(), options.keep)


def _run(chosen: list[tuple[str, Test]], build: Path, keep: bool) -> int:
    logs = Path(tempfile.mkdtemp(prefix="kmsgate-live-"))
    logs.chmod(0o755)  # programs that gave up root have their files in here
    passed = failed = 0
    for name, function in chosen:
        folder = logs / name.replace(" ", "-").replace("/", "-")
        folder.mkdir(mode=0o755)
        context = Context(build, folder)
        start = time.monotonic()
        fault = ""
        try:
            function(context)
        except Failed as error:
            fault = str(error)
        except Exception:  # a test that breaks has failed, the others go on
            fault = traceback.format_exc()
        took = time.monotonic() - start
        passed, failed = passed + (not fault), failed + bool(fault)
        note = f" ({context.note})" if context.note else ""
        print(f"{'FAIL' if fault else 'ok  '} {name}, {took:.1f} s{note}", flush=True)
        if fault:
            print("     " + fault.rstrip().replace("\n", "\n     ") + f"\n     logs: {folder}", flush=True)
        elif not keep:
            shutil.rmtree(folder, ignore_errors=True)
    if not failed and not keep:
        shutil.rmtree(logs, ignore_errors=True)
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 else 1
