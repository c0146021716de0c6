# SPDX-License-Identifier: BSD-3-Clause
"""What a hostile control could send: tables cut, changed and sealed again, frames that are none. Each is refused by name, the
table that judges stays."""

from __future__ import annotations

import hashlib
import random
import struct

from smoke.lib import rpc
from smoke.lib.bed import Bed
from smoke.lib.box import Box
from smoke.lib.calls import HOME, OTHER, Callee, Caller
from smoke.lib.process import Failed, wait_until
from smoke.lib.suite import Context, expect, same, test

# policy/table/format.hpp: the table's digest, the head of the patterns with theirs, the sections
DIGEST_AT, DIGEST_SIZE = 24, 32
PATTERNS_AT, PATTERNS_SIZE = 24 + 32 + 8 + 4 + 4, 32 + 8 + 4 * 32 + 4 * 4
HEADER, SECTIONS, PATTERN_SECTION = PATTERNS_AT + PATTERNS_SIZE, 17, 14
NAMES = {"table-invalid", "edge-missing", "tag-words-full", "odd-globs"}


def changed(blob: bytes, at: int, value: bytes) -> bytes:
    return blob[:at] + value + blob[at + len(value) :]


def patterns_start(blob: bytes) -> int:
    """Where the part of the patterns starts, if the header can be believed."""
    end = HEADER + 16 * SECTIONS
    start = int.from_bytes(blob[HEADER + 16 * PATTERN_SECTION :][:8], "little")
    return start if end <= start <= len(blob) else len(blob)


def digest_of(blob: bytes) -> bytes:
    """Over all but the patterns, whose own digest is among it."""
    return hashlib.sha256(changed(blob, DIGEST_AT, bytes(DIGEST_SIZE))[: patterns_start(blob)]).digest()


def sealed(blob: bytes) -> bytes:
    """With the digests that its bytes call for."""
    if len(blob) >= HEADER + 16 * SECTIONS:
        entries = [HEADER + 16 * n + 8 for n in range(PATTERN_SECTION, SECTIONS)]
        head = blob[PATTERNS_AT + DIGEST_SIZE : HEADER] + b"".join(blob[at : at + 8] for at in entries)
        patterns = hashlib.sha256(head + blob[patterns_start(blob) :]).digest()
        blob = changed(blob, PATTERNS_AT, patterns)
    return changed(blob, DIGEST_AT, digest_of(blob))


