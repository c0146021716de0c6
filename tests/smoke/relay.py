# SPDX-License-Identifier: BSD-3-Clause
"""A server that others use stands behind the box: Kamailio relays what was forwarded, and its answers come back."""

from __future__ import annotations

from cases.lib import captures

from .calls import datagrams, sip_frames
from .lib.bed import Bed
from .lib.box import Box
from .lib.calls import HOME, OTHER, UAS_PORT, Callee, Caller, call_ids
from .lib.sniffer import settle
from .lib.suite import Context, expect, same, test

CALLS = 3
CONFIG = """#!KAMAILIO
debug=1
log_stderror=yes
children=1
auto_aliases=no
disable_tcp=yes
listen=udp:{address}:5060
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules"
loadmodule "tm.so"
loadmodule "pv.so"
loadmodule "sl.so"
request_route {{
    if (!t_relay_to_udp("{address}", "{port}")) sl_reply_error();
}}
"""


def bodies(messages: list[captures.Datagram]) -> list[bytes]:
    return sorted(m.data.split(b"\r\n\r\n", 1)[1] for m in messages if m.data.startswith(b"INVITE "))


@test("Kamailio relays")
def kamailio(context: Context) -> None:
    with Bed(context.folder) as bed:
        box = Box(bed, context.build).start()
        small = bed.loses_fragments()
        if small:
            context.say(f"INVITEs unfragmented: {bed.driver()} loses IPv4 fragments")
        Callee(bed, bed.b, port=UAS_PORT)
        config = bed.folder / "kamailio.cfg"
        config.write_text(CONFIG.format(address=bed.b.ip4, port=UAS_PORT))
        server = bed.spawn(
            "kamailio",
            bed.b.space,
            "kamailio",
            "-f",
            str(config),
            "-DD",
            "-E",
            "-m",
            "32",
            "-M",
            "8",
            "-Y",
            str(bed.folder),
            "-w",
            str(bed.folder),
        )
        bed.wait_port(bed.b, 5060)
        with bed.sniff(bed.a) as near, bed.sniff(bed.b) as far, bed.sniff(bed.b, "lo") as behind:
            done = Caller(bed, "relayed", HOME, HOME, calls=CALLS, small=small).finish()
            settle(near, far, behind)
            same("calls through the server", done["successful"], CALLS)
            relayed = [d for d in datagrams(sip_frames(behind.arrived())) if d.dport == UAS_PORT]
            same("bodies that the server got to relay", bodies(relayed), bodies(datagrams(sip_frames(near.sent()))))
            refused = Caller(bed, "refused", OTHER, HOME, calls=CALLS, small=small).finish()
            settle(near, far, behind)
            same("refused calls that ended as they must", refused["successful"], CALLS)
            names = call_ids(sip_frames(far.arrived()))
            expect(not [n for n in names if n.startswith("refused")], f"the server saw {names}")
        server.stop()
        context.say(f"{CALLS} calls relayed")
        box.stop()
