# SPDX-License-Identifier: BSD-3-Clause
"""An is edge: whose user it is decides the side, not the direction."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    ALICE, BOB, CAROL, DAVE = sip.ALICE, sip.BOB, "sip:carol@mc2.example", "sip:dave@mc1.example"
    calls = [
        ("outside", ALICE, BOB, "kms.a.example", "kms.a.example"),
        ("outside", ALICE, BOB, "kms.a.example", "kms.d.example"),
        ("inside", ALICE, BOB, "kms.a.example", "kms.a.example"),
        ("outside", BOB, ALICE, "kms.a.example", "kms.a.example"),
        ("inside", BOB, ALICE, "kms.b.example", "kms.a.example"),
        ("inside", BOB, CAROL, "kms.a.example", "kms.a.example"),
        ("inside", BOB, CAROL, "kms.b.example", "kms.a.example"),
        ("inside", BOB, CAROL, "kms.b.example", "kms.d.example"),
        ("inside", ALICE, DAVE, "kms.evil.example", "kms.evil.example"),
    ]
    for number, (port, caller, callee, kmsi, kmsr) in enumerate(calls, 1):
        by = "10.1.0.10:5060" if port == "inside" else "10.2.0.20:5060"
        out.send(port, float(number), sip.small(number, kmsi, kmsr, caller=caller, callee=callee, sent_by=by))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
