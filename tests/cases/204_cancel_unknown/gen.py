# SPDX-License-Identifier: BSD-3-Clause
"""CANCELs of an unknown and of a forwarded INVITE."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    passed = sip.invite(1)
    out.send("inside", 1.0, passed)
    out.send("inside", 1.2, sip.hop(passed, "CANCEL"))
    out.send("inside", 2.0, sip.hop(sip.request("INVITE", 2), "CANCEL"))
    refused = sip.small(3, "kms.b.example")
    out.send("inside", 3.0, refused)
    out.send(
        "inside",
        3.5,
        sip.hop(refused.put("Via", "SIP/2.0/UDP 10.1.0.10:5060;branch=z9hG4bK-other"), "CANCEL"),
    )
    return out


if __name__ == "__main__":
    main(scene(), __file__)
