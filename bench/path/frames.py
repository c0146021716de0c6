# SPDX-License-Identifier: BSD-3-Clause
"""The captures that bench/path feeds through infinite_rx: real frames, many different ones."""

from __future__ import annotations

import base64
import struct
import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests/cases"))

from lib import answers, mikey, sip, wire  # noqa: E402

KINDS = {
    "other": "frames that are no signalling, 64 and 1400 bytes in turns",
    "64": "64-byte frames: RTP-like UDP of 256 address pairs",
    "1400": "1400-byte frames: TCP segments of 256 connections",
    "bye": "SIP without MIKEY: BYE and OPTIONS",
    "odd-krr": "488s with a KRR in a KRR, to be narrowed: XML read and written for each",
    "slow": "INVITEs of many parts, one in the other, and encoded: the full parser for each",
}
POLICY = """version: 1
kms: {A: kms.a.example}
domains:
  mc1: {users: ["sip:*@mc1.example"], home: A}
edges:
  bench:
    domain: mc1
    proxy: cs
    limits: {redirects-per-second: 4000000000, per-source: 4000000000}
    rules:
      - {name: attached, side: initiator, allow: [A]}
"""


def flow(number: int) -> wire.Flow:
    """Addresses and ports of one client."""
    return wire.Flow(wire.Node("02:00:00:00:01:0a", f"10.1.{number}.1", 5060), wire.PEER, ident=number + 1)


def other(kind: str) -> list[bytes]:
    """Frames that are no signalling."""
    if kind == "other":
        return [frame for pair in zip(other("64"), other("1400"), strict=True) for frame in pair]
    frames: list[bytes] = []
    for number in range(256):
        path = flow(number)
        path = path.but(src=replace(path.src, port=20000 + number), dst=replace(path.dst, port=30000 + number))
        if kind == "64":  # and the FCS, which no capture holds
            frames += wire.udp(path, bytes(0x80 | number + i & 127 for i in range(60 - 42)))
        else:
            data = bytes(number * 7 + i & 255 for i in range(1400 - 4 - 54))
            frames.append(wire.tcp(path, data, seq=number * len(data) + 1))
    return frames


def slow(number: int) -> sip.Message:
    """An INVITE whose offer stands in base64, eight multiparts deep, among parts that say nothing."""
    offer = sip.sdp(session=[sip.key_line(mikey.i_message(small=True))])
    quiet = [sip.Part("text/plain", b"nothing to see " * 4)] * 8
    body = sip.multipart([*quiet, sip.Part(sip.SDP, base64.encodebytes(offer), (("Content-Transfer-Encoding", "base64"),))])
    for depth in range(8):
        boundary = f"mc-boundary-{depth + 1}"
        inner = sip.Part(f"multipart/mixed;boundary={boundary}", body)
        body = sip.multipart([*quiet, inner], f"mc-boundary-{depth + 2}")
    return sip.request("INVITE", number + 1, "multipart/mixed;boundary=mc-boundary-9", body)


def signalling(kind: str) -> list[bytes]:
    """Frames of SIP messages."""
    frames = []
    for number in range(128):
        path = flow(number)
        if kind == "bye":
            message = sip.request("BYE" if number % 2 else "OPTIONS", number + 1)
        elif kind == "slow":
            message = slow(number)
        else:
            message = answers.refusal(sip.small(number + 1), answers.nested(1, ["kms.b.example", "kms.a.example"]))
        frames += wire.udp(path, message.encode())
    return frames


def mean_size(path: Path) -> float:
    """Bytes of a capture's frames, on average, as they were on the wire (classic pcap)."""
    raw = path.read_bytes()
    order = "<" if raw[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    sizes, at = [], 24
    while at + 16 <= len(raw):
        kept, size = struct.unpack_from(order + "II", raw, at + 8)
        sizes.append(size)
        at += 16 + kept
    return sum(sizes) / len(sizes) if sizes else 0.0


def write(kind: str, path: Path) -> int:
    """Writes the capture of a kind; how many frames it holds."""
    frames = other(kind) if kind in ("64", "1400", "other") else signalling(kind)
    capture = wire.Capture()
    for number, frame in enumerate(frames):
        capture.frames.append((10**9 + number * 1000, frame))
    capture.pcap(path)
    return len(frames)
