# SPDX-License-Identifier: BSD-3-Clause
"""One connection from a seed: what it says, how that is cut, lost, sent again, reordered, what is thrown in between.

Captures do not react. `boxed`: both ends acknowledge what they would have got behind a gate that holds messages until
they are whole; else they acknowledge at once, as in a capture that was taken where no gate stood.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import messages
import noise
from reading import OTHER, Reading
from segment import ACK, FIN, PSH, RST, SACK_PERMITTED, SYN, End, Wire, build, end_of, mss, read, scale, stamps

START = 1_700_000_000 * 10**9
PORTS = ("inside", "outside")


@dataclass
class Connection:
    """What was made: frames as (time, port, bytes), and what a test must know about them."""

    seed: int
    policy: str
    boxed: bool
    ends: dict[str, End]
    kinds: dict[int, messages.Kind] = field(default_factory=dict)
    frames: list[tuple[int, str, bytes]] = field(default_factory=list)
    story: list[str] = field(default_factory=list)
    narrow: bool = False

    def verdict(self, number: int | None, port: str) -> tuple[str, str]:
        """What the policy says of a message, by the number in its Call-ID."""
        if number is None or number not in self.kinds:
            return ("unknown", f"message {number} was never made")
        return self.kinds[number].verdicts[self.policy, port]


class Maker:
    """Makes one connection."""

    def __init__(self, seed: int, policy: str) -> None:
        self.rng = rng = random.Random(f"stream {seed}")
        v6 = rng.random() < 0.3
        self.wire = Wire(rng.randrange(1, 4000) if rng.random() < 0.1 else None, v6)
        high, low = seed >> 8 & 255, seed & 255
        ends = {}
        self.opener = "inside" if rng.random() < 0.7 else "outside"
        for net, port in enumerate(PORTS, 1):
            address = f"2001:db8:{net}::{high:x}:{low + 1:x}" if v6 else f"10.{net}.{high}.{low}"
            ends[port] = end_of(f"02:00:00:00:0{net}:0a", address, rng.randrange(20000, 60000))
        server = OTHER[self.opener]
        ends[server] = End(ends[server].mac, ends[server].address, 5060)
        if rng.random() < 0.1:  # both on the SIP port
            ends[self.opener] = End(ends[self.opener].mac, ends[self.opener].address, 5060)
        self.made = Connection(seed, policy, rng.random() < 0.5, ends)
        self.reading = Reading(self.made.verdict)
        self.clock = START + rng.randrange(0, 2 * 10**9)
        self.isn = {p: rng.choice([rng.getrandbits(32), (-rng.randrange(1, 9000)) & 0xFFFFFFFF]) for p in PORTS}
        self.stamped, self.scaled = rng.random() < 0.6, rng.random() < 0.6
        self.shift = {p: rng.randrange(0, 11) if self.scaled else 0 for p in PORTS}
        self.window = {p: rng.choice([24000, 32000, 65535, *([200000] if self.scaled else [])]) for p in PORTS}
        self.mss = {p: rng.choice([536, 1220, 1400, 1440, 1460]) for p in PORTS}
        self.tick = {p: rng.getrandbits(32) for p in PORTS}
        self.stream = {p: bytearray() for p in PORTS}
        self.told = {p: 0 for p in PORTS}
        self.lost: dict[str, int] = {}  # the other end has nothing from there on: it was lost behind the gate
        self.lossy, self.stopped = rng.random() < 0.3, False
        self.count = 0
        self.ident = rng.getrandbits(16)
        self.numbers = {p: 0 for p in PORTS}
        self.narrow = self.made.boxed and rng.random() < 0.25
        self.made.narrow = self.narrow
        if self.narrow:  # less room than a message has: the gate has to take it in, and to give it out piece by piece
            port = rng.choice(PORTS)
            self.mss[port] = 536
            self.shift[port] = min(self.shift[port], 4)
            self.window[port] = rng.randrange(600, 3000) >> self.shift[port] << self.shift[port]
        self.noisy = rng.choice([0.0, 0.0, 0.04, 0.12])
        self.rough = rng.choice([0.0, 0.5, 1.0, 2.0])

    # frames
    def frame(
        self,
        port: str,
        place: int,
        payload: bytes = b"",
        flags: int = ACK,
        *,
        options: bytes = b"",
        stamp: int | None = None,
        ack: int | None = None,
        urgent: int = 0,
        spoil: int = 0,
    ) -> bytes:
        """A segment as this port sends it now, unless something is asked for."""
        peer = OTHER[port]
        if self.stamped and not options:
            options = b"\x01\x01" + stamps(self.tick[port] if stamp is None else stamp, self.tick[peer])
        ack = self.isn[peer] + 1 + self.got(peer) if ack is None else ack
        window = min(self.window[port] >> (0 if flags & SYN else self.shift[port]), 65535)
        self.ident += 1
        ends, seq = self.made.ends, self.isn[port] + 1 + place
        return build(
            self.wire, ends[port], ends[peer], seq, ack, flags, window, payload, options,
            urgent=urgent, spoil=spoil, ident=self.ident,
        )  # fmt: skip

    def put(self, port: str, frame: bytes) -> None:
        """The frame arrives."""
        r = self.rng.random()
        self.clock += self.rng.randrange(20_000, 400_000) if r < 0.9 else self.rng.randrange(10**6, 2 * 10**7)
        self.numbers[port] += 1
        self.made.frames.append((self.clock, port, frame))
        self.reading.feed(port, self.clock, self.numbers[port], read(frame))

    def got(self, port: str) -> int:
        """How far the other end has what this port sent."""
        half = self.reading.half[port]
        if self.made.boxed:
            reach = half.reach(half.released)
            return min(reach, self.lost.get(port, reach)) + (1 if half.fin_ok and port not in self.lost else 0)
        return half.next + (1 if half.fin is not None and half.fin == half.next else 0)

    def acknowledge(self, port: str) -> None:
        """An empty segment of this port."""
        self.told[port] = self.got(OTHER[port])
        self.put(port, self.frame(port, self.reading.half[port].sent))

    @property
    def over(self) -> bool:
        """Whether the gate has taken the connection down."""
        return self.reading.ending is not None

    # what is said
    def add(self, port: str, name: str) -> None:
        """A message or a fault at the end of what this port says."""
        self.count += 1
        number = self.made.seed * 1000 + self.count
        if name in messages.FAULTS:
            text = messages.FAULTS[name](number)
        else:
            self.made.kinds[number] = messages.BY_NAME[name]
            text = messages.BY_NAME[name].make(number)
        if self.rng.random() < 0.2:
            self.stream[port] += self.rng.choice([b"\r\n", b"\r\n\r\n", b"\r\n\r\n\r\n\r\n"])
        self.made.story.append(f"{port} {name} at {len(self.stream[port])}")
        self.stream[port] += text

    def passing(self, port: str) -> str:
        """A message that passes by this port."""
        kinds = [kind for kind in messages.KINDS if kind.forwarded(self.made.policy, port)]
        return self.rng.choices(kinds, [kind.weight for kind in kinds])[0].name

    def refused(self, port: str) -> str:
        """A message, or what looks like one, that does not."""
        if self.rng.random() < 0.3:
            return self.rng.choice(list(messages.FAULTS))
        kinds = [kind for kind in messages.KINDS if not kind.forwarded(self.made.policy, port)]
        return self.rng.choices(kinds, [kind.weight for kind in kinds])[0].name

    # how it is cut
    def cuts(self, port: str, start: int, end: int) -> list[tuple[int, int]]:
        """Segments that cover a stretch of the stream."""
        most = self.mss[OTHER[port]] - (12 if self.stamped else 0)
        size = self.rng.choice(["whole", "whole", "mix", "mix", "small", "tiny"])
        out, at = [], start
        while at < end:
            if size == "whole":
                step = most
            elif size == "mix":
                step = self.rng.choice([1, 2, self.rng.randrange(1, 300), self.rng.randrange(1, most), most])
            elif size == "small":
                step = self.rng.randrange(max(1, (end - start) // 90), max(2, (end - start) // 25))
            else:
                step = 1 if len(out) < 70 else most
            step = max(1, min(step, most, end - at))
            out.append((at, at + step))
            at += step
        return out

    def plan(self, port: str, start: int, end: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """The segments as they arrive, and those that are sent later, for others that were lost or seemed so."""
        rng, early, late = self.rng, [], []
        for a, b in self.cuts(port, start, end):
            r = rng.random() / max(self.rough, 0.001)
            if r < 0.06:
                late.append((a, b))
            elif r < 0.12:
                k = rng.randrange(1, 200)
                early.append((max(0, a - k), b))
            elif r < 0.18:
                early += [(a, b), (a, min(end, b + rng.randrange(1, 200)))]
            elif r < 0.24:
                early += [(a, b), (a, b)]
            elif r < 0.30:
                early.append((a, b))
                late.append((max(0, a - rng.randrange(0, 50)), min(end, b + rng.randrange(0, 300))))
            else:
                early.append((a, b))
        if rng.random() < 0.4 * self.rough:
            for i in range(len(early)):
                if rng.random() < 0.3:
                    k = min(len(early) - 1, i + rng.randrange(1, 5))
                    early[i], early[k] = early[k], early[i]
        return early, late

    def transmit(self, port: str, start: int, end: int) -> None:
        """One segment with payload, sometimes twice, and what comes with it."""
        most = self.mss[OTHER[port]] - (12 if self.stamped else 0)
        end = min(end, start + most)
        half = self.reading.half[port]
        if half.edge is not None and end > half.edge:
            if not self.narrow or self.got(port) > self.told[OTHER[port]]:
                self.acknowledge(OTHER[port])
            if end > half.edge and self.narrow and half.next > max(half.acked, half.released):
                self.clock += 10**6
                low = max(half.acked, half.released)  # sent again, so that the gate says that it has them
                high = min(half.next, half.edge, low + 500)
                if low >= high:
                    return
                self.put(port, self.frame(port, low, bytes(self.stream[port][low:high])))
                end = min(end, half.next + 60000)
            elif end > half.edge:
                return
        if self.rng.random() < self.noisy:
            noise.throw(self, port)
        frame = self.frame(port, start, bytes(self.stream[port][start:end]), self.rng.choice([ACK, ACK | PSH]))
        self.put(port, frame)
        if self.rng.random() < 0.03 * self.rough:
            self.put(port, frame)
        news = self.got(port) > self.told[OTHER[port]]
        if self.rng.random() < (0.5 if news else 0.05 if self.made.boxed else 0.3) and (news or not self.narrow):
            self.acknowledge(OTHER[port])

    def pause(self) -> None:
        """Time passes; nothing is under way."""
        self.clock += self.rng.choice([0, 10**6, 2 * 10**8, 5 * 10**8])
        for port in PORTS:
            self.tick[port] = (self.tick[port] + self.rng.randrange(1, 500)) & 0xFFFFFFFF

    def say(self, ranges: dict[str, tuple[int, int]]) -> None:
        """Sends these stretches, both directions at once where there are two."""
        plans = {port: self.plan(port, *stretch) for port, stretch in ranges.items()}
        for phase in (0, 1):
            queue = [(port, list(plan[phase])) for port, plan in plans.items() if plan[phase]]
            while queue:
                if self.over and self.made.boxed and self.rng.random() < 0.4:
                    return
                port, rest = self.rng.choice(queue)
                self.transmit(port, *rest.pop(0))
                queue = [item for item in queue if item[1]]
            self.pause()
        for port, (_, end) in ranges.items():
            half, tries = self.reading.half[port], 0
            while half.next < end and not self.over and tries < 500:
                self.transmit(port, half.next, end)
                tries += 1
        for port in ranges:
            if not (self.over and self.made.boxed):
                self.acknowledge(OTHER[port])
            half, tries = self.reading.half[port], 0
            if self.lossy and not self.stopped and self.made.boxed and not self.over and self.rng.random() < 0.3:
                self.lose(port)
            while self.narrow and not self.over and self.got(port) < half.reach(half.released, 1 << 30) and tries < 30:
                self.acknowledge(OTHER[port])
                tries += 1

    def lose(self, port: str) -> None:
        """The last that was said is lost behind the gate; its receiver says so, and gets it in the end."""
        half, start = self.reading.half[port], len(self.stream[port])
        self.add(port, self.passing(port))
        end = len(self.stream[port])
        self.lost[port] = self.rng.randrange(start, end)
        middle = self.rng.randrange(start, end)
        for a in [*range(start, middle, 500), middle]:
            b = min(a + 500, middle) if a < middle else end
            self.transmit(port, a, min(b, a + 500))
        while half.next < end:  # sent again where there was no room, or no end
            before = half.next
            self.transmit(port, half.next, end)
            if half.next == before:
                break
        for _ in range(self.rng.choice([0, 2, 4])):
            self.acknowledge(OTHER[port])
        for _ in range(self.rng.randrange(1, 4)):
            self.clock += 12 * 10**8
            self.acknowledge(OTHER[port])
        if self.rng.random() < 0.5:
            self.transmit(port, self.lost[port], end)
        del self.lost[port]
        self.acknowledge(OTHER[port])

    def open(self) -> None:
        """The handshake."""
        first, second = self.opener, OTHER[self.opener]
        more = {p: scale(self.shift[p]) if self.scaled else b"" for p in PORTS}
        options = {p: mss(self.mss[p]) + SACK_PERMITTED + more[p] for p in PORTS}
        both = {p: options[p] + (stamps(self.tick[p], 0) if self.stamped else b"") for p in PORTS}
        if self.noisy and self.rng.random() < 0.2:
            self.put(first, self.frame(first, -1, noise.evil(self), SYN, options=both[first]))
        self.put(first, self.frame(first, -1, b"", SYN, options=both[first]))
        if self.rng.random() < 0.05:
            self.put(first, self.frame(first, -1, b"", SYN, options=both[first]))
        answer = self.frame(second, -1, b"", SYN | ACK, options=both[second], ack=self.isn[first] + 1)
        self.put(second, answer)
        if self.rng.random() < 0.9:
            self.acknowledge(first)

    def run(self) -> Connection:
        """The whole connection."""
        rng = self.rng
        self.open()
        turns = rng.randrange(1, 6)
        bad = rng.randrange(turns) if rng.random() < 0.45 else -1
        for turn in range(turns):
            ports = [rng.choice(PORTS)] if rng.random() < 0.65 else list(PORTS)
            ranges = {}
            for port in ports:
                start = len(self.stream[port])
                many = rng.choice([1, 1, 1, 2, 3, 5])
                wrong = rng.randrange(many) if turn == bad and port == ports[0] else -1
                for index in range(many):
                    self.add(port, self.refused(port) if index == wrong else self.passing(port))
                    if len(self.stream[port]) - start > 9000:
                        break
                if rng.random() < 0.15:
                    self.stream[port] += b"\r\n\r\n"
                ranges[port] = (start, len(self.stream[port]))
            if turn + 1 == turns and rng.random() < 0.3:  # the last message is never finished
                port = ports[-1]
                start, end = ranges[port]
                end = rng.randrange(start + 1, end + 1)
                del self.stream[port][end:]
                ranges[port] = (start, end)
                self.stopped = True
                self.made.story.append(f"{port} stops at {end}")
            self.say(ranges)
            if self.over and self.made.boxed:
                return self.made
            self.pause()
        self.close()
        return self.made

    def close(self) -> None:
        """FIN by one or both, RST, or nothing."""
        how = self.rng.choice(["nothing", "fin", "fin", "one fin", "rst"])
        port = self.rng.choice(PORTS)
        self.made.story.append(f"{how} by {port}")
        if how == "rst":
            half = self.reading.half[port]
            self.put(port, self.frame(port, half.next, b"", RST | self.rng.choice([0, ACK])))
        if how in ("fin", "one fin"):
            for side in [port, OTHER[port]][: 2 if how == "fin" else 1]:
                unsent = self.reading.half[side].sent < len(self.stream[side])
                if unsent or self.over and self.made.boxed:
                    return
                self.put(side, self.frame(side, len(self.stream[side]), b"", FIN | ACK))
                self.acknowledge(OTHER[side])
