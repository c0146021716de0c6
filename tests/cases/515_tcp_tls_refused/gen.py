# SPDX-License-Identifier: BSD-3-Clause
"""TLS on the SIP port and on the TLS port, under a policy that drops it."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib.scene import Scene, main  # noqa: E402
from lib.talk import Talk  # noqa: E402
from lib.tls import CLIENT_HELLO  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    for number, port in ((1, 5060), (2, 5061)):
        talk = Talk(out, float(number), number, port=port).open()
        talk.say("inside", CLIENT_HELLO, [90], heard=False)
    return out


if __name__ == "__main__":
    main(scene(), __file__)
