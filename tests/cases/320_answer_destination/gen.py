# SPDX-License-Identifier: BSD-3-Clause
"""Where an answer goes: rport, sent-by port, received, maddr."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import sip, wire  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    other = wire.OUTWARD.but(src=wire.Node(wire.CLIENT.mac, wire.CLIENT.ip, 5099))
    bad = "kms.b.example"
    rows = [
        ({"sent_by": "10.1.0.10"}, other),
        ({"sent_by": "10.1.0.10:5062"}, other),
        ({"sent_by": "10.1.0.10:5062", "rport": True}, other),
        ({"sent_by": "ue.mc1.example"}, wire.OUTWARD),
        ({"sent_by": "ue.mc1.example:5071", "rport": True}, other),
        ({"sent_by": "192.168.1.7:5062"}, other),
        ({"sent_by": "10.1.0.10", "via": ";maddr=10.1.0.10"}, wire.OUTWARD),
        ({"sent_by": "10.1.0.10", "via": ";maddr=10.9.9.9"}, wire.OUTWARD),
        ({"sent_by": "10.1.0.10", "via": ";maddr=239.255.255.1;ttl=16"}, wire.OUTWARD),
    ]
    for number, (options, path) in enumerate(rows, 1):
        out.send("inside", float(number), sip.small(number, bad, **options), path)
    many = sip.small(10, bad)
    row = many.get("Via") + ' , SIP/2.0/UDP "quoted, host".example;branch=z9hG4bK-q'.replace(
        '"quoted, host"', "second"
    )
    many = many.put("Via", row + ';x="a, b"').add(
        "v", "SIP / 2.0 / UDP third.example : 5060;branch=z9hG4bK-t"
    )
    out.send("inside", 10.0, many)
    folded = sip.small(11, bad).encode().replace(b"Via: SIP/2.0/UDP ", b"Via:\r\n SIP/2.0/UDP\r\n\t")
    out.send("inside", 11.0, folded)
    return out


if __name__ == "__main__":
    main(scene(), __file__)
