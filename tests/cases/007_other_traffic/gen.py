# SPDX-License-Identifier: BSD-3-Clause
"""Everything that is not signalling: no line, no change."""

from __future__ import annotations

import sys
from pathlib import Path

from scapy.layers.inet import ICMP, IP, UDP
from scapy.layers.inet6 import ICMPv6ND_NS, IPv6
from scapy.layers.l2 import ARP, Dot3, Ether, LLC, STP
from scapy.packet import Raw

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import wire  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    mac = {"src": wire.CLIENT.mac, "dst": wire.PEER.mac}
    ip = IP(src=wire.CLIENT.ip, dst=wire.PEER.ip)
    rtp = bytes.fromhex("8061000100000000deadbeef") + bytes(20)
    media = wire.OUTWARD.but(
        src=wire.Node(wire.CLIENT.mac, wire.CLIENT.ip, 49152),
        dst=wire.Node(wire.PEER.mac, wire.PEER.ip, 49152),
    )
    web = wire.OUTWARD.but(
        src=wire.Node(wire.CLIENT.mac, wire.CLIENT.ip, 40000), dst=wire.Node(wire.PEER.mac, wire.PEER.ip, 443)
    )
    others = [
        bytes(
            Ether(src=wire.CLIENT.mac, dst="ff:ff:ff:ff:ff:ff")
            / ARP(psrc=wire.CLIENT.ip, pdst=wire.PEER.ip, hwsrc=wire.CLIENT.mac)
        ),
        bytes(
            Ether(src=wire.CLIENT.mac, dst="01:80:c2:00:00:0e", type=0x88CC)
            / Raw(bytes.fromhex("0207040200000001 0a0403023333 060200780000"))
        ),
        bytes(Dot3(src=wire.CLIENT.mac, dst="01:80:c2:00:00:00") / LLC() / STP()),
        bytes(Ether(**mac) / ip / ICMP() / Raw(b"sixteen bytes of")),
        wire.udp(media, rtp)[0],
        bytes(
            Ether(**mac)
            / ip
            / UDP(sport=40001, dport=53)
            / Raw(bytes.fromhex("123401000001000000000000") + b"\x03mc1\x07example\x00\x00\x01\x00\x01")
        ),
        wire.tcp(web, b"", "S"),
        wire.tcp(web, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        bytes(
            Ether(src=wire.CLIENT.mac, dst="33:33:ff:00:00:20")
            / IPv6(src="fe80::1", dst="ff02::1:ff00:20")
            / ICMPv6ND_NS(tgt="2001:db8:2::20")
        ),
        wire.udp(
            wire.OUTWARD6.but(src=media.src, dst=media.dst).but(
                src=wire.Node(wire.CLIENT6.mac, wire.CLIENT6.ip, 49152),
                dst=wire.Node(wire.PEER6.mac, wire.PEER6.ip, 49154),
            ),
            rtp,
        )[0],
        wire.udp(media.but(vlans=(7,)), rtp)[0],
        bytes(Ether(**mac, type=0x8847) / Raw(bytes.fromhex("00064140") + bytes(20))),
        bytes(Ether(**mac) / IP(src=wire.CLIENT.ip, dst=wire.PEER.ip, proto=47) / Raw(bytes(24))),
        wire.udp(media, b"v=0 and SIP/2.0 in the middle of a line that is none\r\n")[0],
    ]
    out.frames("inside", 1.0, others)
    out.frames("outside", 1.0, [wire.udp(media.but(src=media.dst, dst=media.src), rtp)[0]])
    return out


if __name__ == "__main__":
    main(scene(), __file__)
