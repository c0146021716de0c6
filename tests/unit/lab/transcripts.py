# SPDX-License-Identifier: BSD-3-Clause
"""The eleven use cases as the documents tell them, written here once more by hand and independently of the scenario files.

A step is (kind, by, first, second): M = I_MESSAGE (IDRkmsi, IDRkmsr); K = KRR created; R = KRR rewritten, each with its
initiator and receiver list; A = accepted; F = failed; X = TCP connection reset without an answer. By: I, R, or the number of the edge on the path, from 1.
"""

ANY = "ANY"

TRANSCRIPTS = {
    "X.1": [("M", "I", "A", "A"), ("K", "R", ["A"], ["B"]), ("M", "I", "A", "B"), ("A", "R", "A", "B")],
    "X.2": [("M", "I", "A", "A"), ("K", "R", ["B", "C"], ["B"]), ("M", "I", "C", "B"), ("A", "R", "C", "B")],
    "X.3": [("M", "I", "A", "A"), ("K", "R", ["B", "C"], ["B"]), ("F", "I", "no-initiator-kms", None)],
    "X.4": [("M", "I", "A", "A"), ("K", "R", ["S", "A"], ["S", "A"]), ("M", "I", "S", "S"), ("A", "R", "S", "S")],
    "X.4-note-no-S": [("M", "I", "A", "A"), ("K", "R", ["S", "A"], ["S", "A"]), ("M", "I", "A", "A"),
                      ("A", "R", "A", "A")],
    "X.4-note-refused": [("M", "I", "A", "A"), ("K", "R", ["S", "A"], ["S", "A"]), ("M", "I", "A", "A"),
                         ("A", "R", "A", "A")],
    "X.5": [("M", "I", "A", "A"), ("K", 1, ANY, ["B"]), ("M", "I", "A", "B"), ("A", "R", "A", "B")],
    "X.6": [("M", "I", "A", "A"), ("K", 1, ["C"], ["A"]), ("M", "I", "C", "A"), ("K", 2, ANY, ["B"]),
            ("R", 1, ["C"], ["B"]), ("M", "I", "C", "B"), ("A", "R", "C", "B")],
    # who does not roam and names the roaming KMS is sent back to A
    "X.6-note": [("M", "I", "C", "C"), ("K", 1, ["A"], ["C"]), ("M", "I", "A", "C"), ("K", 2, ANY, ["B"]),
                 ("R", 1, ["A"], ["B"]), ("M", "I", "A", "B"), ("A", "R", "A", "B")],
    "X.7": [("M", "I", "A", "A"), ("K", 1, ANY, ["D"]), ("M", "I", "A", "D"), ("A", "R", "A", "D")],
    "X.8": [("M", "I", "A", "A"), ("K", 1, ["C", "D"], ANY), ("M", "I", "D", "A"), ("K", 3, ANY, ["B"]),
            ("R", 2, ["A", "D"], ["B"]), ("R", 1, ["D"], ["B"]), ("M", "I", "D", "B"), ("A", "R", "D", "B")],
    "X.9": [("M", "I", "A", "A"), ("K", 1, ANY, ["B", "D"]), ("M", "I", "A", "B"), ("K", 2, ANY, ["C", "D"]),
            ("R", 1, ANY, ["D"]), ("M", "I", "A", "D"), ("A", "R", "A", "D")],
    "X.10": [("M", "I", "A", "A"), ("K", 1, ["B", "C"], ANY),
             ("M", "I", "C", "A"), ("K", 3, ANY, ["X", "Z"]), ("R", 2, ["A", "C"], ["X", "Z"]),
             ("R", 1, ["C"], ["X", "Z"]),
             ("M", "I", "C", "X"), ("K", 4, ANY, ["Y", "Z"]), ("R", 3, ANY, ["Z"]), ("R", 2, ["A", "C"], ["Z"]),
             ("R", 1, ["C"], ["Z"]),
             ("M", "I", "C", "Z"), ("A", "R", "C", "Z")],
    "X.11": [("M", "I", "A", "A"), ("K", "R", ["A"], ["Z"]), ("F", "I", "no-receiver-kms", None)],
}

EDGES = {"X.5": 1, "X.6": 2, "X.6-note": 2, "X.7": 1, "X.8": 3, "X.9": 2, "X.10": 4}

# Over TCP nobody narrows a KRR: who would have to takes the connection down (its own answer goes in front of a reset).
LOST = ("F", "I", "connection-reset", None)
OVER_TCP = TRANSCRIPTS | {
    "X.6": [("M", "I", "A", "A"), ("K", 1, ["C"], ["A"]), ("M", "I", "C", "A"), ("K", 2, ANY, ["B"]), ("X", 1, None, None), LOST],
    "X.6-note": [("M", "I", "C", "C"), ("K", 1, ["A"], ["C"]), ("M", "I", "A", "C"), ("K", 2, ANY, ["B"]), ("X", 1, None, None), LOST],
    "X.8": [("M", "I", "A", "A"), ("K", 1, ["C", "D"], ANY), ("M", "I", "D", "A"), ("K", 3, ANY, ["B"]), ("X", 2, None, None), LOST],
    "X.9": [("M", "I", "A", "A"), ("K", 1, ANY, ["B", "D"]), ("M", "I", "A", "B"), ("K", 2, ANY, ["C", "D"]), ("X", 1, None, None), LOST],
    "X.10": [("M", "I", "A", "A"), ("K", 1, ["B", "C"], ANY), ("M", "I", "C", "A"), ("K", 3, ANY, ["X", "Z"]), ("X", 2, None, None),
             LOST],
}
