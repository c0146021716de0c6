# SPDX-License-Identifier: BSD-3-Clause
"""Every way to hide an I_MESSAGE that we know, each with its treatment and its verdicts."""
