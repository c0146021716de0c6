# SPDX-License-Identifier: BSD-3-Clause
"""KRRs and the 488s that carry them, written by hand and never by the program's own encoder."""

from __future__ import annotations

from xml.sax.saxutils import escape

from . import krr, sip

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
A, B, C, D = (f"kms.{letter}.example" for letter in "abcd")
Kmses = list[str] | str | None  # names, "ANY", or no element


def _list(element: str, names: Kmses) -> str:
    if names is None:
        return ""
    uris = ["ANY"] if names == "ANY" else names
    inside = "".join(f"<KmsUri>{escape(uri)}</KmsUri>" for uri in uris)
    return f"<{element}>{inside}</{element}>"


def document(
    initiator: Kmses = "ANY",
    receiver: Kmses = "ANY",
    *,
    users: tuple[str, str] | None = None,
    inner: str = "",
    extra: str = "",
    number: int = 1,
) -> str:
    """A KRR's root element; `inner` is another one to embed, `extra` stands in front of the lists."""
    named = f"<InitiatorUri>{users[0]}</InitiatorUri><ReceiverUri>{users[1]}</ReceiverUri>" if users else ""
    return (
        f'<KmsRedirectResponse xmlns="{krr.NAMESPACE}" Id="far-{number}" Version="1.0.0">'
        "<ProcessorUri>sip:proxy@far.example</ProcessorUri><Time>2023-11-14T22:13:20Z</Time>"
        + named
        + extra
        + _list("InitiatorKmsList", initiator)
        + _list("ReceiverKmsList", receiver)
        + (f"<EmbeddedKrr>{inner}</EmbeddedKrr>" if inner else "")
        + "</KmsRedirectResponse>"
    )


def whole(root: str) -> bytes:
    """A document as a body, with its declaration."""
    return (DECLARATION + "\r\n" + root).encode()


def refusal(to: sip.Message, body: bytes | str, kind: str = krr.TYPE) -> sip.Message:
    """The 488 with a KRR that answers a request."""
    data = body if isinstance(body, bytes) else whole(body)
    return sip.response(to, 488, "Not Acceptable Here", kind, data)


def nested(depth: int, initiator: Kmses) -> str:
    """A KRR with so many layers embedded, one in the other."""
    root = document(initiator)
    for number in range(2, depth + 2):
        root = document(initiator, inner=root, number=number)
    return root


def anonymous(message: sip.Message) -> sip.Message:
    """Without a name in From and To; the tags stay."""
    nobody = "<sip:anonymous@anonymous.invalid>"
    for name in ("From", "To"):
        value = message.get(name)
        message = message.put(name, nobody + value[value.index(">") + 1 :])
    return message
