# SPDX-License-Identifier: BSD-3-Clause
"""The same two ends again: after FIN, after RST, after a refusal, each with other sequence numbers."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402
from lib.talk import Talk  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    for number, how in enumerate(("fin", "rst", "refused"), 1):
        talk = Talk(out, 10.0 * number, number).open()
        talk.say("inside", sip.request("OPTIONS", number))
        if how == "fin":
            talk.close()
        elif how == "rst":
            talk.segment("inside", b"", "RA")
        else:
            talk.say("inside", sip.small(20, "kms.b.example"), heard=False)
        again = Talk(out, talk.clock + 2, number, isn=3_000_000_000).open()
        again.say("inside", sip.small(10 + number), [300])
        again.say("outside", sip.response(sip.small(10 + number), 200, "OK"))
        again.close()
    return out


if __name__ == "__main__":
    main(scene(), __file__)
