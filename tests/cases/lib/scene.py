# SPDX-License-Identifier: BSD-3-Clause
"""What a generator writes: frames that arrive inside and outside, at their times."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from . import sip, wire


@dataclass
class Scene:
    """Collects frames for the two ports; every datagram gets its own IP identification."""

    inside: wire.Capture = field(default_factory=wire.Capture)
    outside: wire.Capture = field(default_factory=wire.Capture)
    formats: dict[str, str] = field(default_factory=dict)
    cut: dict[str, int] = field(default_factory=dict)
    count: int = 0

    def capture(self, port: str) -> wire.Capture:
        """The capture of a port."""
        return self.inside if port == "inside" else self.outside

    def frames(self, port: str, at: float, frames: list[bytes]) -> None:
        """Adds frames, a microsecond apart."""
        start = int(Decimal(repr(at)) * 10**9)
        self.capture(port).frames += [(start + 1000 * k, frame) for k, frame in enumerate(frames)]

    def send(
        self,
        port: str,
        at: float,
        message: sip.Message | bytes,
        path: wire.Flow | None = None,
        cuts: list[int] | None = None,
    ) -> None:
        """Adds a message as one UDP datagram, fragmented when it must be."""
        self.count += 1
        path = path or (wire.OUTWARD if port == "inside" else wire.INWARD)
        data = message.encode() if isinstance(message, sip.Message) else message
        self.frames(port, at, wire.udp(path.but(ident=self.count), data, cuts))

    def attempts(self, pairs: list[tuple[str, str]], caller: str, callee: str) -> None:
        """One call's INVITEs with IDRkmsi and IDRkmsr each, a second apart, from the inside."""
        for number, (kmsi, kmsr) in enumerate(pairs, 1):
            self.send("inside", float(number), sip.small(number, kmsi, kmsr, caller=caller, callee=callee))

    def write(self, folder: Path) -> list[Path]:
        """Writes inside-in always, and outside-in when something arrives there."""
        written = []
        for port in ("inside", "outside"):
            capture = self.capture(port)
            if port == "outside" and not capture.frames:
                continue
            kind = self.formats.get(port, "pcap")
            path = folder / f"{port}-in.{'pcapng' if kind.startswith('pcapng') else 'pcap'}"
            if kind == "pcap":
                capture.pcap(path)
            elif kind == "pcap-big-micro":
                capture.pcap_big_micro(path)
            else:
                capture.pcapng(path, nano=kind == "pcapng")
            if port in self.cut:
                path.write_bytes(path.read_bytes()[: -self.cut[port]])
            written.append(path)
        return written


def main(scene: Scene, file: str) -> None:
    """What every generator does when it is run."""
    for path in scene.write(Path(file).resolve().parent):
        print(path)
