# SPDX-License-Identifier: BSD-3-Clause
"""I_MESSAGEs in URIs and in XML."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from lib import sip

from .kit import NOTE, Kit, Row

HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
XML = "application/vnd.3gpp.mcptt-info+xml"


def uri(k: Kit, body: str = "body", lower: bool = False) -> str:
    """A SIP URI whose body header holds the SDP."""
    value = quote(k.sdp(k.line()), safe="")
    if lower:
        value = re.sub("%[0-9A-F]{2}", lambda m: m[0].lower(), value)
    return f"sip:bob@mc2.example;method=INVITE?Content-Type=application%2Fsdp&{body}={value}"


def everything(text: str) -> str:
    """Every byte as a percent escape."""
    return "".join(f"%{c:02x}" for c in text.encode())


def in_header(name: str, field: str, treatment: str = "judged", **options: Any) -> Row:
    """The URI in a header of a REFER."""
    return Row(
        f"uri: {name}",
        treatment,
        lambda k: k.request(None, b"", "REFER").add(field, f"<{uri(k, **options)}>"),
    )


def escaped(k: Kit) -> sip.Message:
    """Every character of the body escaped, also those that need it not."""
    short = "v=0\r\n" + k.line() + "\r\n"
    return k.request(None, b"", "REFER").add("Refer-To", f"<sip:bob@mc2.example?body={everything(short)}>")


def listed(k: Kit, target: str) -> sip.Message:
    """The URI as an entry of a resource list."""
    return k.request(sip.LISTS, sip.resource_lists(target.replace("&", "&amp;")))


def referenced(k: Kit) -> sip.Message:
    """The entry with references for some of its characters."""
    target = uri(k).replace("&", "&#38;").replace("body=", "&#98;ody=")
    return k.request(sip.LISTS, sip.resource_lists(target))


def element(
    name: str, form: str, treatment: str = "judged", kind: str = XML, harmless: str | None = None
) -> Row:
    """The I_MESSAGE as the text of an element; harmless traffic may have another form."""
    return Row(
        f"xml: {name}",
        treatment,
        lambda k: k.request(
            kind, ((harmless if k.harmless and harmless else form).replace("@", k.text)).encode()
        ),
    )


def references(k: Kit) -> sip.Message:
    """Every character as a reference."""
    text = "".join(f"&#{ord(c)};" for c in k.text)
    return k.request(XML, f"{HEAD}<a><b>{text}</b></a>".encode())


def split(k: Kit, between: str, after: str = "") -> sip.Message:
    """The text of the element in two halves."""
    return k.request(XML, f"{HEAD}<a><b>{k.text[:99]}{between}{k.text[99:]}{after}</b></a>".encode())


def wide(k: Kit) -> sip.Message:
    """UTF-16; the harmless twin is UTF-8."""
    document = f"<a><b>{k.text}</b></a>"
    return k.request(XML, document.encode() if k.harmless else document.encode("utf-16"))


def several(k: Kit) -> sip.Message:
    """The I_MESSAGE in the last of many elements."""
    items = "".join(f"<i>{n}</i>" for n in range(20))
    return k.request(XML, f'{HEAD}<l xmlns="urn:x">{items}<i>{k.text}</i></l>'.encode())


def xml_part(k: Kit) -> sip.Message:
    """An XML part behind a plain SDP."""
    return k.mixed(sip.Part(sip.SDP, k.sdp()), sip.Part(XML, f"{HEAD}<a><b>{k.text}</b></a>".encode()))


ENTITY = '<!DOCTYPE a [<!ENTITY k "@">]><a><b>&k;</b></a>'
ROWS = [
    in_header("Refer-To", "Refer-To"),
    in_header("Refer-To, compact name", "r"),
    in_header("Contact", "Contact"),
    in_header("Refer-To, lower-case escapes", "Refer-To", lower=True),
    in_header("Refer-To, odd-case body", "Refer-To", body="Body"),
    Row("uri: everything escaped", "judged", escaped),
    Row(
        "uri: second Contact of a row",
        "judged",
        lambda k: k.request(None, b"", "REGISTER").add(
            "Contact", f'<sip:alice@10.1.0.10>, "a, b" <{uri(k)}>;q=0.5'
        ),
    ),
    Row(
        "uri: name-addr without display name, blanks",
        "judged",
        lambda k: k.request(None, b"", "REFER").add("Refer-To", f"   <{uri(k)}>  ;x=y"),
    ),
    Row(
        "uri: addr-spec without brackets",
        "judged",
        lambda k: k.request(None, b"", "REFER").add("Refer-To", uri(k)),
    ),
    Row(
        "uri: angle bracket in the display name",
        "judged",
        lambda k: k.request(None, b"", "REFER").add("Refer-To", f'"<sip:x@y>, \\" " <{uri(k)}>'),
    ),
    Row(
        "uri: folded", "judged", lambda k: k.request(None, b"", "REFER").add("Refer-To", f"\r\n\t<{uri(k)}>")
    ),
    Row(
        "uri: entry of a resource list in a part",
        "judged",
        lambda k: k.mixed(NOTE, sip.Part(sip.LISTS, sip.resource_lists(uri(k).replace("&", "&amp;")))),
    ),
    Row("uri: entry of a resource list", "judged", lambda k: listed(k, uri(k))),
    Row("uri: entry with character references", "judged", referenced),
    element("element text", f"{HEAD}<a><b>@</b></a>"),
    element("white space around it", f"{HEAD}<a><b>\r\n\t @ \r\n</b></a>"),
    element("CDATA", f"{HEAD}<a><b><![CDATA[@]]></b></a>"),
    element("namespace prefix", f'{HEAD}<x:a xmlns:x="urn:x"><x:Mikey>@</x:Mikey></x:a>'),
    element("attribute beside it", f'{HEAD}<a><b type="Normal" encoding="base64">@</b></a>'),
    element("root element", f"{HEAD}<a>@</a>"),
    element("comment in front", f"{HEAD}<a><b><!-- x -->@</b></a>"),
    Row("xml: comment inside the text", "guarded", lambda k: split(k, "<!-- x -->")),
    Row("xml: CDATA for half of the text", "guarded", lambda k: split(k, "<![CDATA[", "]]>")),
    Row("xml: instruction inside the text", "guarded", lambda k: split(k, "<?x y?>")),
    element("processing instruction in front", f"{HEAD}<?x y?><a><b><?x y?>@</b></a>"),
    element("two CDATA sections", "<a><b><![CDATA[@]]><![CDATA[]]></b></a>"),
    element("application/xml", f"{HEAD}<a><b>@</b></a>", kind="application/xml"),
    element("unknown +xml type", f"{HEAD}<a><b>@</b></a>", kind="Application/x-y+XML;charset=utf-8"),
    element("no declaration", "<a><b>@</b></a>"),
    element("text/xml", f"{HEAD}<a><b>@</b></a>", "guarded", "text/xml"),
    element("document type", "<!DOCTYPE a><a><b>@</b></a>"),
    element("entity", ENTITY, "uninspectable", harmless="<a><b>@</b></a>"),
    Row("xml: character references", "judged", references),
    Row("xml: UTF-16", "uninspectable", wide),
    Row("xml: last of many elements", "judged", several),
    Row("xml: part beside a plain SDP", "judged", xml_part),
]
