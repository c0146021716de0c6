# SPDX-License-Identifier: BSD-3-Clause
"""One connection, read segment by segment as the issue and the contracts want it read: what is believed, which bytes
stand where (first wins), where messages end, what may leave and what must have left."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from segment import ACK, FIN, RST, SYN, URG, Segment, distance

OTHER = {"inside": "outside", "outside": "inside"}
_LENGTH = re.compile(rb"(?:content-length|l)[ \t]*:[ \t]*(.*)", re.I | re.S)


@dataclass
class Kept:
    """A believed segment that brought bytes."""

    start: int
    end: int
    number: int


@dataclass
class Half:
    """What one port sends; places count from the first byte behind the SYN."""

    isn: int | None = None
    data: bytearray = field(default_factory=bytearray)
    known: bytearray = field(default_factory=bytearray)
    owners: list[Kept] = field(default_factory=list)  # who gave which bytes
    kept: list[Kept] = field(default_factory=list)
    next: int = 0  # first byte that has not come in order
    released: int = 0  # what may have left
    message: int = 0  # start of the message that is being read
    acked: int = 0  # highest place that the other port acknowledged
    edge: int | None = None  # the other port takes nothing from there on
    sent: int = 0  # highest place that was seen, FIN included
    shift: int = 0
    mss: int = 536
    recent: int | None = None
    fin: int | None = None
    fin_ok: bool = False  # it came in order, at the end of a message
    fin_number: int = 0

    def place(self, seq: int) -> int:
        """Place of a sequence number."""
        assert self.isn is not None
        return distance((self.isn + 1) & 0xFFFFFFFF, seq) if not self.data else self._near(seq)

    def _near(self, seq: int) -> int:
        assert self.isn is not None
        return self.next + distance((self.isn + 1 + self.next) & 0xFFFFFFFF, seq)

    def seq(self, place: int) -> int:
        """Sequence number of a place."""
        assert self.isn is not None
        return (self.isn + 1 + place) & 0xFFFFFFFF

    def reach(self, until: int, window: int | None = None) -> int:
        """What must have left: segments leave in order, so none behind one that reaches beyond `until`."""
        if self.edge is not None:
            until = min(until, self.edge if window is None else window)
        at, stop = 0, min((k.start for k in self.kept if k.end > until), default=until)
        for one in sorted((k for k in self.kept if k.end <= until), key=lambda k: k.start):
            if one.start > at or one.start >= stop:
                break
            at = max(at, one.end)
        return at

    def forgotten(self) -> int:
        """What has left and is acknowledged need not be remembered."""
        return min(self.acked, self.released)

    def givers(self, start: int, end: int) -> list[int]:
        """Frames that gave a byte between these places."""
        return sorted({one.number for one in self.owners if one.start < end and start < one.end})


@dataclass(frozen=True)
class Line:
    """A message line that must come."""

    time: int
    port: str
    frames: tuple[int, ...]
    verdict: str
    reason: str
    number: int | None
    text: bytes


@dataclass(frozen=True)
class Ending:
    """How the connection was taken down."""

    time: int
    port: str
    why: str  # refused, broken, cut, reset
    line: Line | None
    answer: str  # yes, no, either: does an answer go out in front of the reset
    waiting: frozenset[tuple[str, int]]  # frames that had not left
    reaching: frozenset[tuple[str, int]] = frozenset()  # of them, those with a copy of bytes of the refused message


Verdict = Callable[[int | None, str], tuple[str, str]]


def body_size(head: bytes) -> int | None:
    """Bytes of the body behind a head; None when readers may differ on it."""
    rows = re.sub(rb"\r\n[ \t]+", b" ", head).split(b"\r\n")
    if not re.match(rb"SIP/2\.0 \d{3} |\S+ \S+ SIP/2\.0$", rows[0]):
        return None
    values = {found[1].strip(b" \t") for found in map(_LENGTH.fullmatch, rows[1:]) if found}
    if len(values) != 1:
        return None
    value = values.pop()
    return int(value) if re.fullmatch(rb"\d{1,6}", value) else None


class Reading:
    """Both directions of a connection."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict
        self.half = {"inside": Half(), "outside": Half()}
        self.lines: list[Line] = []
        self.ending: Ending | None = None
        self.invalid: dict[tuple[str, int], str] = {}  # never believed: must not leave, nor enter
        self.unread: set[tuple[str, int]] = set()  # brought nothing new
        self.late: set[tuple[str, int]] = set()  # payload behind the end of the connection
        self.noise: dict[str, int] = {}
        self.client: str | None = None
        self.settled = False  # the client has acknowledged the answer to its SYN: before that its peer says nothing

    # what is believed
    def feed(self, port: str, time: int, number: int, segment: Segment | None) -> None:
        """Takes the next frame that arrived."""
        me, peer = self.half[port], self.half[OTHER[port]]
        if segment is None or not segment.sound:
            self._no(port, number, "unsound")
            return
        if segment.flags & SYN:
            self._syn(port, number, segment, me, peer)
            return
        if self.ending is not None or me.isn is None or peer.isn is None:
            if segment.payload:
                self.late.add((port, number))
            return
        why = self._disbelief(segment, me, peer)
        if why is None and port != self.client and not self.settled and (segment.payload or segment.flags & FIN):
            why = "unsettled"
        if why is not None:
            self._no(port, number, why)
            return
        if segment.flags & RST:
            if me.place(segment.seq) == me.next:
                self._end(time, port, "reset", None, "no")
            else:
                self._no(port, number, "rst")
            return
        end = me.place(segment.seq) + len(segment.payload) + (1 if segment.flags & FIN else 0)
        if end < me.forgotten():  # got long ago: its receiver reads nothing else in it
            self.unread.add((port, number))
            return
        self.settled = self.settled or port == self.client
        self._note(segment, me, peer)
        self._take(port, time, number, segment, me)

    def _no(self, port: str, number: int, why: str) -> None:
        self.invalid[port, number] = why
        self.noise[why] = self.noise.get(why, 0) + 1

    def _syn(self, port: str, number: int, segment: Segment, me: Half, peer: Half) -> None:
        if segment.payload or segment.flags & (FIN | RST | URG):
            self._no(port, number, "syn-data")
            return
        if me.isn is not None:
            if me.isn != segment.seq:
                self._no(port, number, "syn")
            else:
                self.unread.add((port, number))
            return
        me.isn = segment.seq
        if not segment.flags & ACK:
            self.client = port
        me.mss = int.from_bytes(segment.options[2], "big") if 2 in segment.options else 536
        me.shift = segment.options[3][0] if 3 in segment.options else -1
        stamp = segment.stamp
        me.recent = stamp[0] if stamp else None
        if segment.flags & ACK:
            if me.shift < 0 or peer.shift < 0:
                me.shift = peer.shift = 0
            if me.recent is None or peer.recent is None:
                me.recent = peer.recent = None
        peer.edge = segment.window  # a window on a SYN is not scaled
        self.unread.add((port, number))

    def _disbelief(self, segment: Segment, me: Half, peer: Half) -> str | None:
        start = me.place(segment.seq)
        end = start + len(segment.payload)
        if segment.flags & URG:
            return "urgent"
        if not segment.flags & (ACK | RST):
            return "no-ack"
        if segment.flags & ACK and peer.place(segment.ack) > peer.sent:
            return "acknowledges what was never sent"
        if me.recent is not None and not segment.flags & RST:
            stamp = segment.stamp
            if stamp is None or distance(me.recent, stamp[0]) < 0:
                return "stamp"
        if me.edge is not None and (end > max(me.edge, me.next + 65535) or end < me.next - (1 << 17)):
            return "window, RST" if segment.flags & RST else "window"
        if me.fin is not None and segment.payload and end > me.fin:
            return "behind FIN"
        at, until = max(start, me.forgotten()), min(end, len(me.data))
        if at < until and me.data[at:until] == segment.payload[at - start : until - start]:
            return None
        for place in range(at, until):
            if me.known[place] and me.data[place] != segment.payload[place - start]:
                return "conflict"
        return None

    def _note(self, segment: Segment, me: Half, peer: Half) -> None:
        ack = peer.place(segment.ack)
        peer.acked = max(peer.acked, ack)
        edge = ack + (segment.window << me.shift)
        peer.edge = edge if peer.edge is None else max(peer.edge, edge)
        stamp = segment.stamp
        if me.recent is not None and stamp and me.place(segment.seq) <= me.next:
            me.recent = stamp[0]

    # bytes
    def _take(self, port: str, time: int, number: int, segment: Segment, me: Half) -> None:
        start = me.place(segment.seq)
        end = start + len(segment.payload)
        if segment.payload or segment.flags & FIN:
            me.sent = max(me.sent, end + (1 if segment.flags & FIN else 0))
        fresh = False
        if len(me.data) < end:
            me.data += bytes(end - len(me.data))
            me.known += bytes(end - len(me.known))
        at = max(start, 0)
        while at < end:
            at = me.known.find(0, at, end)
            if at < 0:
                break
            stop = me.known.find(1, at, end)
            stop = end if stop < 0 else stop
            me.data[at:stop] = segment.payload[at - start : stop - start]
            me.known[at:stop] = b"\x01" * (stop - at)
            me.owners.append(Kept(at, stop, number))
            at, fresh = stop, True
        if fresh:
            me.kept.append(Kept(max(start, 0), end, number))
        elif segment.payload or not segment.flags & FIN:
            self.unread.add((port, number))
        if segment.flags & FIN and me.fin is None:
            me.fin, me.fin_number = end, number
        gap = me.known.find(0, me.next)
        me.next = len(me.known) if gap < 0 else gap
        self._read(port, time, me)

    # messages
    def _read(self, port: str, time: int, me: Half) -> None:
        while self.ending is None:
            at = me.message
            while at < me.next and me.data[at] in b"\r\n":
                at += 1
            me.message = at
            me.released = max(me.released, at)
            if at == me.next:
                if me.fin == me.next:
                    me.fin_ok = True
                return
            cut = me.data.find(b"\r\n\r\n", at, me.next)
            size = None if cut < 0 else body_size(bytes(me.data[at:cut]))
            if cut >= 0 and size is None:
                self._end(time, port, "broken", None, "no")
            elif cut < 0 or cut + 4 + (size or 0) > me.next:
                if me.fin == me.next:
                    self._end(time, port, "cut", None, "no")
                return
            else:
                self._judge(port, time, at, cut + 4 + (size or 0), me)

    def _judge(self, port: str, time: int, start: int, end: int, me: Half) -> None:
        from messages import number_of

        text = bytes(me.data[start:end])
        number = number_of(text)
        verdict, reason = self.verdict(number, port)
        answer = "no"
        if verdict in ("redirect", "reject"):
            answer = self._boundary(self.half[OTHER[port]])
        if verdict == "rewrite" or (verdict in ("redirect", "reject") and answer == "no"):
            verdict = "drop"
        line = Line(time, port, tuple(me.givers(start, end)), verdict, reason, number, text)
        self.lines.append(line)
        me.message = end
        if verdict == "forward":
            me.released = end
        else:
            self._end(time, port, "refused", line, answer)
            reaching = {(port, k.number) for k in me.kept if k.start < end and start < k.end}
            self.ending = replace(self.ending, reaching=frozenset(reaching))

    @staticmethod
    def _boundary(back: Half) -> str:
        """Can an answer be put into this stream?"""
        if back.fin_ok or back.released != back.next:
            return "no"
        early = back.known.find(1, back.next) >= 0 or back.fin is not None
        room = back.edge is None or back.edge - back.released < 3000
        return "either" if early or room else "yes"

    def _end(self, time: int, port: str, why: str, line: Line | None, answer: str) -> None:
        waiting = set()
        for side, half in self.half.items():
            done = half.reach(half.released)
            waiting |= {(side, k.number) for k in half.kept if k.end > done}
        self.ending = Ending(time, port, why, line, answer, frozenset(waiting))

