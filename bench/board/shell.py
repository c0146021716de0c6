# SPDX-License-Identifier: BSD-3-Clause
"""Programs that are built and run, and the machine they run on."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


class Failed(Exception):
    """Something that the person at the terminal has to know; its text is the message."""

    code = 1


class Usage(Failed):
    """The same, when the call or the machine has to change."""

    code = 2


def say(text: str) -> None:
    """How far it is, on the side of the results."""
    print(f"bench: {text}", file=sys.stderr, flush=True)


def output(command: list[str], cwd: Path = ROOT, accept: tuple[int, ...] = (0,), most: float | None = None) -> str:
    """What a command prints; Failed with its last lines when it does not end well, or not within `most` seconds: then it
    is ended with all that it has started."""
    try:
        process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    except FileNotFoundError:
        raise Usage(f"{command[0]} is not here: run `tools/setup check`") from None
    try:
        out, err = process.communicate(timeout=most)
    except subprocess.TimeoutExpired:
        raise Failed(f"took more than {most:.0f} s: {' '.join(command)}") from None
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    if process.returncode not in accept:
        said = "\n".join((out + err).strip().splitlines()[-20:])
        raise Failed(f"`{' '.join(command)}` ended with {process.returncode}:\n{said}")
    return out


def parsed(command: list[str], accept: tuple[int, ...] = (0,), most: float | None = None) -> Any:
    """The JSON that a command prints."""
    printed = output(command, accept=accept, most=most)
    try:
        return json.loads(printed)
    except json.JSONDecodeError:
        raise Failed(f"`{' '.join(command)}` printed no JSON:\n{printed[:500]}") from None


def on_cpu(number: int) -> list[str]:
    """Words before a command that keep it on one CPU; none where there is no choice."""
    allowed = sorted(os.sched_getaffinity(0))
    if shutil.which("taskset") is None or len(allowed) < 2:
        return []
    return ["taskset", "-c", str(allowed[number % len(allowed)])]


class Build:
    """A build directory of a source tree."""

    def __init__(self, directory: str | Path = "build", root: Path = ROOT) -> None:
        self.root = root
        self.directory = root / directory

    def path(self, target: str) -> str:
        """Where a target stands when it is built."""
        return str(self.directory / target)

    def knows(self, target: str) -> bool:
        """Does the tree have this target? Known once it is configured."""
        ninja = self.directory / "build.ninja"
        return ninja.exists() and re.search(rf"^build {re.escape(target)}[ :]", ninja.read_text(), re.M) is not None

    def make(self, targets: list[str]) -> None:
        """Builds targets."""
        say(f"building into {self.directory}")
        output(["tools/build", "--dir", str(self.directory), "--targets", " ".join(targets)], cwd=self.root)


def cache_bytes() -> int:
    """Bytes of the last cache that this CPU can use; 0 when the machine does not say."""
    for index in range(9, 0, -1):
        try:
            text = Path(f"/sys/devices/system/cpu/cpu0/cache/index{index}/size").read_text().strip()
        except OSError:
            continue
        return int(text.rstrip("KM")) * {"K": 1 << 10, "M": 1 << 20}.get(text[-1], 1)
    return 0


def host() -> dict[str, Any]:
    """What the times depend on."""
    info = Path("/proc/cpuinfo").read_text()
    model = re.search(r"^model name\s*:\s*(.*)$", info, re.M)
    clock = re.search(r"^cpu MHz\s*:\s*(.*)$", info, re.M)
    return {"cpu": model[1] if model else "unknown", "cpus": os.cpu_count(), "load": round(os.getloadavg()[0], 1),
            "mhz": float(clock[1]) if clock else 0.0, "last_cache_bytes": cache_bytes(),
            "avx512": " avx512f " in info, "compiler": output(["c++", "--version"]).splitlines()[0]}


def revision(root: Path = ROOT) -> str:
    """The commit that is measured, with + when files differ from it."""
    head = output(["git", "rev-parse", "--short=12", "HEAD"], cwd=root).strip()
    changed = output(["git", "status", "--porcelain", "--untracked-files=no"], cwd=root).strip()
    return head + ("+" if changed else "")
