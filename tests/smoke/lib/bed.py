# SPDX-License-Identifier: BSD-3-Clause
"""The bed: namespace A - port a [box] port b - namespace B.

Without more ado it makes two veth pairs and gives their far ends to the box as net_af_xdp. KMSGATE_PORT_A and KMSGATE_PORT_B
name any other two DPDK devices, KMSGATE_IFACE_A and KMSGATE_IFACE_B the interfaces behind which the namespaces are then
attached (moved there, also when the device makes its interface only when it is opened, and given back at the end).
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from .netns import Namespace, ip, tool
from .process import Process, wait_until
from .sniffer import Sniffer

HUGEPAGES = 512  # of 2 MB: one box with room to spare


@dataclass
class Side:
    """One end: its namespace, the interface in it, its addresses."""

    letter: str
    space: Namespace
    interface: str
    ip4: str
    ip6: str

    def address(self, version: int) -> str:
        return self.ip4 if version == 4 else self.ip6


@dataclass
class Hugepages:
    """As many as wished while the bed stands, when the machine grants them."""

    before: int = 0
    pages: Path = Path("/proc/sys/vm/nr_hugepages")

    def reserve(self) -> None:
        self.before = int(self.pages.read_text())
        if self.before < HUGEPAGES:
            self.pages.write_text(str(HUGEPAGES))

    def give_back(self) -> None:
        if self.before < HUGEPAGES:
            self.pages.write_text(str(self.before))


class Bed:
    """A context manager; whatever happens inside, nothing of it stays behind."""

    _count = 0

    def __init__(self, folder: Path, rough: str = "") -> None:
        """`rough`: a or b; on that side a second wire stands in front of the box, for lib/weather.py to join."""
        Bed._count += 1
        self.rough = rough
        self.folder = folder
        stem = f"kg{os.getpid()}-{Bed._count}"
        self.devices = [os.environ.get(f"KMSGATE_PORT_{x}", "") for x in "AB"]
        self.given = [os.environ.get(f"KMSGATE_IFACE_{x}", "") for x in "AB"]
        self.own = not any(self.devices)
        if not self.own and not (all(self.devices) and all(self.given)):
            raise RuntimeError("KMSGATE_PORT_A, KMSGATE_PORT_B, KMSGATE_IFACE_A and KMSGATE_IFACE_B go together")
        # the box has a namespace of its own, so that its TCP ports are nobody else's; foreign ports stay where they are
        self.box_space = Namespace(f"{stem}-box" if self.own else None)
        near = ["a0", "b0"] if self.own else self.given
        self.a = Side("A", Namespace(f"{stem}-a"), near[0], "10.9.0.1", "fd00::1")
        self.b = Side("B", Namespace(f"{stem}-b"), near[1], "10.9.0.2", "fd00::2")
        self.sides = [self.a, self.b]
        self.processes: list[Process] = []
        self.attached = False
        self.hugepages = Hugepages()

    def driver(self) -> str:
        """net_af_xdp, net_tap, .."""
        return re.sub(r"\d*(,.*)?$", "", self.devices[0])

    def loses_fragments(self) -> bool:
        """net_af_packet lets the kernel put IPv4 fragments together, and the whole does not fit."""
        return self.driver() == "net_af_packet"

    def __enter__(self) -> "Bed":
        try:
            self.hugepages.reserve()
            for side in self.sides:
                side.space.make()
            if self.own:
                self.box_space.make()
                self._make_wires()
            return self
        except BaseException:
            self.__exit__()
            raise

    def _make_wires(self) -> None:
        box = self.box_space
        box.tool("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1")
        for port, side in zip("ab", self.sides):
            near = f"d{port}"
            if port == self.rough:
                near = f"w{port}"
                box.ip("link", "add", f"x{port}", "type", "veth", "peer", "name", f"d{port}")
                for end in (f"x{port}", f"d{port}"):
                    box.ip("link", "set", end, "promisc", "on", "up")
            box.ip(
                "link",
                "add",
                near,
                "type",
                "veth",
                "peer",
                "name",
                side.interface,
                "netns",
                str(side.space.name),
            )
            box.ip("link", "set", near, "promisc", "on", "up")
        self.devices = ["net_af_xdp0,iface=da", "net_af_xdp1,iface=db"]
        self.attach()

    def attach(self) -> None:
        """Puts the near interfaces into the namespaces and gives them their addresses; again after a new start."""
        if self.attached and self.own:
            return
        for side in self.sides:
            if not self.own:
                known = side.space.ip("-br", "link")
                if side.interface not in known:
                    wait_until(
                        f"the interface {side.interface}", lambda: Path("/sys/class/net", side.interface).exists(), 5
                    )
                    ip("link", "set", side.interface, "netns", str(side.space.name))
            # a checksum left to hardware, or a segment of 64 kB, is nothing that a wire carries
            side.space.tool("ethtool", "-K", side.interface, "tx", "off")
            side.space.tool(
                "sysctl", "-qw", "net.ipv6.conf.all.accept_ra=0", "net.ipv6.conf.all.router_solicitations=0"
            )
            side.space.ip("addr", "replace", f"{side.ip4}/24", "dev", side.interface)
            side.space.ip("link", "set", side.interface, "up")
            side.space.ip("-6", "addr", "replace", f"{side.ip6}/64", "dev", side.interface, "nodad")
        self.attached = True

    def spawn(self, name: str, space: Namespace, *command: str, env: dict | None = None) -> Process:
        """A process in a namespace; it ends with the bed at the latest."""
        process = Process(name, list(command), self.folder, space, env)
        self.processes.append(process)
        return process

    def sniff(self, side: Side, interface: str | None = None) -> Sniffer:
        return Sniffer(side.space, interface or side.interface)

    def wait_port(self, side: Side, port: int, kind: str = "udp") -> None:
        """Until somebody listens there."""
        option = "-lunH" if kind == "udp" else "-ltnH"
        wait_until(
            f"{kind} port {port} in namespace {side.letter}",
            lambda: side.space.tool("ss", option, f"sport = :{port}").strip() != "",
            15,
        )

    def counter(self, side: Side, table: str, field: str) -> int:
        """A number of the namespace's /proc/net/snmp."""
        lines = [
            x.split() for x in side.space.tool("cat", "/proc/self/net/snmp").splitlines() if x.startswith(table + ":")
        ]
        return int(dict(zip(lines[0], lines[1]))[field])

    def __exit__(self, *_: object) -> None:
        for process in reversed(self.processes):
            if process.alive():
                process.run.terminate()
        for process in reversed(self.processes):
            try:
                process.run.wait(5)
            except Exception:  # whatever it is, it has to go
                process.kill()
        if not self.own:
            for side in self.sides:
                try:
                    side.space.ip("link", "set", side.interface, "netns", "1")
                except RuntimeError:
                    pass  # went with the device that made it
        for space in [side.space for side in self.sides] + [self.box_space]:
            space.delete()
        try:
            self.hugepages.give_back()
        except OSError:
            pass


def machine_can() -> str | None:
    """Why no bed can be made here, or None."""
    if os.geteuid() != 0:
        return "needs root (namespaces, AF_XDP)"
    try:
        tool("ip", "netns", "list")
    except (RuntimeError, OSError) as fault:
        return f"needs network namespaces: {fault}"
    return None
