# SPDX-License-Identifier: BSD-3-Clause
"""The same tests on other ports: two variables name them. Shown with net_af_packet and with net_tap."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .lib.netns import ip, tool
from .lib.process import Failed
from .lib.suite import Context, test

TESTS = ["allowed", "refused", "ping", "frames"]


@contextmanager
def veths() -> Iterator[dict[str, str]]:
    """Two pairs whose far ends net_af_packet opens."""
    stem, variables = f"kgp{os.getpid() % 1_000_000}", {}
    try:
        for letter in "ab":
            far, near = f"{stem}{letter}0", f"{stem}{letter}1"
            ip("link", "add", far, "type", "veth", "peer", "name", near)
            tool("sysctl", "-qw", f"net.ipv6.conf.{far}.disable_ipv6=1", f"net.ipv6.conf.{near}.disable_ipv6=1")
            ip("link", "set", far, "promisc", "on", "up")
            number = "ab".index(letter)
            variables[f"KMSGATE_PORT_{letter.upper()}"] = f"net_af_packet{number},iface={far}"
            variables[f"KMSGATE_IFACE_{letter.upper()}"] = near
        yield variables
    finally:
        for letter in "ab":
            if Path("/sys/class/net", f"{stem}{letter}0").exists():
                ip("link", "del", f"{stem}{letter}0")


@contextmanager
def taps() -> Iterator[dict[str, str]]:
    """Devices that make their interfaces themselves, when they are opened."""
    variables = {}
    for number, letter in enumerate("ab"):
        name = f"kgt{os.getpid() % 1_000_000}{letter}"
        variables |= {
            f"KMSGATE_PORT_{letter.upper()}": f"net_tap{number},iface={name}",
            f"KMSGATE_IFACE_{letter.upper()}": name,
        }
    yield variables


def again(context: Context, variables: dict[str, str]) -> None:
    """Runs this very suite with the variables set."""
    command = [sys.executable, str(Path(__file__).with_name("run.py")), "--build", str(context.build), *TESTS]
    log = context.folder / "run.out"
    with log.open("w") as out:
        run = subprocess.Popen(command, env={**os.environ, **variables}, stdout=out, stderr=subprocess.STDOUT)
        try:
            code = run.wait(120)
        finally:
            if run.poll() is None:
                run.terminate()
                run.wait()
    said = log.read_text()
    if code != 0:
        raise Failed(f"exit {code}:\n{said}")
    context.say(said.splitlines()[-1])
    for note in sorted(set(re.findall(r"\b[\w ]+: net_\w+ [^;)]*", said))):
        context.say(note)


@test("on net_af_packet")
def af_packet(context: Context) -> None:
    with veths() as variables:
        again(context, variables)


@test("on net_tap")
def tap(context: Context) -> None:
    with taps() as variables:
        again(context, variables)
