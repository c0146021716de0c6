# SPDX-License-Identifier: BSD-3-Clause
"""Layers that must survive byte for byte."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import answers, sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    odd = (
        '<k:KmsRedirectResponse xmlns:k="urn:3gpp:ns:mcsecKMSKRR:1.0" Id=\'q\' Version="1.0.0" ><!-- c -->\r\n'
        "<k:ProcessorUri>sip:\u00e9@far.example</k:ProcessorUri><k:Time>2023-11-14T22:13:20Z</k:Time>\t"
        "<k:InitiatorKmsList><k:KmsUri><![CDATA[kms.b.example]]></k:KmsUri><k:KmsUri>&#107;ms.a.example</k:KmsUri>"
        '</k:InitiatorKmsList><d:Signature xmlns:d="http://www.w3.org/2000/09/xmldsig#"/></k:KmsRedirectResponse >'
    )
    rows = [
        odd,
        answers.document([answers.B, answers.C], inner=odd),
        answers.nested(7, [answers.B, answers.A]),
    ]
    for number, root in enumerate(rows, 1):
        out.send("outside", float(number), answers.refusal(sip.small(number), root))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
