# SPDX-License-Identifier: BSD-3-Clause
"""What is no signalling passes as if the box were a cable: ping, TCP and UDP of iperf3, frames of the link layer."""

from __future__ import annotations

import json
import re

from scapy.contrib.lacp import LACP, SlowProtocol
from scapy.layers.inet import ICMP, IP, UDP
from scapy.layers.inet6 import ICMPv6PacketTooBig, IPv6
from scapy.layers.l2 import LLC, STP, Dot3, Ether
from scapy.packet import Raw

from .lib.bed import Bed
from .lib.box import Box
from .lib.sniffer import settle
from .lib.suite import Context, expect, same, test


@test("ping")
def ping(context: Context) -> None:
    with Bed(context.folder) as bed:
        box = Box(bed, context.build).start()
        times = []
        for version in (4, 6):
            said = bed.a.space.tool(
                "ping", f"-{version}", "-q", "-c", "20", "-i", "0.02", "-W", "2", bed.b.address(version)
            )
            expect(" 0% packet loss" in said, said)
            times.append(re.search(r"= [\d.]+/([\d.]+)/", said)[1])
        context.say(f"round trip {times[0]} ms, IPv6 {times[1]} ms")
        box.stop()


@test("iperf3")
def iperf(context: Context) -> None:
    with Bed(context.folder) as bed:
        box = Box(bed, context.build).start()
        server = bed.spawn("iperf3-server", bed.b.space, "iperf3", "-s")
        bed.wait_port(bed.b, 5201, "tcp")

        def client(*options: str) -> dict:
            run = bed.spawn("iperf3" + "".join(options), bed.a.space, "iperf3", "-J", "-c", bed.b.ip4, *options)
            same("exit of iperf3", run.wait(30), 0)
            return json.loads(run.text())["end"]

        megabits = client("-t", "2")["sum_received"]["bits_per_second"] / 1e6
        expect(megabits > 50, f"TCP: {megabits:.0f} Mbit/s")
        udp = client("-u", "-b", "10M", "-l", "1200", "-t", "2")["sum"]
        expect(udp["packets"] > 1500, f"UDP: {udp}")
        same("UDP datagrams lost", udp["lost_packets"], 0)
        for side in bed.sides:
            same(
                f"wrong checksums at {side.letter}",
                (bed.counter(side, "Tcp", "InCsumErrors"), bed.counter(side, "Udp", "InCsumErrors")),
                (0, 0),
            )
        context.say(f"TCP {megabits:.0f} Mbit/s, {udp['packets']} UDP datagrams, none lost")
        server.stop()
        box.stop()


def link_local() -> dict[str, bytes]:
    """Frames that a switch would keep for itself, and one of a router that PMTU discovery lives on."""
    mac = "02:00:00:00:00:0a"
    lldp = bytes.fromhex("0207040200000000 0a 04 03 05 61 30 06 02 0078 0000".replace(" ", ""))
    quoted = IP(src="10.9.0.2", dst="10.9.0.1") / UDP(sport=5060, dport=5060, len=1480) / Raw(b"INVITE s")
    frames = {
        "LLDP": Ether(src=mac, dst="01:80:c2:00:00:0e", type=0x88CC) / Raw(lldp),
        "STP": Dot3(src=mac, dst="01:80:c2:00:00:00") / LLC() / STP(),
        "LACP": Ether(src=mac, dst="01:80:c2:00:00:02") / SlowProtocol() / LACP(),
        "PTP": Ether(src=mac, dst="01:1b:19:00:00:00", type=0x88F7) / Raw(bytes.fromhex("0002002c") + bytes(40)),
        "802.1X": Ether(src=mac, dst="01:80:c2:00:00:03", type=0x888E) / Raw(bytes.fromhex("01010000")),
        "pause": Ether(src=mac, dst="01:80:c2:00:00:01", type=0x8808) / Raw(bytes.fromhex("0001ffff") + bytes(42)),
        "BFD": Ether(src=mac, dst="02:00:00:00:00:0b")
        / IP(src="10.9.0.1", dst="10.9.0.2", ttl=255)
        / UDP(sport=49152, dport=3784)
        / Raw(bytes.fromhex("20c80318") + bytes(20)),
        "ICMP too big": Ether(src=mac, dst="02:00:00:00:00:0b")
        / IP(src="10.9.0.1", dst="10.9.0.2")
        / ICMP(type=3, code=4, nexthopmtu=1400)
        / quoted,
        "ICMPv6 too big": Ether(src=mac, dst="02:00:00:00:00:0b")
        / IPv6(src="fd00::1", dst="fd00::2")
        / ICMPv6PacketTooBig(mtu=1280)
        / Raw(bytes(IPv6(src="fd00::2", dst="fd00::1") / UDP() / Raw(b"SIP/2.0 200 OK"))),
        "unknown type": Ether(src=mac, dst="ff:ff:ff:ff:ff:ff", type=0x88B5) / Raw(bytes(range(200))),
        "shortest": Ether(src=mac, dst="02:00:00:00:00:0b", type=0x88B5),
        "VLAN": Ether(src=mac, dst="02:00:00:00:00:0b", type=0x9100) / Raw(bytes.fromhex("000788b5") + bytes(60)),
    }
    return {name: bytes(frame) for name, frame in frames.items()}


@test("frames of the link layer")
def link_frames(context: Context) -> None:
    with Bed(context.folder) as bed:
        box = Box(bed, context.build).start()
        frames = link_local()
        with bed.sniff(bed.a) as near, bed.sniff(bed.b) as far:
            for frame in frames.values():
                near.send(frame)
            settle(near, far)
            arrived = far.arrived()
            for name, frame in frames.items():
                same(f"{name}: how often it arrived as it was sent", arrived.count(frame), 1)
        context.say(", ".join(frames))
        box.stop()
