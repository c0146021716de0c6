# SPDX-License-Identifier: BSD-3-Clause
"""I_MESSAGEs in SDP: attribute spellings, capability lines, line ends, decoys."""

from __future__ import annotations

from lib import mikey, sip

from .kit import Kit, Row, key_of


def spelled(name: str, template: str, treatment: str = "judged") -> Row:
    """A session-level line in this spelling."""
    return Row(f"sdp: {name}", treatment, lambda k: k.offer(k.line(template)))


def at_media(name: str, template: str) -> Row:
    """A media-level line in this spelling."""
    return Row(f"sdp: {name}", "judged", lambda k: k.offer(media=k.line(template)))


def second_media(k: Kit) -> sip.Message:
    """The line stands in a later media section."""
    return k.request(sip.SDP, k.sdp() + ("m=application 49154 udp MCPTT\r\n" + k.line() + "\r\n").encode())


def twice(k: Kit) -> sip.Message:
    """An allowed line first, then the one that counts."""
    return k.offer("a=key-mgmt:mikey " + mikey.text(key_of("allowed") or b""), k.line())


def session_and_media(k: Kit) -> sip.Message:
    """Allowed at session level, the one that counts at media level."""
    return k.offer("a=key-mgmt:mikey " + mikey.text(key_of("allowed") or b""), media=k.line())


def unfinished(k: Kit) -> sip.Message:
    """The last line has no line end."""
    return k.request(sip.SDP, k.sdp() + k.line().encode())


def mixed_ends(k: Kit) -> sip.Message:
    """Each line ends in its own way."""
    lines = [
        "v=0\n",
        "o=- 1 1 IN IP4 10.1.0.10\r",
        "s=-\r\n",
        "t=0 0\n",
        k.line() + "\r",
        "m=audio 1 RTP/SAVP 97\r\n",
    ]
    return k.request(sip.SDP, "".join(lines).encode())


ROWS = [
    spelled("session level", "a=key-mgmt:mikey {}"),
    at_media("media level", "a=key-mgmt:mikey {}"),
    Row("sdp: second media section", "judged", second_media),
    spelled("blank after the colon", "a=key-mgmt: mikey {}"),
    spelled("upper-case attribute", "a=KEY-MGMT:mikey {}"),
    spelled("mixed-case attribute and id", "a=Key-Mgmt:Mikey {}"),
    spelled("upper-case id", "a=key-mgmt:MIKEY {}"),
    at_media("upper case at media level", "a=KEY-MGMT:MIKEY {}"),
    spelled("upper-case type letter", "A=key-mgmt:mikey {}"),
    spelled("blank after the equals sign", "a= key-mgmt:mikey {}"),
    spelled("blank before the equals sign", "a =key-mgmt:mikey {}"),
    spelled("blank before the line", " a=key-mgmt:mikey {}"),
    spelled("tab before the line", "\ta=key-mgmt:mikey {}"),
    spelled("blank before the colon", "a=key-mgmt :mikey {}"),
    spelled("tabs for blanks", "a=key-mgmt:\tmikey\t{}"),
    spelled("form feed before the id", "a=key-mgmt:\x0cmikey {}"),
    spelled("vertical tab before the colon", "a=key-mgmt\x0b:mikey {}"),
    spelled("NUL before the colon", "a=key-mgmt\0:mikey {}"),
    spelled("form feed after the equals sign", "a=\x0ckey-mgmt:mikey {}"),
    spelled("two blanks after the colon", "a=key-mgmt:  mikey {}"),
    spelled("two blanks before the data", "a=key-mgmt:mikey  {}"),
    spelled("blank after the data", "a=key-mgmt:mikey {} ", "guarded"),
    spelled("data in quotes", 'a=key-mgmt:mikey "{}"', "guarded"),
    spelled("other protocol first in one line", "a=key-mgmt:keyp2 AAAA\r\na=key-mgmt:mikey {}"),
    spelled("long line before it", "a=x:" + "y" * 600 + "\r\na=key-mgmt:mikey {}"),
    Row("sdp: allowed line first", "judged", twice),
    Row("sdp: session and media differ", "judged", session_and_media),
    Row("sdp: last line unfinished", "judged", unfinished),
    Row("sdp: lone LF line ends", "judged", lambda k: k.offer(k.line(), eol="\n")),
    Row("sdp: lone CR line ends", "judged", lambda k: k.offer(k.line(), eol="\r")),
    Row("sdp: mixed line ends", "judged", mixed_ends),
    Row("sdp: blank lines inside", "judged", lambda k: k.offer("", "", k.line())),
    Row("sdp: line before v=", "judged", lambda k: k.request(sip.SDP, k.line().encode() + b"\r\n" + k.sdp())),
    Row("sdp: byte order mark", "judged", lambda k: k.request(sip.SDP, b"\xef\xbb\xbf" + k.sdp(k.line()))),
    Row("sdp: NUL in the line before", "judged", lambda k: k.offer("i=a\x00b", k.line())),
    Row("sdp: NUL first", "judged", lambda k: k.request(sip.SDP, b"\x00" + k.sdp(k.line()))),
    Row("sdp: NULs at the end", "judged", lambda k: k.request(sip.SDP, k.sdp(k.line()) + bytes(8))),
    spelled("NUL after the data", "a=key-mgmt:mikey {}\x00", "guarded"),
    spelled("capability line", "a=acap:1 key-mgmt:mikey {}"),
    spelled("capability line, odd case", "a=ACAP:1 Key-Mgmt:MIKEY {}"),
    spelled("capability line, odd blanks", "a=acap: 12  key-mgmt: mikey {}"),
    at_media("capability line at media level", "a=acap:3 key-mgmt:mikey {}"),
    spelled("capability line with potential configuration", "a=acap:1 key-mgmt:mikey {}\r\na=pcfg:1 t=1 a=1"),
]
