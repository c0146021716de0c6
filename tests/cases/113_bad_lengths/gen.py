# SPDX-License-Identifier: BSD-3-Clause
"""IP and UDP lengths that exceed the frame or contradict each other."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import sip, wire  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    good = wire.udp(wire.OUTWARD, sip.small(1).encode())[0]
    sixth = wire.udp(wire.OUTWARD6, sip.small(2, sent_by="[2001:db8:1::10]").encode())[0]
    total, total6 = len(good) - 14, len(sixth) - 54

    def ipv4(at: int, value: bytes) -> bytes:
        """A field of the IPv4 header changed, its checksum made good again."""
        frame = bytearray(wire.patched(wire.patched(good, at, value), 24, b"\x00\x00"))
        words = sum(int.from_bytes(frame[k : k + 2], "big") for k in range(14, 34, 2))
        words = (words & 0xFFFF) + (words >> 16)
        frame[24:26] = (0xFFFF - ((words & 0xFFFF) + (words >> 16))).to_bytes(2, "big")
        return bytes(frame)

    out.frames(
        "inside",
        1.0,
        [
            ipv4(16, (total + 1).to_bytes(2, "big")),
            ipv4(16, (19).to_bytes(2, "big")),
            ipv4(16, (24).to_bytes(2, "big")),
            ipv4(14, b"\x44"),
            wire.patched(good, 38, (total - 20 + 1).to_bytes(2, "big")),
            wire.patched(good, 38, (total - 20 - 1).to_bytes(2, "big")),
            wire.patched(good, 38, (7).to_bytes(2, "big")),
            wire.patched(sixth, 18, (total6 + 1).to_bytes(2, "big")),
            wire.patched(sixth, 58, (total6 + 8).to_bytes(2, "big")),
            good[:20],
            sixth[:40],
        ],
    )
    out.frames("inside", 2.0, [good])
    return out


if __name__ == "__main__":
    main(scene(), __file__)
