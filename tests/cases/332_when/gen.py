# SPDX-License-Identifier: BSD-3-Clause
"""Rules on user, peer and visited network; the first match wins."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import sip, wire  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    lab = wire.OUTWARD.but(src=wire.Node(wire.CLIENT.mac, "10.1.5.7"))
    rows = [
        ("sip:gold-1@mc1.example", wire.OUTWARD, None),
        (sip.ALICE, lab, None),
        (sip.ALICE, wire.OUTWARD, "visited.example"),
        (sip.ALICE, wire.OUTWARD, None),
        ("sip:gold-2@mc1.example", lab, "visited.example"),
    ]
    for number, (caller, path, visited) in enumerate(rows, 1):
        message = sip.small(number, "kms.x.example", "kms.y.example", caller=caller, sent_by=path.src.ip)
        if visited:
            message = message.add("P-Visited-Network-ID", visited)
        out.send("inside", float(number), message, path)
    return out


if __name__ == "__main__":
    main(scene(), __file__)
