# SPDX-License-Identifier: BSD-3-Clause
"""Network namespaces: made, entered, left and deleted."""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


def ip(*words: str) -> str:
    """Runs the command `ip`; what it says when it fails is in the error."""
    return tool("ip", *words)


def tool(*words: str) -> str:
    """Runs a command to its end; its output, or an error that holds what it said."""
    run = subprocess.run(words, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise RuntimeError(f"{' '.join(words)}: exit {run.returncode}: {run.stderr.strip()}")
    return run.stdout


class Namespace:
    """A network namespace by name; None is the one we are in."""

    def __init__(self, name: str | None) -> None:
        self.name = name

    def make(self) -> None:
        ip("netns", "add", str(self.name))
        self.ip("link", "set", "lo", "up")

    def delete(self) -> None:
        """With it go the interfaces that were made in it, and their peers."""
        if self.name and Path("/run/netns", self.name).exists():
            ip("netns", "del", self.name)

    def prefix(self) -> list[str]:
        """What stands in front of a command to run it here; the process keeps its id."""
        return ["nsenter", f"--net=/run/netns/{self.name}", "--"] if self.name else []

    def ip(self, *words: str) -> str:
        return ip(*(["-n", self.name] if self.name else []), *words)

    def tool(self, *words: str) -> str:
        return tool(*self.prefix(), *words)

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Sockets that this thread makes inside belong to the namespace for good."""
        if self.name is None:
            yield
            return
        here = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        there = os.open(f"/run/netns/{self.name}", os.O_RDONLY)
        try:
            _enter(there)
            try:
                yield
            finally:
                _enter(here)
        finally:
            os.close(there)
            os.close(here)


def _enter(descriptor: int) -> None:
    if _libc.setns(descriptor, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")
