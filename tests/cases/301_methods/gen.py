# SPDX-License-Identifier: BSD-3-Clause
"""Every method with an I_MESSAGE in it, allowed and forbidden."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import mikey, sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


METHODS = [
    "INVITE",
    "REGISTER",
    "PUBLISH",
    "MESSAGE",
    "NOTIFY",
    "INFO",
    "REFER",
    "UPDATE",
    "PRACK",
    "SUBSCRIBE",
    "OPTIONS",
    "BYE",
    "NEWMETHOD",
]
RAW = ("REGISTER", "PUBLISH", "MESSAGE", "INFO")


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    for index, method in enumerate(METHODS):
        for second, kms in enumerate(["kms.a.example", "kms.b.example"]):
            number = 2 * index + second + 1
            key = mikey.i_message(kms, small=True)
            message = sip.offer(method, number, key)
            if method in RAW:
                message = sip.request(method, number, sip.MIKEY, key.encode())
            out.send("inside", float(number), message)
    return out


if __name__ == "__main__":
    main(scene(), __file__)
