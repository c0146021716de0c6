# SPDX-License-Identifier: BSD-3-Clause
"""A malformed I_MESSAGE, and content that cannot be looked into, over TCP."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import mikey, sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402
from lib.talk import Talk  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    broken_key = mikey.i_message(small=True, tail=b"\x00")
    Talk(out, 1.0, 1).open().say("inside", sip.offer("INVITE", 1, broken_key), [5], heard=False)
    packed = sip.request("MESSAGE", 2, "text/plain", b"\x1f\x8b\x08" + bytes(40)).put("Content-Encoding", "gzip")
    Talk(out, 2.0, 2, stamps=True).open().say("inside", packed, [5], heard=False)
    Talk(out, 3.0, 3, v6=True).open().say("inside", sip.offer("ACK", 3, broken_key, to_tag="peer"), heard=False)
    return out


if __name__ == "__main__":
    main(scene(), __file__)
