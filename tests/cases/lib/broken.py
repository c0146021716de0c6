# SPDX-License-Identifier: BSD-3-Clause
"""Messages that break exactly one rule of the closed list, by the name of the rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import mikey
from .mikey import Draft, Payload


def _insert(draft: Draft, at: int, *payloads: Payload) -> Draft:
    draft.payloads[at:at] = list(payloads)
    return draft


def _replace(draft: Draft, kind: int, payload: Payload, role: int | None = None) -> Draft:
    draft.payloads[draft.find(kind, role)] = payload
    return draft


def _swap(draft: Draft, one: int, two: int) -> Draft:
    draft.payloads[one], draft.payloads[two] = draft.payloads[two], draft.payloads[one]
    return draft


def _without(draft: Draft, kind: int) -> Draft:
    del draft.payloads[draft.find(kind)]
    return draft


def _with(draft: Draft, **fields: Any) -> Draft:
    for name, value in fields.items():
        setattr(draft, name, value)
    return draft


def _long_idr(draft: Draft) -> Draft:
    index = draft.find(mikey.IDR, mikey.ROLE_KMSR)
    body = bytearray(draft.payloads[index].body)
    body[2:4] = (4000).to_bytes(2, "big")
    draft.payloads[index] = Payload(mikey.IDR, bytes(body))
    return draft


def _kms(name: bytes, id_type: int = mikey.TYPE_URI) -> Callable[[Draft], Draft]:
    return lambda d: _replace(d, mikey.IDR, mikey.idr(mikey.ROLE_KMSI, name, id_type), mikey.ROLE_KMSI)


def _hidden_sign(draft: Draft) -> Draft:
    tail = draft.payloads.pop().body
    return _with(draft, tail=tail)


# Name of the rule -> what breaks it. Several entries for one rule carry a suffix after a blank.
BINARY: dict[str, Callable[[Draft], Draft]] = {
    "version": lambda d: _with(d, version=2),
    "version zero": lambda d: _with(d, version=0),
    "cs-id-map-type": lambda d: _with(d, map_type=3),
    "cs-id-map-empty": lambda d: _with(d, cs_count=1),
    "cs-id-map-length": lambda d: _with(d, map_type=0, cs_count=255),
    "cs-id-map-length generic": lambda d: _with(
        d, map_type=2, cs_count=1, map_info=b"\x04\x00\x00\xff\xff\x00"
    ),
    "payload-type kemac": lambda d: _insert(d, 2, Payload(mikey.KEMAC, b"\x00\x00\x00\x00")),
    "payload-type unknown": lambda d: _insert(d, 2, Payload(99, b"\x00\x00\x00\x00")),
    "payload-type err": lambda d: _insert(d, 2, Payload(mikey.ERR, b"\x00\x00\x00")),
    "payload-count": lambda d: _insert(d, 2, *[mikey.genext(1, 2) for _ in range(30)]),
    "payload-length": _long_idr,
    "t-type": lambda d: _replace(d, mikey.T, Payload(mikey.T, b"\x04" + bytes(8))),
    "t-first": lambda d: _swap(d, 0, 1),
    "t-once": lambda d: _insert(d, 2, mikey.t_payload()),
    "rand-once twice": lambda d: _insert(d, 2, mikey.rand_payload()),
    "rand-once none": lambda d: _without(d, mikey.RAND),
    "rand-length": lambda d: _replace(d, mikey.RAND, mikey.rand_payload(15)),
    "sakke-once twice": lambda d: _insert(d, d.find(mikey.SIGN), mikey.sakke(24)),
    "sakke-once none": lambda d: _without(d, mikey.SAKKE),
    "sign-once none": lambda d: _without(d, mikey.SIGN),
    "idr-role zero": lambda d: _insert(d, 2, mikey.idr(0, "sip:x@mc1.example")),
    "idr-role ten": lambda d: _insert(d, 2, mikey.idr(10, "sip:x@mc1.example")),
    "idr-repeated": lambda d: _insert(d, 3, mikey.idr(mikey.ROLE_INITIATOR, "sip:alice@mc1.example")),
    "idr-after-sakke": lambda d: _insert(d, d.find(mikey.SIGN), mikey.idr(5, "sip:app@mc1.example")),
    "idr-order": lambda d: _swap(d, d.find(mikey.IDR, mikey.ROLE_KMSI), d.find(mikey.IDR, mikey.ROLE_KMSR)),
    "kms-name-type": _kms(b"kms.a.example", mikey.TYPE_BYTES),
    "kms-name-empty": _kms(b""),
    "kms-name-bytes nul": _kms(b"kms.a.example\x00"),
    "kms-name-bytes space": _kms(b"kms.a.example "),
    "kms-name-bytes high": _kms(b"kms.\xc3\xa4.example"),
    "sign-last": _hidden_sign,
    "trailing-bytes one": lambda d: _with(d, tail=b"\x00"),
    "trailing-bytes message": lambda d: _with(d, tail=mikey.i_message(small=True).encode()),
}


def _aligned(draft: Draft, left_over: int) -> Draft:
    """Grows the signature until the length leaves this rest when cut into groups of three."""
    length = 16
    while len(draft.encode()) % 3 != left_over:
        length += 1
        _replace(draft, mikey.SIGN, mikey.sign(length))
    return draft


def _flip(b64: str) -> str:
    return b64[:100] + "*" + b64[101:]


# The same for the base64 form: what is broken is the text.
TEXT: dict[str, Callable[[], str]] = {
    "base64-alphabet": lambda: _flip(mikey.text(mikey.i_message(small=True))),
    "base64-alphabet url": lambda: _flip(mikey.text(mikey.i_message(small=True))).replace("*", "-"),
    "base64-alphabet blank": lambda: _flip(mikey.text(mikey.i_message(small=True))).replace("*", " "),
    "base64-padding absent": lambda: mikey.text(_aligned(mikey.i_message(small=True), 1)).rstrip("="),
    "base64-padding short": lambda: mikey.text(_aligned(mikey.i_message(small=True), 1))[:-1],
    "base64-padding inside": lambda: mikey.text(mikey.i_message(small=True).encode()[:100])
    + mikey.text(mikey.i_message(small=True).encode()[100:]),
    "base64-length": lambda: mikey.text(_aligned(mikey.i_message(small=True), 0)) + "A",
    "header-length": lambda: mikey.text(mikey.i_message(small=True).encode()[:9]),
    "header-length one": lambda: mikey.text(b"\x01"),
}


def every() -> list[tuple[str, str]]:
    """All breakages as (rule and suffix, base64 text)."""
    rows = [(name, mikey.text(breaks(mikey.i_message(small=True)))) for name, breaks in BINARY.items()]
    return rows + [(name, breaks()) for name, breaks in TEXT.items()]
