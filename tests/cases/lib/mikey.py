# SPDX-License-Identifier: BSD-3-Clause
"""MIKEY-SAKKE I_MESSAGEs, built payload by payload (RFC 3830, RFC 6043, RFC 6509, TS 33.180 annex E)."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from typing import Any

LAST, KEMAC, PKE, DH, SIGN, T, ID, CERT, CHASH, V, SP, RAND, ERR, TR, IDR, RANDR = range(16)
GENEXT, SAKKE = 21, 26
ROLE_INITIATOR, ROLE_RESPONDER, ROLE_KMS, ROLE_KMSI, ROLE_KMSR, ROLE_UIDI, ROLE_UIDR = 1, 2, 3, 6, 7, 8, 9
TYPE_URI, TYPE_BYTES = 1, 2
NTP_OFFSET = 2208988800  # seconds from 1900 to 1970


def filler(label: str, length: int) -> bytes:
    """Bytes that look random and are the same on every run."""
    out = b""
    while len(out) < length:
        out += hashlib.sha256(f"{label}/{len(out)}".encode()).digest()
    return out[:length]


@dataclass
class Payload:
    """One payload: its type, and everything after its next-payload byte (SIGN has no such byte)."""

    kind: int
    body: bytes


@dataclass
class Draft:
    """A message before encoding: every field may be set wrong on purpose."""

    payloads: list[Payload]
    version: int = 1
    data_type: int = 26
    v_flag: bool = False
    prf: int = 1
    csb_id: int = 0x10000001
    cs_count: int = 0
    map_type: int = 1
    map_info: bytes = b""
    end: int = LAST
    tail: bytes = b""
    extra: dict[str, int] = field(default_factory=dict)

    def header(self) -> bytes:
        """The common header HDR (RFC 3830 6.1)."""
        first = self.payloads[0].kind if self.payloads else self.end
        return (
            bytes([self.version, self.data_type, first, (0x80 if self.v_flag else 0) | self.prf])
            + self.csb_id.to_bytes(4, "big")
            + bytes([self.cs_count, self.map_type])
            + self.map_info
        )

    def boundaries(self) -> list[int]:
        """Where each payload starts, the header at 0 left out, the end included."""
        at = [len(self.header())]
        for payload in self.payloads:
            at.append(at[-1] + len(payload.body) + (payload.kind != SIGN))
        return at

    def encode(self) -> bytes:
        """The message as it goes on the wire."""
        out = self.header()
        for index, payload in enumerate(self.payloads):
            last = index + 1 == len(self.payloads)
            following = self.end if last else self.payloads[index + 1].kind
            out += payload.body if payload.kind == SIGN else bytes([following]) + payload.body
        return out + self.tail

    def find(self, kind: int, role: int | None = None) -> int:
        """Index of the first payload of this type (and IDR role)."""
        for index, payload in enumerate(self.payloads):
            if payload.kind == kind and (role is None or payload.body[0] == role):
                return index
        raise LookupError(f"no payload {kind} role {role}")


def sized(prefix: bytes, data: bytes) -> bytes:
    """A prefix, a two-byte length and the data: the shape most payloads have."""
    return prefix + len(data).to_bytes(2, "big") + data


def t_payload(seconds: int = 1_700_000_000, ts_type: int = 0) -> Payload:
    """Time stamp: type 0 and 1 are NTP (8 bytes), 2 a counter, 3 NTP of 4 bytes."""
    value = (seconds + NTP_OFFSET).to_bytes(4, "big")
    return Payload(T, bytes([ts_type]) + (value + bytes(4) if ts_type < 2 else value))


def rand_payload(length: int = 16) -> Payload:
    """Random number."""
    return Payload(RAND, bytes([length]) + filler("rand", length))


def idr(role: int, data: str | bytes, id_type: int = TYPE_URI) -> Payload:
    """Identity with a role (RFC 6043 6.6)."""
    raw = data.encode() if isinstance(data, str) else data
    return Payload(IDR, sized(bytes([role, id_type]), raw))


def identity(data: str) -> Payload:
    """Identity without a role (RFC 3830 6.7)."""
    return Payload(ID, sized(bytes([TYPE_URI]), data.encode()))


def cert() -> Payload:
    """Certificate."""
    return Payload(CERT, sized(b"\x01", filler("cert", 24)))


def sp() -> Payload:
    """SRTP security policy with a few parameters."""
    params = b"".join(
        bytes([kind, 1, value]) for kind, value in ((0, 1), (1, 16), (2, 1), (3, 20), (7, 1), (8, 1))
    )
    return Payload(SP, sized(b"\x00\x00", params))


def genext(kind: int = 7, length: int = 16) -> Payload:
    """General extension; 7 carries the 3GPP key parameters."""
    return Payload(GENEXT, sized(bytes([kind]), filler("genext", length)))


def sakke(length: int = 273) -> Payload:
    """SAKKE payload, parameter set 1, 3GPP hashed UID scheme."""
    return Payload(SAKKE, sized(b"\x01\x02", b"\x04" + filler("sakke", length - 1)))


def sign(length: int = 129) -> Payload:
    """ECCSI signature: type in the high four bits, length in the low twelve."""
    return Payload(SIGN, (0x2000 | length).to_bytes(2, "big") + filler("sign", length))


def srtp_map(count: int = 2) -> dict[str, Any]:
    """Draft fields of a CS ID map of type 0, SRTP-ID."""
    return {"map_type": 0, "cs_count": count, "map_info": filler("srtp", 9 * count)}


def generic_map(count: int = 2, with_policy: int = 1, spi: int = 4) -> dict[str, Any]:
    """Draft fields of a CS ID map of type 2, GENERIC-ID (RFC 6043 6.1.1)."""
    info = b""
    for cs_id in range(count):
        info += bytes([cs_id + 4, 0, with_policy]) + bytes(with_policy)
        info += sized(b"", filler("session", 4)) + bytes([spi]) + filler("spi", spi)
    return {"map_type": 2, "cs_count": count, "map_info": info}


def i_message(
    kmsi: str | bytes | None = "kms.a.example",
    kmsr: str | bytes | None = "kms.a.example",
    idri: str | bytes | None = "sip:alice@mc1.example",
    idrr: str | bytes | None = "sip:bob@mc2.example",
    *,
    small: bool = False,
    **fields: Any,
) -> Draft:
    """A well-formed message; bytes as identity make a hashed UID (roles 8, 9); small keeps captures short."""
    payloads = [t_payload(), rand_payload()]
    if idri is not None:
        payloads.append(idr(ROLE_UIDI if isinstance(idri, bytes) else ROLE_INITIATOR, idri))
    if idrr is not None:
        payloads.append(idr(ROLE_UIDR if isinstance(idrr, bytes) else ROLE_RESPONDER, idrr))
    if kmsi is not None:
        payloads.append(idr(ROLE_KMSI, kmsi))
    if kmsr is not None:
        payloads.append(idr(ROLE_KMSR, kmsr))
    if small:
        payloads += [sakke(24), sign(16)]
    else:
        payloads += [sp(), sakke(), genext(), sign()]
    draft = Draft(payloads)
    for name, value in fields.items():
        setattr(draft, name, value)
    return draft


def text(message: Draft | bytes) -> str:
    """The base64 form that stands in SDP."""
    raw = message.encode() if isinstance(message, Draft) else message
    return base64.b64encode(raw).decode()


def minimal(number: int) -> bytes:
    """A number in as few bytes as it needs, big-endian, one zero byte for zero."""
    return number.to_bytes(max(1, (number.bit_length() + 7) // 8), "big")


def hashed_uid(user: str, kms: str, seconds: int, period: int = 2592000, offset: int = 0) -> bytes:
    """The UID of TS 33.180 F.2.1 for a user of a KMS at a time in seconds since 1970."""
    number = (seconds + NTP_OFFSET - offset) // period
    values = [
        b"MIKEY-SAKKE-UID",
        user.encode(),
        kms.encode(),
        minimal(period),
        minimal(offset),
        minimal(number),
    ]
    return hashlib.sha256(
        b"\x00" + b"".join(value + len(value).to_bytes(2, "big") for value in values)
    ).digest()
