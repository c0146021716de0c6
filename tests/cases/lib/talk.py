# SPDX-License-Identifier: BSD-3-Clause
"""One TCP connection of a scene: keeps sequence numbers and the clock; any segment can be made otherwise."""

from __future__ import annotations

from typing import Any

from . import sip, wire
from .scene import Scene

OTHER = {"inside": "outside", "outside": "inside"}
OPTIONS = [("MSS", 1460), ("SAckOK", b""), ("WScale", 7)]


def over_tcp(message: sip.Message | bytes) -> bytes:
    """A message as it goes over TCP: the transport stands in the Via."""
    data = message if isinstance(message, bytes) else message.encode()
    return data.replace(b"SIP/2.0/UDP", b"SIP/2.0/TCP")


class Talk:
    """A connection that the client behind `inside` opens, unless `opener` says otherwise."""

    def __init__(
        self,
        scene: Scene,
        at: float,
        number: int = 1,
        *,
        v6: bool = False,
        port: int = 5060,
        opener: str = "inside",
        vlans: tuple[int, ...] = (),
        stamps: bool = False,
        isn: int = 1000,
    ) -> None:
        client, peer = (wire.CLIENT6, wire.PEER6) if v6 else (wire.CLIENT, wire.PEER)
        ports = {opener: 40000 + number, OTHER[opener]: port}
        inside = wire.Node(client.mac, client.ip, ports["inside"])
        outside = wire.Node(peer.mac, peer.ip, ports["outside"])
        self.path = {
            "inside": wire.Flow(inside, outside, vlans=vlans),
            "outside": wire.Flow(outside, inside, vlans=vlans),
        }
        self.scene, self.clock, self.opener, self.stamps = scene, at, opener, stamps
        self.isn = {"inside": isn, "outside": isn + 100_000}
        self.said = {"inside": 0, "outside": 0}  # bytes that were sent behind the SYN
        self.heard = {"inside": 0, "outside": 0}  # how many of its bytes the other end acknowledges
        self.tick = 1000

    def segment(self, port: str, data: bytes = b"", flags: str = "PA", place: int | None = None, **fields: Any) -> None:
        """One segment of this port; `place` counts from the first byte behind the SYN. Moves nothing."""
        peer = OTHER[port]
        at = self.said[port] if place is None else place
        options = list(fields.pop("options", []))
        if self.stamps and not any(name == "Timestamp" for name, _ in options):
            options += [("NOP", None), ("NOP", None), ("Timestamp", (self.tick, self.tick))]
        fields.setdefault("window", 512)
        fields.setdefault("ack", (self.isn[peer] + 1 + self.heard[peer]) % 2**32 if "A" in flags else 0)
        self.scene.count += 1
        path = self.path[port].but(ident=self.scene.count)
        frame = wire.tcp(path, data, flags, (self.isn[port] + 1 + at) % 2**32, options=options, **fields)
        self.scene.frames(port, self.clock, [frame])
        self.clock = round(self.clock + 0.001, 6)

    def open(self) -> "Talk":
        """The handshake."""
        first, second = self.opener, OTHER[self.opener]
        self.segment(first, b"", "S", -1, options=OPTIONS, window=64000)
        self.segment(second, b"", "SA", -1, options=OPTIONS, window=64000)
        self.segment(first, b"", "A")
        return self

    def say(self, port: str, data: bytes | sip.Message, cuts: list[int] | None = None, heard: bool = True) -> None:
        """Sends it in order, cut at these places of it, at 1400 bytes otherwise; then it is acknowledged."""
        text = over_tcp(data)
        edges = [0, *(range(1400, len(text), 1400) if cuts is None else cuts), len(text)]
        for a, b in zip(edges, edges[1:]):
            self.segment(port, text[a:b])
            self.said[port] += b - a
        self.heard[port] = self.said[port]
        if heard:
            self.segment(OTHER[port], b"", "A")

    def close(self, port: str = "inside") -> None:
        """FIN by this port, then by the other."""
        for side in (port, OTHER[port]):
            self.segment(side, b"", "FA")
            self.said[side] += 1
            self.heard[side] = self.said[side]
        self.segment(port, b"", "A")

    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.clock = round(self.clock + seconds, 6)
