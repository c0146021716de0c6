# SPDX-License-Identifier: BSD-3-Clause
"""The disguises of tests/cases as a message set: who finds what is hidden, and who stops what is harmless.

Requests of the table that arrive inside, on port 5060, as one datagram: what a proxy that is addressed would get. Each
row has three messages: an allowed KMS, a forbidden one, and harmless traffic of the same shape.
"""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/cases"))
sys.path.insert(0, str(ROOT / "tests"))

from cases.lib import captures  # noqa: E402
from disguises.kit import VARIANTS  # noqa: E402
from disguises.table import build as build_table  # noqa: E402

POLICY, EDGE = ROOT / "tests/cases/policy.yaml", "mc1-edge"


@dataclass(frozen=True)
class Hidden:
    """One message of the set."""

    row: str
    variant: str
    frames: tuple[int, ...]  # in the capture of the port
    data: bytes


def messages() -> list[Hidden]:
    """Whole rows only: all three variants are single datagrams."""
    scene, entries = build_table()
    frames = [frame for _, frame in scene.capture("inside").frames]
    out: dict[str, list[Hidden]] = {}
    last = 0
    for entry in entries:
        if entry.row.port != "inside":
            continue
        alone, last = entry.frames[0] == last + 1, entry.frames[-1]
        if entry.row.udp_port != 5060 or not alone:
            continue
        datagram = captures.assemble([frames[number - 1] for number in entry.frames])
        if datagram.fault is None:
            out.setdefault(entry.row.name, []).append(Hidden(entry.row.name, entry.variant, entry.frames, datagram.data))
    return [one for row in out.values() if len(row) == len(VARIANTS) for one in row]


def write(path: Path, hidden: list[Hidden]) -> None:
    """The file that peers_wire and peers_bench read."""
    path.write_bytes(b"".join(struct.pack("<I", len(one.data)) + one.data for one in hidden))


def kmsgate(build: Path, folder: Path, hidden: list[Hidden]) -> list[bool]:
    """Whether each message was stopped by kmsgate-replay, from the captures of the cases."""
    captured = ROOT / "tests/cases/disguises"
    events = folder / "events.jsonl"
    subprocess.run(
        [str(build / "tools/replay/kmsgate-replay"), "--policy", str(POLICY), "--edge", EDGE, "--inside-in",
         str(captured / "inside-in.pcap"), "--outside-in", str(captured / "outside-in.pcap"), "--events", str(events)],
        check=True, capture_output=True)
    stopped: dict[int, bool] = {}
    for line in map(json.loads, events.read_text().splitlines()):
        if line["event"] == "message" and line["port"] == "inside":
            stopped.update((frame, line["verdict"] != "forward") for frame in line["frames"])
    return [stopped.get(one.frames[0], False) for one in hidden]  # no line: no signalling, it passed


def parser(build: Path, name: str, path: Path, kms: str) -> list[bool]:
    """Whether an application on that parser would stop each message; one that it cannot parse is stopped."""
    run = subprocess.run([str(build / "bench/peers/peers_bench"), "sight", name, str(path), kms], capture_output=True,
                         text=True, check=True)
    return [word in ("stopped", "unparsable") for word in run.stdout.split()]


def score(hidden: list[Hidden], stopped: list[bool]) -> dict[str, object]:
    """Forbidden ones stopped, harmless and allowed ones stopped, of how many; and the rows that passed."""
    if len(hidden) != len(stopped):
        raise ValueError(f"{len(stopped)} verdicts on {len(hidden)} messages")
    count = Counter(one.variant for one, stop in zip(hidden, stopped, strict=True) if stop)
    return {
        "of": sum(one.variant == "forbidden" for one in hidden),
        "forbidden_stopped": count["forbidden"],
        "harmless_stopped": count["harmless"],
        "allowed_stopped": count["allowed"],
        "missed": [one.row for one, stop in zip(hidden, stopped, strict=True) if one.variant == "forbidden" and not stop],
    }
