# SPDX-License-Identifier: BSD-3-Clause
"""Use case X.7: the receiver roams, known by a tag, and has to be reached with KMS D."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    out.send(
        "outside", 1.0, sip.invite(1, kmsi="kms.a.example", kmsr="kms.a.example", sent_by="10.2.0.20:5060")
    )
    out.send(
        "outside", 2.0, sip.invite(2, kmsi="kms.a.example", kmsr="kms.d.example", sent_by="10.2.0.20:5060")
    )
    carol = {"callee": "sip:carol@mc2.example", "sent_by": "10.2.0.20:5060"}
    out.send("outside", 3.0, sip.invite(3, kmsi="kms.a.example", kmsr="kms.d.example", **carol))
    out.send("outside", 4.0, sip.invite(4, kmsi="kms.a.example", kmsr="kms.b.example", **carol))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
