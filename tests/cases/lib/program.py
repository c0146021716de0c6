# SPDX-License-Identifier: BSD-3-Clause
"""Runs kmsgate-replay once and reads everything it wrote."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from .captures import Record, read

Line = dict[str, Any]  # one event line
OTHER = {"inside": "outside", "outside": "inside"}


@dataclass
class Inputs:
    """What a run gets."""

    policy: Path
    edge: str
    captures: dict[str, Path]
    arguments: list[str]

    def frames(self, port: str) -> list[Record]:
        """The whole frames that arrive at a port."""
        return read(self.captures[port]) if port in self.captures else []


@dataclass
class Result:
    """What a run left behind."""

    code: int
    errors: str
    raw: dict[str, bytes]
    text: list[str]
    lines: list[Line]
    out: dict[str, list[Record]]
    files: dict[str, Path]

    @property
    def events(self) -> list[Line]:
        """The lines before the summary."""
        return [line for line in self.lines if line.get("event") != "summary"]

    @property
    def summary(self) -> Line:
        """The last line."""
        return self.lines[-1] if self.lines and self.lines[-1].get("event") == "summary" else {}


def _object(pairs: list[tuple[str, Any]]) -> Line:
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError(f"a key stands twice in {pairs}")
    return dict(pairs)


def run(binary: Path, inputs: Inputs, folder: Path, extra: list[str] | None = None) -> Result:
    """Runs the program with its outputs in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {name: folder / name for name in ("events", "inside-out.pcap", "outside-out.pcap")}
    command = [
        str(binary),
        "--policy",
        str(inputs.policy),
        "--edge",
        inputs.edge,
        "--events",
        str(files["events"]),
    ]
    for port, path in inputs.captures.items():
        command += [f"--{port}-in", str(path)]
    for port in OTHER:
        command += [f"--{port}-out", str(files[f"{port}-out.pcap"])]
    done = subprocess.run(
        command + inputs.arguments + (extra or []), capture_output=True, timeout=120, cwd=folder, check=False
    )
    raw = {name: path.read_bytes() for name, path in files.items() if path.exists()}
    text = raw.get("events", b"").decode("utf-8", "replace").splitlines()
    lines = [json.loads(line, parse_float=Decimal, object_pairs_hook=_object) for line in text]
    out = {port: read(files[f"{port}-out.pcap"]) for port in OTHER if raw.get(f"{port}-out.pcap")}
    return Result(done.returncode, done.stderr.decode("utf-8", "replace"), raw, text, lines, out, files)
