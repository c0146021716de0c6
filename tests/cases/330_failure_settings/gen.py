# SPDX-License-Identifier: BSD-3-Clause
"""Causes with another setting than the default."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import mikey, sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    out.send("inside", 1.0, sip.offer("INVITE", 1, mikey.i_message(small=True, tail=b"\x00")))
    twice = mikey.i_message(small=True)
    twice.payloads.insert(2, mikey.idr(mikey.ROLE_KMSI, "kms.a.example"))
    out.send("inside", 2.0, sip.offer("INVITE", 2, twice))
    out.send("inside", 3.0, sip.offer("INVITE", 3, mikey.i_message(small=True, data_type=0)))
    out.send("inside", 4.0, sip.small(4, None))
    out.send(
        "inside", 5.0, sip.request("INVITE", 5, sip.SDP, b"\x1f\x8b packed").add("Content-Encoding", "gzip")
    )
    return out


if __name__ == "__main__":
    main(scene(), __file__)
