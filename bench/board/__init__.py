# SPDX-License-Identifier: BSD-3-Clause
"""What bench/run measures, holds against its goals, and shows."""