def hostile(blob: bytes) -> dict[str, bytes]:
    """Tables that must be refused whatever else they say."""
    out = {
        "nothing": b"",
        "the magic alone": blob[:8],
        "a table twice": blob + blob,
        "one byte more": blob + b"\0",
        "noise": random.Random(1).randbytes(4096),
        "zeros": bytes(len(blob)),
        "another magic": sealed(b"X" + blob[1:]),
        "another version": sealed(changed(blob, 8, struct.pack("<I", 999))),
        "a size beyond the blob": sealed(changed(blob, 16, struct.pack("<Q", len(blob) + 8))),
        "a size of all ones": sealed(changed(blob, 16, b"\xff" * 8)),
        "another edge": sealed(blob.replace(b"mc1-edge", b"mc9-edge")),
    }
    sizes = sorted({*range(1, 64), *range(64, len(blob), max(1, len(blob) // 60)), len(blob) - 1})
    out |= {f"cut to {size}": blob[:size] for size in sizes}
    out |= {
        f"cut to {size} and sealed": sealed(changed(blob, 16, struct.pack("<Q", size))[:size])
        for size in sizes
        if size > HEADER
    }
    places = random.Random(2).sample(range(len(blob)), 60)
    out |= {f"byte {at} flipped": changed(blob, at, bytes([blob[at] ^ 0x41])) for at in places}
    for entry in range(SECTIONS):  # its offset, its count
        for field in (0, 8):
            out[f"section {entry}, field {field}"] = sealed(
                changed(blob, HEADER + 16 * entry + field, b"\xff\xff\xff\xff\xff\xff\xff\x7f")
            )
    return out


@test("hostile tables")
def tables(context: Context) -> None:
    with Bed(context.folder) as bed:
        box = Box(bed, context.build).start()
        Callee(bed, bed.b)
        assert box.control is not None and box.dataplane is not None
        box.control.stop()
        blob = box.last_table()
        with box.link() as link:
            digest = link.call("status")["digest"]
            expect(
                digest.endswith(digest_of(blob).hex()),
                f"last.table is not the table of {digest}",
            )
            refused: dict[str, int] = {}
            generation = link.call("status")["generation"] + 1
            for what, table in hostile(blob).items():
                try:
                    generation += 1
                    link.call("table", table, generation=generation)
                except rpc.Refused as refusal:
                    expect(refusal.name in NAMES and refusal.error.get("message"), f"{what}: refused as {refusal}")
                    refused[refusal.name] = refused.get(refusal.name, 0) + 1
                else:
                    raise Failed(f"{what}: taken for a table")
            # sealed again with a change inside: it may even be a good table; then it must be one that works
            odd = 0
            for at in random.Random(3).sample(range(HEADER, len(blob)), 200):
                generation += 1
                try:
                    link.call(
                        "table", sealed(changed(blob, at, bytes([blob[at] ^ (1 << at % 8)]))), generation=generation
                    )
                    odd += 1
                except rpc.Refused as refusal:
                    expect(refusal.name in NAMES, f"byte {at} changed and sealed: {refusal}")
                    refused[refusal.name] = refused.get(refusal.name, 0) + 1
            link.call("table", blob, generation=generation + 1)
            same("digest after all of them", link.call("status")["digest"], digest)
        expect(box.dataplane.alive(), "the dataplane died:\n" + box.dataplane.tail())
        same("last.table", box.last_table() == blob, True)
        same(
            "calls with A and C",
            [
                Caller(bed, n, k, HOME, local=p).finish()["successful"]
                for n, k, p in (("good", HOME, 5102), ("bad", OTHER, 5104))
            ],
            [1, 1],
        )
        context.say(
            ", ".join(f"{count} {name}" for name, count in sorted(refused.items()))
            + f", {odd} changed ones were good tables"
        )
        box.stop()


def closes(box: Box, what: str, data: bytes, hello: bool = False) -> None:
    """The dataplane must answer with an error or close; nothing else."""
    with box.link(hello) as link:
        link.stream.settimeout(5)
        link.stream.sendall(data)
        try:
            answer, _ = link.read()
        except (EOFError, ConnectionResetError):
            return
        except TimeoutError:
            raise Failed(f"{what}: neither an answer nor an end") from None
        expect(answer.get("ok") is False and answer.get("error", {}).get("name"), f"{what}: answered {answer}")


@test("table socket, broken frames")
def frames(context: Context) -> None:
    with Bed(context.folder) as bed:
        box = Box(bed, context.build).start()
        assert box.control is not None and box.dataplane is not None
        box.control.stop()
        head = rpc.MAGIC
        cases = {
            "another magic": struct.pack("<IIQ", 0x12345678, 2, 0) + b"{}",
            "HTTP": b"GET / HTTP/1.1\r\nHost: box\r\n\r\n",
            "JSON too large": struct.pack("<IIQ", head, (1 << 20) + 1, 0),
            "JSON of all ones": struct.pack("<IIQ", head, 0xFFFFFFFF, 0),
            "no JSON at all": struct.pack("<IIQ", head, 0, 0),
            "broken JSON": rpc.frame(b'{"id":1,"op":'),
            "JSON that is no object": rpc.frame(b"[1,2,3]"),
            "deep JSON": rpc.frame(b"[" * 100_000 + b"]" * 100_000),
            "not UTF-8": rpc.frame(b'{"id":1,"op":"\xff\xfe"}'),
            "no operation": rpc.frame({"id": 1}),
            "an unknown operation": rpc.frame({"id": 1, "op": "reboot"}),
            "an operation that is no text": rpc.frame({"id": 1, "op": {"a": 1}}),
            "an id that is no number": rpc.frame({"id": {"x": []}, "op": "status"}),
            "attachment beyond all bounds": struct.pack("<IIQ", head, 30, 1 << 62)
            + b'{"id":1,"op":"table","generat"}',
            "attachment to status": struct.pack("<IIQ", head, 24, (16 << 20) + 1) + b'{"id":1,"op":"status"}  ',
            "zeros": bytes(4096),
        }
        for what, data in cases.items():
            closes(box, what, data)
            closes(box, what + " after hello", data, hello=True)
        for count in range(1, 40):  # vanishes in the middle of a frame
            with box.link() as link:
                link.stream.sendall(rpc.frame({"id": 1, "op": "table", "generation": 2}, bytes(64))[:count])
        # hello by a second one takes over
        with box.link() as first, box.link() as second:
            second.call("status")
            try:
                first.call("status")
                raise Failed("two controls at a time")
            except (EOFError, OSError):
                pass
        expect(box.dataplane.alive(), "the dataplane died:\n" + box.dataplane.tail())
        with box.link() as link:
            expect(link.call("status")["generation"] is not None, "no table any more")
        box.start_control()
        wait_until("control to come back", lambda: box.dataplane_status(), 10)
        context.say(f"{2 * len(cases)} broken frames, 39 cut ones")
        box.stop()
