# SPDX-License-Identifier: BSD-3-Clause
"""The table of disguises: every way to hide an I_MESSAGE that we know, with its treatment."""

from __future__ import annotations

from dataclasses import dataclass

from lib import wire
from lib.scene import Scene

from . import rows_mime, rows_opaque, rows_sdp, rows_sip, rows_uri
from .kit import TREATMENTS, VARIANTS, Kit, Row

ROWS: list[Row] = rows_sdp.ROWS + rows_mime.ROWS + rows_opaque.ROWS + rows_uri.ROWS + rows_sip.ROWS


@dataclass(frozen=True)
class Entry:
    """Where a variant of a row stands in the captures: the frames of its last datagram."""

    row: Row
    variant: str
    frames: tuple[int, ...]


def build() -> tuple[Scene, list[Entry]]:
    """The captures and where everything is; messages a second apart, every row from its own address."""
    if len({row.name for row in ROWS}) != len(ROWS) or not {row.treatment for row in ROWS} <= set(TREATMENTS):
        raise ValueError("names have to be unique and treatments known")
    scene, entries, at = Scene(), [], 0.0
    for index, row in enumerate(ROWS):
        address = f"10.1.{index // 200 + 1}.{index % 200 + 1}"
        client = wire.Node(wire.CLIENT.mac, address, row.udp_port)
        peer = wire.Node(wire.PEER.mac, wire.PEER.ip, row.udp_port)
        path = wire.Flow(client, peer) if row.port == "inside" else wire.Flow(peer, client)
        for second, variant in enumerate(VARIANTS):
            built = row.build(Kit(3 * index + second + 1, variant, f"{address}:{row.udp_port}"))
            for message in built if isinstance(built, list) else [built]:
                at += 1.0
                before = len(scene.capture(row.port).frames)
                scene.send(row.port, at, message, path)
            after = len(scene.capture(row.port).frames)
            entries.append(Entry(row, variant, tuple(range(before + 1, after + 1))))
    return scene, entries
