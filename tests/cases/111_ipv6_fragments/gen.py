# SPDX-License-Identifier: BSD-3-Clause
"""IPv6 fragments in order, reordered, and behind a hop-by-hop header."""

from __future__ import annotations

import sys
from pathlib import Path

from scapy.layers.inet6 import IPv6ExtHdrHopByHop, PadN

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import sip, wire  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    by = {"sent_by": "[2001:db8:1::10]:5060"}
    out.send("inside", 1.0, sip.invite(1, **by), wire.OUTWARD6)
    out.send("inside", 2.0, sip.invite(2, kmsi="kms.b.example", **by), wire.OUTWARD6)
    three = wire.udp(
        wire.OUTWARD6.but(ident=33), sip.invite(3, kmsi="kms.b.example", **by).encode(), [800, 1600]
    )
    out.frames("inside", 3.0, [three[1], three[2], three[0]])
    hop = wire.OUTWARD6.but(extensions=(IPv6ExtHdrHopByHop(options=[PadN(optdata=bytes(4))]),))
    out.send("inside", 4.0, sip.invite(4, **by), hop)
    return out


if __name__ == "__main__":
    main(scene(), __file__)
