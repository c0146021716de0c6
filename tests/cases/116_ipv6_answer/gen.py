# SPDX-License-Identifier: BSD-3-Clause
"""Answers over IPv6: with rport, with a host name, with a VLAN tag."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import sip, wire  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    out.send("inside", 1.0, sip.small(1, "kms.b.example", sent_by="[2001:db8:1::10]:5060"), wire.OUTWARD6)
    other = wire.OUTWARD6.but(src=wire.Node(wire.CLIENT.mac, wire.CLIENT6.ip, 5099))
    out.send("inside", 2.0, sip.small(2, "kms.b.example", sent_by="[2001:db8:1::10]:5060", rport=True), other)
    out.send(
        "inside", 3.0, sip.small(3, "kms.b.example", sent_by="ue.mc1.example:5070"), other.but(vlans=(9,))
    )
    out.send("inside", 4.0, sip.small(4, "kms.b.example", sent_by="[2001:db8:1:0:0:0:0:10]"), other)
    return out


if __name__ == "__main__":
    main(scene(), __file__)
