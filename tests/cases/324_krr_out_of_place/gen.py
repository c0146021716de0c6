# SPDX-License-Identifier: BSD-3-Clause
"""A KRR where none belongs."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lib import sip  # noqa: E402
from lib.scene import Scene, main  # noqa: E402


def scene() -> Scene:
    """The frames of this case."""
    out = Scene()

    body = (
        b'<?xml version="1.0" encoding="UTF-8"?>'
        b'<KmsRedirectResponse xmlns="urn:3gpp:ns:mcsecKMSKRR:1.0" Id="x" '
        b'Version="1.0.0"><ProcessorUri>sip:p@mc2.example</ProcessorUri><Time>2026-01-01T00:00:00Z</Time>'
        b"<ReceiverKmsList><KmsUri>kms.b.example</KmsUri></ReceiverKmsList></KmsRedirectResponse>"
    )
    kind = "application/vnd.3gpp.kmsredirectresponse+xml"
    out.send("inside", 1.0, sip.request("MESSAGE", 1, kind, body))
    out.send("outside", 2.0, sip.response(sip.request("INVITE", 2), 200, "OK", kind, body))
    return out


if __name__ == "__main__":
    main(scene(), __file__)
