# SPDX-License-Identifier: BSD-3-Clause
"""Allowed messages of every size and form leave exactly as they came."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import mikey, sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    forms = [
        mikey.i_message(),
        mikey.i_message(**mikey.srtp_map()),
        mikey.i_message(**mikey.generic_map()),
        mikey.i_message(map_type=2),
        mikey.i_message(v_flag=True, prf=0),
        mikey.i_message(idri=None, idrr=None),
    ]
    for number, form in enumerate(forms, 1):
        out.send("inside", number, sip.invite(number, form, media=number % 2 == 0))
    long = sip.invite(7)
    for index in range(30):
        long = long.add(
            "Record-Route",
            f"<sip:proxy-{index}.mc1.example;lr;session=0123456789012345678901234567890123456789>",
        )
    out.send("inside", 7.0, long)
    out.send("outside", 8.0, sip.invite(8, kmsr="kms.a.example", sent_by="10.2.0.20:5060"))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
