# SPDX-License-Identifier: BSD-3-Clause
"""Lets tshark read our answers: a reader that nobody here has written."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from . import krr
from .captures import Datagram

FIELDS = ["frame.number", "sip.Status-Code", "sip.to.tag", "sip.Content-Type", "_ws.malformed"]
Answer = tuple[list[int], Datagram, int]


def faults(capture: Path, answers: list[Answer]) -> list[str]:
    """What tshark does not see in the 488s of an output capture."""
    if not answers:
        return []
    if shutil.which("tshark") is None:
        return ["tshark is not installed"]
    command = ["tshark", "-n", "-r", str(capture), "-T", "fields", "-E", "separator=|", "-E", "occurrence=f"]
    for port in sorted({port for _, got, _ in answers for port in (got.sport, got.dport)} - {5060}):
        command += ["-d", f"udp.port=={port},sip"]
    for name in FIELDS:
        command += ["-e", name]
    done = subprocess.run(command, capture_output=True, timeout=120, check=False)
    rows = {}
    for row in done.stdout.decode("utf-8", "replace").splitlines():
        values = row.split("|")
        rows[int(values[0])] = dict(zip(FIELDS, values))
    out = []
    for positions, got, _ in answers:
        seen = rows.get(positions[-1], {})
        where = f"tshark, frame {positions[-1]} of {capture.name}"
        status = got.data.split(b" ", 2)[1].decode("latin-1") if got.data.count(b" ") > 1 else ""
        if seen.get("_ws.malformed"):
            out.append(f"{where}: malformed")
        if seen.get("sip.Status-Code") != status or not seen.get("sip.to.tag"):
            out.append(f"{where}: status {seen.get('sip.Status-Code')!r}, To tag {seen.get('sip.to.tag')!r}")
        alone = b"KmsRedirectResponse" in got.data and b"multipart/" not in got.data.split(b"\r\n\r\n")[0]
        if alone and seen.get("sip.Content-Type") != krr.TYPE:
            out.append(f"{where}: Content-Type {seen.get('sip.Content-Type')!r}")
    return out


def segments(capture: Path, kinds: dict[int, str]) -> list[str]:
    """What tshark finds wrong with the TCP segments that were made."""
    if not kinds:
        return []
    command = ["tshark", "-n", "-r", str(capture), "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"]
    command += ["-T", "fields", "-E", "separator=|", "-E", "occurrence=f"]
    for name in ("frame.number", "tcp.checksum.status", "ip.checksum.status", "_ws.malformed", "sip.Status-Code"):
        command += ["-e", name]
    done = subprocess.run(command, capture_output=True, timeout=120, check=False)
    rows = {int(row.split("|")[0]): row.split("|")[1:] for row in done.stdout.decode("utf-8", "replace").splitlines()}
    out = []
    for position, kind in kinds.items():
        tcp, ip, malformed, status = rows.get(position, ["", "", "", ""])
        where = f"tshark, frame {position} of {capture.name} ({kind})"
        if tcp != "1" or ip not in ("1", "") or malformed:
            out.append(f"{where}: checksum status {tcp!r} of TCP, {ip!r} of IP, malformed {malformed!r}")
        if kind.startswith("answer ") and status not in (kind[7:], ""):
            out.append(f"{where}: status {status!r}")
    return out
