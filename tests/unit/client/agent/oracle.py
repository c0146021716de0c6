#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Reads SIP messages with readers that nobody here has written: Python's email package and, where it is
installed, tshark. usage: oracle.py FOLDER, one message a file; prints a line a fault, and exits 1 then."""

from __future__ import annotations

import shutil
import struct
import subprocess
import sys
from email import message_from_bytes, policy
from pathlib import Path
from xml.etree import ElementTree


def mime_faults(name: str, raw: bytes) -> list[str]:
    """Faults of header lines, Content-Length, MIME structure and XML parts."""
    head, _, body = raw.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")[1:]
    out = [f"{name}: header line {line!r}" for line in lines if b": " not in line]
    message = message_from_bytes(b"\r\n".join(lines) + b"\r\n\r\n" + body, policy=policy.SMTP)
    if int(message["Content-Length"]) != len(body):
        out.append(f"{name}: Content-Length {message['Content-Length']}, body {len(body)}")
    for part in message.walk():
        out += [f"{name}: {defect!r}" for defect in part.defects]
        if part.get_content_type().endswith("+xml"):
            ElementTree.fromstring(part.get_payload(decode=True))
    kinds = [part.get_content_type() for part in message.walk()]
    if message.is_multipart() and kinds[1] not in ("application/sdp", "application/mikey"):
        out.append(f"{name}: first part is {kinds[1]}")
    return out


def capture(messages: list[bytes]) -> bytes:
    """A pcap with one IPv4/UDP datagram a message."""
    out = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 101)
    for data in messages:
        udp = struct.pack("!HHHH", 5060, 5060, 8 + len(data), 0) + data
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, b"\x0a\0\0\1", b"\x0a\0\0\2")
        out += struct.pack("<IIII", 0, 0, len(ip + udp), len(ip + udp)) + ip + udp
    return out


def tshark_faults(folder: Path, names: list[str], messages: list[bytes]) -> list[str]:
    """Messages that tshark does not take for whole SIP messages."""
    if shutil.which("tshark") is None:
        return []
    pcap = folder / "all.pcap"
    pcap.write_bytes(capture(messages))
    command = ["tshark", "-n", "-r", str(pcap), "-T", "fields", "-E", "separator=|", "-E", "occurrence=f"]
    for field in ("sip.CSeq.method", "sip.Call-ID", "sip.Via.branch", "_ws.malformed"):
        command += ["-e", field]
    rows = subprocess.run(command, capture_output=True, timeout=60, check=True).stdout.decode().splitlines()
    out = []
    for name, row in zip(names, rows, strict=True):
        method, call, branch, malformed = row.split("|")
        if not method or not call or not branch or malformed:
            out.append(f"{name}: tshark reads {row!r}")
    return out


def main() -> int:
    folder = Path(sys.argv[1])
    files = sorted(folder.glob("*.sip"))
    messages = [file.read_bytes() for file in files]
    names = [file.name for file in files]
    faults = [fault for name, raw in zip(names, messages) for fault in mime_faults(name, raw)]
    faults += tshark_faults(folder, names, messages)
    print("\n".join(faults) if faults else f"{len(files)} messages read")
    return 1 if faults or not files else 0


if __name__ == "__main__":
    sys.exit(main())
