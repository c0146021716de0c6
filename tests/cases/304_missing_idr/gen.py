# SPDX-License-Identifier: BSD-3-Clause
"""IDRkmsi or IDRkmsr left out."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import mikey, sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    pairs = [(None, "kms.a.example"), ("kms.a.example", None), ("kms.b.example", None), (None, None)]
    for number, (kmsi, kmsr) in enumerate(pairs, 1):
        out.send("inside", float(number), sip.small(number, kmsi, kmsr))
    only_kms = mikey.i_message(None, None, small=True)
    only_kms.payloads.insert(2, mikey.idr(mikey.ROLE_KMS, "kms.a.example"))
    only_kms.payloads.insert(2, mikey.identity("kms.a.example"))
    out.send("inside", 5.0, sip.offer("INVITE", 5, only_kms))
    out.send("outside", 6.0, sip.small(6, "kms.b.example", None, sent_by="10.2.0.20:5060"))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
