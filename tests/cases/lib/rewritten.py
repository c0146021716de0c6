# SPDX-License-Identifier: BSD-3-Clause
"""Checks a 488 that was sent on with another KRR against the one that came: what had to change changed, nothing else."""

from __future__ import annotations

import base64
import quopri
import re
from dataclasses import dataclass
from datetime import datetime, timezone

from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether

from . import krr
from .captures import Datagram

LENGTH = re.compile(rb"(?im)^((?:content-length|l)[ \t]*:[ \t]*)(\d+)(?=[ \t]*\r$)")


@dataclass(frozen=True)
class Found:
    """The KRR of a message: where its bytes stand, what they say, and the bodies around it with their headers."""

    start: int
    end: int
    body: bytes
    around: list[tuple[bytes, int]]  # header block, bytes of the body behind it


def _headers(block: bytes) -> dict[str, str]:
    lines = re.sub(rb"\r\n[ \t]+", b" ", block).decode("latin-1").split("\r\n")
    pairs = [line.partition(":") for line in lines if ":" in line]
    names = {"c": "content-type", "l": "content-length"}
    return {names.get(n.strip().lower(), n.strip().lower()): v.strip() for n, _, v in pairs}


def _search(data: bytes, at: int, end: int, around: list[tuple[bytes, int]]) -> Found | None:
    """Looks into one entity: headers and body between `at` and `end`."""
    cut = data.index(b"\r\n\r\n", at)
    block, body = data[at:cut], cut + 4
    headers = _headers(block)
    kind = headers.get("content-type", "")
    here = around + [(block, end - body)]
    boundary = re.search(r'boundary="?([^";]+)', kind)
    if boundary:
        line = b"\r\n--" + boundary[1].encode()
        marks = [m.start() + 2 for m in re.finditer(re.escape(line), b"\r\n" + data[body:end])]
        for one, two in zip(marks, marks[1:]):
            start = data.index(b"\r\n", body + one - 2) + 2
            found = _search(data, start, body + two - 4, here)
            if found:
                return found
        return None
    if not kind.lower().startswith(krr.TYPE):
        return None
    encoding = headers.get("content-transfer-encoding", "").lower()
    text = data[body:end]
    if encoding == "base64":
        text = base64.b64decode(text)
    elif encoding == "quoted-printable":
        text = quopri.decodestring(text)
    return Found(body, end, text, here)


def find(data: bytes) -> Found | None:
    """The KRR of a whole message; its own Content-Length is not asked."""
    return _search(data, data.index(b"\r\n") + 2, len(data), [])


def root_of(body: bytes) -> bytes:
    """The root element, from its first `<` to its last `>`, as the standard wants it embedded."""
    return body[re.search(rb"<[A-Za-z]", body).start() : body.rindex(b">") + 1]  # type: ignore[union-attr]


def _layers(before: bytes, after: bytes) -> list[str]:
    inner = re.search(rb"<EmbeddedKrr>(.*)</EmbeddedKrr></KmsRedirectResponse>\s*$", after, re.S)
    if inner is None:
        return ["no embedded KRR at the end"]
    return [] if inner[1] == root_of(before) else ["the embedded KRR is not the old root, byte for byte"]


def scapy_faults(frame: bytes) -> list[str]:
    """Lengths and checksums of one frame as scapy computes them; of a fragment only those of IP."""
    packet = Ether(frame)
    fresh = packet.copy()
    ip = fresh.getlayer(IP)
    if ip is not None:
        del ip.len, ip.chksum
        whole = not (ip.frag or ip.flags.MF)
    else:
        whole = fresh.getlayer(IPv6).nh == 17
        del fresh.getlayer(IPv6).plen
    if whole:
        del fresh.getlayer(UDP).len, fresh.getlayer(UDP).chksum
    return [] if bytes(fresh) == frame else ["scapy computes other lengths or checksums"]


def _wire(came: Datagram, got: Datagram, mtu: int) -> list[str]:
    faults = [got.fault] if got.fault else []
    if (came.sport, came.dport) != (got.sport, got.dport):
        faults.append(f"ports {got.sport}, {got.dport}")
    for packet in got.packets:
        for name in ("src_mac", "dst_mac", "vlans", "src", "dst", "hops"):
            if getattr(packet, name) != getattr(came.first, name):
                faults.append(f"{name} is {getattr(packet, name)}")
        if packet.size > mtu:
            faults.append(f"a packet of {packet.size} bytes, the MTU is {mtu}")
        if packet.fragment and packet.dont_fragment:
            faults.append("a fragment with DF")
    return faults


def check(came: Datagram, got: Datagram, line: dict[str, object], time: int, mtu: int) -> list[str]:
    """Every fault of a rewritten 488; `line` is its event line, `time` that of the first copy."""
    faults = _wire(came, got, mtu)
    old, new = find(came.data), find(got.data)
    if old is None or new is None:
        return faults + ["no KRR in its place"]
    for part in (
        (came.data[: old.start], got.data[: new.start]),
        (came.data[old.end :], got.data[new.end :]),
    ):
        if LENGTH.sub(rb"\1N", part[0]) != LENGTH.sub(rb"\1N", part[1]):
            faults.append("something beside the KRR and its lengths changed")
    for block, size in new.around:
        if any(int(m[2]) != size for m in LENGTH.finditer(block + b"\r\n")):
            faults.append(f"a Content-Length that is not {size}: headers {block!r}")
    document = krr.read(new.body)
    faults += document.faults + _layers(old.body, new.body)
    if {"initiator": document.initiator, "receiver": document.receiver} != line["krr_out"]:
        faults.append(f"KRR ({document.initiator}, {document.receiver}), the event says {line['krr_out']}")
    whole = datetime.fromtimestamp(time // 10**9, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    if document.time != whole:
        faults.append(f"Time is {document.time}, the first copy came at {whole}")
    lists_in, lists_out = line["krr_in"], line["krr_out"]
    assert isinstance(lists_in, dict) and isinstance(lists_out, dict)
    for side in ("initiator", "receiver"):
        if line["side"] not in (side, "both") and lists_in[side] != lists_out[side]:
            faults.append(f"the {side} list was touched")
        if lists_in[side] != "ANY" and lists_out[side] != [n for n in lists_in[side] if n in lists_out[side]]:
            faults.append(f"the {side} list is no part of the old one in its order")
    return faults


def without_krr(came: Datagram, got: Datagram, mtu: int) -> list[str]:
    """Faults of a 488 that goes on without its body."""
    faults = _wire(came, got, mtu)
    head, _, body = got.data.partition(b"\r\n\r\n")
    if body or b"ontent-Type" in head or came.data.split(b"\r\n")[0] != head.split(b"\r\n")[0]:
        faults.append("not the 488 without a body")
    return faults
