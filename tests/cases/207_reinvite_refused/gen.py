# SPDX-License-Identifier: BSD-3-Clause
"""In a dialog the To tag is the peer's and stays; the ACK is known from the table."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    refused = sip.invite(1, kmsi="kms.b.example", to_tag="dialog-7", cseq=42)
    out.send("inside", 1.0, refused)
    out.send("inside", 1.1, sip.hop(refused, "ACK"))
    out.send(
        "inside",
        1.2,
        sip.hop(refused, "ACK").put("Via", "SIP/2.0/UDP 10.1.0.10:5060;branch=z9hG4bK-elsewhere"),
    )
    update = sip.small(2, "kms.b.example", method="UPDATE", to_tag="dialog-7", cseq=43)
    out.send("inside", 2.0, update)
    out.send("inside", 3.0, sip.invite(3, to_tag="dialog-7", cseq=44))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
