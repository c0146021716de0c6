# SPDX-License-Identifier: BSD-3-Clause
"""What each contestant looks at before it says which KMSs a message names. Printed beside the figures."""

from __future__ import annotations

WHO = ["kmsgate", "floor", "sofia-sip", "osip2", "Kamailio + Lua"]
CHECKS: list[tuple[str, list[str]]] = [
    ("SIP start line and headers", ["all, every form", "no", "parsed", "parsed", "parsed as asked for"]),
    ("multipart, nested", ["all parts, all depths", "no", "parsed", "first level", "no: text search"]),
    ("SDP", ["every line, every level", "no", "parsed", "parsed", "no: text search"]),
    ("several key-mgmt lines or parts", ["all", "first", "all given out", "all given out", "first"]),
    ("base64: characters, padding, length", ["all", "no", "not looked at", "not looked at", "as its decoder does"]),
    ("closed list of rules on the I_MESSAGE", ["all", "no", "not looked at", "not looked at", "lengths on its way"]),
    ("payloads behind the names, to the end", ["all", "walked", "not looked at", "not looked at", "no"]),
    ("a name that stands twice", ["refused", "last", "not looked at", "not looked at", "last before both are known"]),
    ("application/mikey, binary, quoted-printable, ..", ["all", "no", "handed over", "handed over", "no"]),
    ("encodings that cannot be read", ["refused by name", "no", "handed over", "handed over", "forwarded"]),
    ("users (clear and hashed), their domains, tags", ["all", "no", "no", "no", "no"]),
    ("IP fragments", ["its own reassembly", "-", "-", "-", "the kernel's"]),
    ("retransmissions: one verdict for one transaction", ["table", "no", "no", "no", "no: stateless"]),
    ("KRRs that come back are narrowed", ["yes", "no", "no", "no", "no"]),
    ("what is forwarded", ["byte-identical", "-", "-", "-", "Via added"]),
]


def table() -> str:
    """Markdown."""
    lines = ["| looks at | " + " | ".join(WHO) + " |", "|---" * (len(WHO) + 1) + "|"]
    lines += [f"| {what} | " + " | ".join(cells) + " |" for what, cells in CHECKS]
    return "\n".join(lines)
