# SPDX-License-Identifier: BSD-3-Clause
"""P-Asserted-Identity places a user only when it comes from a trusted peer."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import mikey, sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    def call(number: int, ip: str, pai: str) -> sip.Message:
        """A call from nobody's user to nobody's user, with an asserted identity."""
        who = {"caller": "sip:anonymous@anonymous.invalid", "callee": "sip:x@ims.example", "sent_by": ip}
        key = mikey.i_message(
            "kms.a.example", "kms.a.example", mikey.filler("i", 32), "sip:x@ims.example", small=True
        )
        return sip.offer("INVITE", number, key, **who).add("P-Asserted-Identity", pai)

    out.send("inside", 1.0, call(1, "10.1.0.10", "<sip:bob@mc2.example>"))
    out.send("inside", 2.0, call(2, "10.1.0.10", '"Bob" <sip:bob@mc2.example>, <tel:+442012345>'))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
