# SPDX-License-Identifier: BSD-3-Clause
"""An answer larger than the MTU over IPv6."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import sip, wire  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    message = sip.small(1, "kms.b.example", sent_by="[2001:db8:1::10]:5060")
    for index in range(12):
        message = message.add(
            "Via", f"SIP/2.0/UDP hop-{index}.mc1.example:5060;branch=z9hG4bK-hop-{index}-0123456789abcdefghij"
        )
    out.send("inside", 1.0, message, wire.OUTWARD6)
    return out


if __name__ == "__main__":
    main(scene(), __file__)
