# SPDX-License-Identifier: BSD-3-Clause
"""A program that runs beside a test: output kept, waited for, ended by its own id."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

from .netns import Namespace


class Failed(Exception):
    """What a test found wrong, in words."""


def wait_until(what: str, ready, seconds: float = 10.0, every: float = 0.02) -> None:
    """Waits until `ready()` is true; fails with `what` after so many seconds."""
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            raise Failed(f"{what}: not within {seconds:g} s")
        time.sleep(every)


class Process:
    """Started at once; output in FOLDER/NAME.out and FOLDER/NAME.err."""

    def __init__(
        self, name: str, command: list[str], folder: Path, inside: Namespace, env: dict | None = None
    ) -> None:
        self.name, self.command = name, command
        self.out, self.err = folder / f"{name}.out", folder / f"{name}.err"
        self.started = time.monotonic()
        with self.out.open("wb") as out, self.err.open("wb") as err:
            self.run = subprocess.Popen(
                inside.prefix() + command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                cwd=folder,
                env={**os.environ, **(env or {})},
            )

    @property
    def pid(self) -> int:
        return self.run.pid

    def alive(self) -> bool:
        return self.run.poll() is None

    def text(self) -> str:
        return self.out.read_text(errors="replace")

    def errors(self) -> str:
        return self.err.read_text(errors="replace")

    def tail(self) -> str:
        """The end of what it said, for a failure's text."""
        return f"{self.text()[-1500:]}\n{self.errors()[-3000:]}".strip()

    def wait_line(self, line: str, seconds: float = 60.0) -> None:
        """Until it printed that line on standard output."""

        def ready() -> bool:
            return line in self.text().splitlines() or not self.alive()

        try:
            wait_until(f"`{line}` of {self.name}", ready, seconds)
        except Failed as fault:
            raise Failed(f"{fault}\n{self.tail()}") from None
        if line not in self.text().splitlines():
            raise Failed(f"{self.name} ended with {self.run.returncode} before `{line}`:\n{self.tail()}")

    def wait(self, seconds: float = 60.0) -> int:
        """Until it ends by itself; its exit code."""
        try:
            return self.run.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failed(f"{self.name} did not end within {seconds:g} s:\n{self.tail()}") from None

    def stop(self, number: int = signal.SIGTERM, seconds: float = 10.0) -> int:
        """Asks it to end; its exit code. One that does not end is killed, which is a failure."""
        if self.alive():
            self.run.send_signal(number)
        try:
            return self.run.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failed(f"{self.name} did not end within {seconds:g} s of signal {number}:\n{self.tail()}") from None

    def kill(self) -> None:
        if self.alive():
            self.run.kill()
        self.run.wait()
