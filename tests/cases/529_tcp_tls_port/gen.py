# SPDX-License-Identifier: BSD-3-Clause
"""SIP in plain text on a port for TLS, from one, and in the guise of TLS; TLS that was up before the gate."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import sip, wire  # noqa: E402
from lib.scene import Scene, main  # noqa: E402
from lib.talk import Talk, over_tcp  # noqa: E402
from lib.tls import CLIENT_FLIGHT, CLIENT_HELLO, REQUEST, RESPONSE, SERVER_FLIGHT  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    talk = Talk(out, 1.0, 1, port=5061).open()
    talk.say("inside", sip.small(1), [300])
    talk.say("inside", sip.small(2, "kms.b.example"), [300], heard=False)
    talk = Talk(out, 2.0, 5061 - 40000, port=8080).open()  # from port 5061
    talk.say("inside", sip.small(3, "kms.b.example"), [30], heard=False)
    bad = over_tcp(sip.small(4, "kms.b.example"))
    talk = Talk(out, 3.0, 3).open()
    talk.say("inside", b"\x16\x03 x\r\nContent-Length: 0\r\n\r\n", heard=False)
    talk.say("inside", bad, heard=False)
    talk = Talk(out, 4.0, 4, port=5061).open()
    talk.say("inside", CLIENT_HELLO)
    talk.say("inside", b"\x17\x03\x03" + len(bad).to_bytes(2, "big") + bad, heard=False)
    talk.say("outside", b"SIP/2.0 400 What?\r\nContent-Length: 0\r\n\r\n", heard=False)
    talk = Talk(out, 5.0, 5, port=5061).open()
    talk.say("inside", CLIENT_HELLO)
    talk.say("outside", SERVER_FLIGHT)
    talk.say("inside", CLIENT_FLIGHT + REQUEST)
    talk.say("outside", RESPONSE)
    talk.say("inside", bad, heard=False)
    talk = Talk(out, 6.0, 6, port=5061)
    talk.segment("inside", bytes(range(128, 228)))
    talk.segment("outside", RESPONSE)
    talk.segment("inside", bad)
    talk = Talk(out, 7.0, 7, port=5061).open()
    whole = bytes(wire.TCP(sport=40007, dport=5061, flags="PA", seq=1001, ack=101001) / wire.Raw(bad))
    path = talk.path["inside"].but(ident=700)
    edges = [0, 40, len(whole)]
    pieces = [wire.network(path, 6, whole[a:b], a, b < len(whole)) for a, b in zip(edges, edges[1:])]
    out.frames("inside", talk.clock, pieces)
    return out


if __name__ == "__main__":
    main(scene(), __file__)
