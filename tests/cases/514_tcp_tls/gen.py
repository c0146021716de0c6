# SPDX-License-Identifier: BSD-3-Clause
"""TLS on the SIP port and on the TLS port, as the policy has it by default."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib.scene import Scene, main  # noqa: E402
from lib.talk import Talk  # noqa: E402
from lib.tls import CLIENT_FLIGHT, CLIENT_HELLO, REQUEST, RESPONSE, SERVER_FLIGHT  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    for number, port in ((1, 5060), (2, 5061)):
        talk = Talk(out, float(number), number, port=port).open()
        talk.say("inside", CLIENT_HELLO, [3, 90])
        talk.say("outside", SERVER_FLIGHT)
        talk.say("inside", CLIENT_FLIGHT + REQUEST, [1, 50, 83])
        talk.say("outside", RESPONSE)
        talk.close()
    return out


if __name__ == "__main__":
    main(scene(), __file__)
