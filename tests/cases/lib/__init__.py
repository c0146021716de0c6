# SPDX-License-Identifier: BSD-3-Clause
"""What the capture cases share: an encoder and a reader that owe nothing to the program under test."""
