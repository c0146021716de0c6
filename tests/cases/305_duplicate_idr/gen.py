# SPDX-License-Identifier: BSD-3-Clause
"""IDRkmsi or IDRkmsr twice: checker and endpoint may pick different ones."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import mikey, sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    number = 0
    for role, names in (
        (mikey.ROLE_KMSI, ("kms.b.example",)),
        (mikey.ROLE_KMSI, ("kms.a.example",)),
        (mikey.ROLE_KMSR, ("kms.b.example",)),
    ):
        for name in names:
            number += 1
            key = mikey.i_message(small=True)
            key.payloads.insert(key.find(mikey.IDR, role) + 1, mikey.idr(role, name))
            out.send("inside", float(number), sip.offer("INVITE", number, key))
    late = mikey.i_message(small=True)
    late.payloads.insert(
        late.find(mikey.IDR, mikey.ROLE_KMSR) + 1, mikey.idr(mikey.ROLE_KMSI, "kms.b.example")
    )
    out.send("inside", 4.0, sip.offer("INVITE", 4, late))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
