# SPDX-License-Identifier: BSD-3-Clause
"""TCP in IP fragments, on the SIP port and on another one."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import sip, wire  # noqa: E402
from lib.scene import Scene, main  # noqa: E402
from lib.talk import Talk, over_tcp  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    for number, port in ((1, 5060), (2, 8000), (3, 8000)):
        talk = Talk(out, float(number), number, port=port).open()
        text = (over_tcp(sip.small(number)), b"GET / HTTP/1.1\r\n" + b"x" * 884, b"x" * 900)[number - 1]
        whole = bytes(wire.TCP(sport=40000 + number, dport=port, flags="PA", seq=1001, ack=101001) / wire.Raw(text))
        path = talk.path["inside"].but(ident=500 + number)
        edges = [0, 400, len(whole)]
        frames = [wire.network(path, 6, whole[a:b], a, b < len(whole)) for a, b in zip(edges, edges[1:])]
        out.frames("inside", talk.clock, frames)
    return out


if __name__ == "__main__":
    main(scene(), __file__)
