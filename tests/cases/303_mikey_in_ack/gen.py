# SPDX-License-Identifier: BSD-3-Clause
"""An I_MESSAGE in an ACK cannot be redirected."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import mikey, sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    for at, kms in ((1.0, "kms.a.example"), (2.0, "kms.b.example")):
        out.send("inside", at, sip.small(int(at), kms, method="ACK", to_tag="peer"))
    broken_key = mikey.i_message(small=True, tail=b"\x00")
    out.send("inside", 3.0, sip.offer("ACK", 3, broken_key, to_tag="peer"))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
