# SPDX-License-Identifier: BSD-3-Clause
"""A reader of I_MESSAGEs written from the payload tables of RFC 3830, 6043 and 6509; it shares nothing with ours."""

from __future__ import annotations

import base64
import re
import struct
from dataclasses import dataclass, field

STAMP = {0: 8, 1: 8, 2: 4, 3: 4}  # length of a time stamp by its type


@dataclass
class Message:
    """What an I_MESSAGE holds: payload types in order, identities by role, sizes."""

    size: int
    csb_id: int
    map_type: int
    payloads: list[int] = field(default_factory=list)
    identities: dict[int, bytes] = field(default_factory=dict)
    rand: int = 0
    sakke: int = 0
    signature: int = 0


def _map_size(data: bytes, count: int, kind: int) -> int:
    if kind == 0:
        return 9 * count
    if kind == 1:
        assert count == 0, "the Empty map with crypto sessions"
        return 0
    assert kind == 2, f"CS ID map type {kind}"
    at = 0
    for _ in range(count):
        policies = data[at + 2] & 0x7F
        at += 3 + policies
        at += 2 + struct.unpack_from(">H", data, at)[0]
        at += 1 + data[at]
    return at


def walk(data: bytes) -> Message:
    """Every payload to the last byte; an assertion says what is wrong."""
    version, kind, following, _, csb, sessions, map_type = struct.unpack_from(">BBBBIBB", data)
    assert (version, kind) == (1, 26), f"version {version}, data type {kind}"
    out = Message(len(data), csb, map_type)
    at = 10 + _map_size(data[10:], sessions, map_type)
    while True:
        out.payloads.append(following)
        this = following
        if this == 4:  # SIGN: no next payload, always the last
            word = struct.unpack_from(">H", data, at)[0]
            out.signature = word & 0x0FFF
            assert at + 2 + out.signature == len(data), "SIGN does not end the message"
            return out
        following = data[at]
        if this == 5:
            at += 2 + STAMP[data[at + 1]]
        elif this == 11:
            out.rand = data[at + 1]
            at += 2 + out.rand
        elif this == 14:
            role, _, size = struct.unpack_from(">BBH", data, at + 1)
            assert role not in out.identities, f"role {role} twice"
            out.identities[role] = data[at + 5 : at + 5 + size]
            at += 5 + size
        elif this in (10, 26):
            size = struct.unpack_from(">H", data, at + 3)[0]
            out.sakke = size if this == 26 else out.sakke
            at += 5 + size
        elif this == 21:
            at += 4 + struct.unpack_from(">H", data, at + 2)[0]
        else:
            raise AssertionError(f"payload type {this}")
        assert at < len(data), "a payload passes the end"


def carried(message: bytes) -> list[bytes]:
    """The I_MESSAGEs that a SIP message names plainly: key-mgmt lines, application/mikey parts."""
    out = [base64.b64decode(m, validate=True) for m in re.findall(rb"\r\na=key-mgmt:mikey ([A-Za-z0-9+/=]+)\r\n", message)]
    for head, rest in re.findall(rb"Content-Type: application/mikey\r\n((?:[^\r\n]+\r\n)*)\r\n(.*?)\r\n--mcb-", message, re.S):
        out.append(base64.b64decode(rest, validate=True) if b"base64" in head else rest)
    return out
