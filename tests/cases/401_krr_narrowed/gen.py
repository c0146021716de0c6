# SPDX-License-Identifier: BSD-3-Clause
"""KRRs that come back through a cs edge: direction tells the side."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import answers, sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    A, B, C = answers.A, answers.B, answers.C
    lists = [
        ("outside", [B, C, A], [B]),
        ("outside", "ANY", "ANY"),
        ("outside", [C], [B, "kms.evil.example"]),
        ("outside", None, None),
        ("inside", [B], [A, B, C]),
        ("inside", "ANY", "ANY"),
        ("inside", [B], []),
        ("outside", ["KMS.C.example", B], "ANY"),
    ]
    for number, (port, initiator, receiver) in enumerate(lists, 1):
        asked = sip.small(number)
        out.send(port, float(number), answers.refusal(asked, answers.document(initiator, receiver)))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
