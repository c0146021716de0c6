# SPDX-License-Identifier: BSD-3-Clause
"""UDP behind hop-by-hop, routing and destination options."""

from __future__ import annotations

import sys
from pathlib import Path

from scapy.layers.inet6 import IPv6ExtHdrDestOpt, IPv6ExtHdrHopByHop, IPv6ExtHdrRouting, PadN, RouterAlert

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import sip, wire  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    chains = [
        (IPv6ExtHdrHopByHop(options=[RouterAlert(), PadN(optdata=b"")]),),
        (IPv6ExtHdrDestOpt(options=[PadN(optdata=bytes(4))]),),
        (
            IPv6ExtHdrHopByHop(options=[PadN(optdata=bytes(4))]),
            IPv6ExtHdrRouting(type=0, segleft=0, addresses=["2001:db8::7"]),
            IPv6ExtHdrDestOpt(options=[PadN(optdata=bytes(12))]),
        ),
    ]
    number = 0
    for chain in chains:
        for kms in ("kms.a.example", "kms.b.example"):
            number += 1
            message = sip.small(number, kms, sent_by="[2001:db8:1::10]:5060")
            out.send("inside", number, message, wire.OUTWARD6.but(extensions=chain))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
