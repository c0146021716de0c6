# SPDX-License-Identifier: BSD-3-Clause
"""Namespaces, programs and traffic for tests that run the whole box."""
