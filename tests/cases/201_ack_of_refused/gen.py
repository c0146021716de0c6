# SPDX-License-Identifier: BSD-3-Clause
"""The ACK of a 488 that we sent carries our To tag and must not reach the peer."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import retag, sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    refused = sip.invite(1, kmsi="kms.b.example")
    out.send("inside", 1.0, refused)
    out.send("inside", 1.1, sip.hop(refused, "ACK", retag.place(1)))
    out.send("inside", 1.6, sip.hop(refused, "ACK", retag.place(1)))
    other = refused.put("Via", "SIP/2.0/UDP 10.1.0.10:5060;branch=z9hG4bK-other")
    out.send("inside", 2.0, sip.hop(other, "ACK", "somebody-else"))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
