# SPDX-License-Identifier: BSD-3-Clause
"""The rules that an unresolved user could match have nothing in common."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import mikey, sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    nobody = mikey.filler("unknown uid", 32)
    to = {"callee": "sip:group-7@ims.example", "sent_by": "10.2.0.20:5060"}
    for number, kmsr in enumerate(["kms.b.example", "kms.d.example"], 1):
        key = mikey.i_message("kms.a.example", kmsr, sip.ALICE, nobody, small=True)
        out.send("outside", float(number), sip.offer("INVITE", number, key, **to))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
