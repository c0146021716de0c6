# SPDX-License-Identifier: BSD-3-Clause
"""Every way in which a KRR cannot be read."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import answers, sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402

NIL = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"'
PIECES = (  # names that some readers take for another one
    ">kms.a<!-- -->.example",
    f"><!-- {answers.B} -->{answers.A}",
    ">kms.a<?x y?>.example",
    ">kms.<![CDATA[a]]>.example",
    f"><![CDATA[{answers.A}]]> ",
)


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    good = answers.document([answers.A])
    rows = [
        answers.whole(good).replace(b"proxy", b"pr\xff\xfe"),
        answers.DECLARATION.encode() + b'<!DOCTYPE x [<!ENTITY e "e">]>' + good.encode(),
        answers.whole(good)[:-3],
        answers.whole(good.replace("KmsRedirectResponse", "KmsRequest")),
        answers.whole(good.replace("<Time>", "<Later>x</Later><Time>")),
        answers.whole(answers.document([answers.A], extra="<InitiatorKmsList/>")),
        answers.whole(answers.nested(9, [answers.A])),
        answers.whole(answers.document([f"kms{i}.example" for i in range(65)])),
        answers.whole(answers.document(["kms a"])),
        answers.whole(answers.document([""])),
        answers.whole(answers.document(["k" * 256])),
        answers.whole(answers.nested(8, [answers.B])),
        answers.whole(answers.document([answers.B], extra="<!--" + "x" * 64700 + "-->")),
        *(answers.whole(good.replace(f"<KmsUri>{answers.A}", f"<KmsUri{uri}")) for uri in PIECES),
        *(answers.whole(good.replace(f"<{name}>", f"<{name} {NIL}>")) for name in ("InitiatorKmsList", "KmsUri")),
        answers.whole(
            answers.document([answers.A], inner=good).replace("<EmbeddedKrr>", f"<EmbeddedKrr {NIL}>")
        ),
        b"",
        b"\r\n",
        answers.whole(answers.nested(8, [answers.A])),
        f"<!-- {answers.B} -->{good.replace('<KmsUri>', '<!-- x --><KmsUri>')}<!-- {answers.B} -->".encode(),
        answers.whole(good.replace(answers.A, f"<![CDATA[{answers.A}]]>")),
    ]
    for number, body in enumerate(rows, 1):
        out.send("outside", float(number), answers.refusal(sip.small(number), body))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
