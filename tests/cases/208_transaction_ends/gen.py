# SPDX-License-Identifier: BSD-3-Clause
"""The To tag of an ACK stays ours after the table has forgotten the INVITE."""

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
    out.send("inside", 400.0, sip.hop(refused, "CANCEL"))
    out.send("inside", 401.0, sip.hop(refused, "ACK", retag.place(1)))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
