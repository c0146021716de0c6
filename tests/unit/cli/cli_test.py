# SPDX-License-Identifier: BSD-3-Clause
"""The program kmsgatectl itself: its process, terminals, signals, and its completion scripts in real shells.

    cli_test.py KMSGATECTL
"""

from __future__ import annotations

import json
import os
import pty
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

PROGRAM = sys.argv.pop(1)
POLICY = "version: 1\ntags: [roaming, migrated]\ndomains:\n  mc1: {users: [\"sip:*@a\"]}\n  mc2: {users: [\"sip:*@b\"]}\n"
EVENT = {"event": "message", "time": 1.5, "edge": "e", "port": "inside", "verdict": "redirect", "reason": "r", "method": "INVITE"}


class Daemon:
    """Answers what the tests ask; subscriptions get one event and then nothing."""

    RESULTS = {
        "hello": {"version": 1, "server": "fake 1", "role": "admin"},
        "edge.list": {"edges": [{"name": "mc1-edge", "mode": "enforce"}, {"name": "mc2-edge", "mode": "bypass"}]},
        "policy.history": {"generations": [{"generation": 8}, {"generation": 9}]},
        "policy.show": {"text": POLICY},
        "events.subscribe": {"subscription": 1},
        "trace": {"subscription": 1, "trace": 1},
    }

    def __init__(self, folder: Path) -> None:
        self.path = str(folder / "control.sock")
        self.ended = threading.Event()  # a connection that had a subscription was closed by the client
        self.asked: list[str] = []
        self.flood = False  # events without end
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.one_and_close, args=(client,), daemon=True).start()

    def one_and_close(self, client: socket.socket) -> None:
        with client:
            try:
                self.one(client)
            except OSError:
                self.ended.set()

    def one(self, client: socket.socket) -> None:
        stream = client.makefile("rb")
        subscribed = False
        while len(head := stream.read(4)) == 4:
            request = json.loads(stream.read(struct.unpack(">I", head)[0]))
            method = request["method"]
            self.asked.append(method)
            self.send(client, {"jsonrpc": "2.0", "id": request["id"], "result": self.RESULTS.get(method, {})})
            if method in ("events.subscribe", "trace"):
                subscribed = True
                name = "event" if method == "events.subscribe" else "trace"
                told = {"jsonrpc": "2.0", "method": name, "params": {"event": EVENT, "tree": "t\n"}}
                self.send(client, told)
                while self.flood:
                    self.send(client, told)
        if subscribed:
            self.ended.set()

    @staticmethod
    def send(client: socket.socket, value: object) -> None:
        text = json.dumps(value).encode()
        client.sendall(struct.pack(">I", len(text)) + text)


class Case(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="kmsgate-cli-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.daemon = Daemon(self.folder)
        self.addCleanup(self.daemon.listener.close)
        self.env = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "KMSGATE_SOCKET")}
        self.env.update(KMSGATE_SOCKET=self.daemon.path, TERM="xterm")

    def run_it(self, *words: str, **more: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run([PROGRAM, *words], capture_output=True, text=True, timeout=30, env=self.env, **more)

    def on_terminal(self, *words: str, columns: int = 80) -> str:
        """What the program prints on a terminal of so many columns."""
        master, slave = pty.openpty()
        import fcntl
        import termios
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        with subprocess.Popen([PROGRAM, *words], stdin=slave, stdout=slave, stderr=slave, env=self.env) as process:
            os.close(slave)
            out = b""
            while True:
                try:
                    part = os.read(master, 65536)
                except OSError:
                    break
                if not part:
                    break
                out += part
            self.assertEqual(process.wait(timeout=30), 0, out)
        os.close(master)
        return out.decode()


class Process(Case):
    def test_exit_codes(self) -> None:
        self.assertEqual(self.run_it("edge", "list").returncode, 0)
        self.assertEqual(self.run_it("edge", "lst").returncode, 2)
        self.assertEqual(self.run_it("--socket", "/nowhere", "edge", "list").returncode, 3)
        self.assertEqual(self.run_it("--help").returncode, 0)
        self.assertEqual(self.run_it().returncode, 2)

    def test_the_environment_names_the_socket(self) -> None:
        self.env["KMSGATE_SOCKET"] = "/nowhere/else.sock"
        self.assertIn("/nowhere/else.sock", self.run_it("status").stderr)
        del self.env["KMSGATE_SOCKET"]
        self.assertIn(" /run/kmsgate/control.sock", self.run_it("status").stderr)

    def test_a_full_disk_is_told(self) -> None:
        with open("/dev/full", "w") as full:
            done = subprocess.run([PROGRAM, "edge", "list"], stdout=full, stderr=subprocess.PIPE, text=True, env=self.env,
                                  timeout=30)
        self.assertEqual(done.returncode, 1)
        self.assertIn("standard output took not everything", done.stderr)

    def test_standard_input_as_policy(self) -> None:
        self.assertEqual(self.run_it("policy", "check", "-", "--json", input=POLICY).stdout, "{}\n")
        self.assertIn("policy.check", self.daemon.asked)

    def test_no_colours_but_on_terminals(self) -> None:
        self.assertNotIn("\x1b", self.run_it("edge", "list").stdout)
        self.assertIn("\x1b[32menforce\x1b[0m", self.on_terminal("edge", "list"))
        self.env["NO_COLOR"] = "1"
        self.assertNotIn("\x1b", self.on_terminal("edge", "list"))
        del self.env["NO_COLOR"]
        self.env["TERM"] = "dumb"
        self.assertNotIn("\x1b", self.on_terminal("edge", "list"))

    def test_tables_fit_the_terminal(self) -> None:
        self.env["NO_COLOR"] = "1"
        lines = self.on_terminal("edge", "list", columns=50).splitlines()
        self.assertEqual(len(lines), 3)
        self.assertLessEqual(max(map(len, lines)), 50)


class Streams(Case):
    def stop_by(self, sent: signal.Signals, *words: str) -> tuple[int, str, str]:
        with subprocess.Popen([PROGRAM, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              env=self.env) as process:
            first = process.stdout.readline()
            process.send_signal(sent)
            rest, err = process.communicate(timeout=30)
        return process.returncode, first + rest, err

    def test_stopping_ends_cleanly(self) -> None:
        for sent in (signal.SIGINT, signal.SIGTERM):
            self.daemon.ended.clear()
            code, out, err = self.stop_by(sent, "events")
            self.assertEqual((code, err), (0, ""))
            self.assertIn("redirect", out)
            self.assertTrue(self.daemon.ended.wait(10), "the subscription's connection was not closed")
        code, out, err = self.stop_by(signal.SIGINT, "trace", "--count", "5")
        self.assertEqual((code, err), (0, "1 message\n"))

    def test_json_lines_come_at_once(self) -> None:
        code, out, _ = self.stop_by(signal.SIGINT, "--json", "events")
        self.assertEqual(code, 0)
        self.assertEqual(json.loads(out), EVENT)

    def test_a_reader_that_goes_away_ends_it(self) -> None:
        self.daemon.flood = True
        with subprocess.Popen([PROGRAM, "events"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.env) as process:
            process.stdout.readline()
            process.stdout.close()
            self.assertEqual(process.wait(timeout=30), -signal.SIGPIPE)
            process.stderr.close()
        self.assertTrue(self.daemon.ended.wait(10))

    def test_a_plain_call_is_stopped_by_a_signal(self) -> None:
        silent = socket.socket(socket.AF_UNIX)
        path = str(self.folder / "silent.sock")
        silent.bind(path)
        silent.listen()
        # a shell that starts the tests in its background has them ignore SIGINT
        with subprocess.Popen([PROGRAM, "--socket", path, "status"], stderr=subprocess.PIPE, env=self.env,
                              preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)) as process:
            accepted, _ = silent.accept()
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(timeout=30), -signal.SIGINT)
        accepted.close()
        silent.close()


class Completion(Case):
    def setUp(self) -> None:
        super().setUp()
        self.scripts = {}
        for shell in ("bash", "zsh"):
            script = self.folder / f"completion.{shell}"
            script.write_text(self.run_it("completion", shell).stdout)
            self.scripts[shell] = script
        tools = self.folder / "bin"
        tools.mkdir()
        (tools / "kmsgatectl").symlink_to(PROGRAM)
        self.env["PATH"] = f"{tools}:{self.env['PATH']}"
        (self.folder / "policy one.yaml").write_text("")

    def bash(self, *words: str) -> list[str]:
        code = """
            source "$1"; shift
            complete -p kmsgatectl >/dev/null || exit 9
            COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
            _kmsgatectl && true
            printf '%s\\n' "${COMPREPLY[@]}"
        """
        done = subprocess.run(["bash", "--norc", "-c", code, "bash", self.scripts["bash"], "kmsgatectl", *words],
                              capture_output=True, text=True, timeout=30, env=self.env, cwd=self.folder)
        self.assertEqual(done.stderr, "")
        return done.stdout.split("\n")[:-1] if done.stdout != "\n" else []

    def zsh(self, *words: str) -> list[str]:
        """The function with zsh's completion builtins replaced by ones that print."""
        code = """
            compdef() { defined=$2 }
            compadd() { shift; print -rl -- ${(M)@:#$PREFIX*} }
            _files() { print -rl -- *(N) }
            source $1; shift
            [[ $defined == kmsgatectl ]] || exit 9
            words=("$@"); CURRENT=$#; PREFIX=${words[CURRENT]}
            _kmsgatectl
            true
        """
        done = subprocess.run(["zsh", "-f", "-c", code, "zsh", self.scripts["zsh"], "kmsgatectl", *words],
                              capture_output=True, text=True, timeout=30, env=self.env, cwd=self.folder)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return [w for w in done.stdout.split("\n") if w]

    CASES = [
        (("po",), ["policy"]),
        (("--json", "policy", "h"), ["history"]),
        (("--timeout", "5", "edge", ""), ["list", "mode"]),
        (("policy", "commit", "--con"), ["--confirm"]),
        (("policy", "commit", "--confirm", ""), []),
        (("policy", "commit", "f.yaml", "--js"), ["--json"]),
        (("edge", "mode", ""), ["mc1-edge", "mc2-edge"]),
        (("edge", "mode", "mc1-edge", "s"), ["shadow"]),
        (("edge", "mode", "mc1-edge", "shadow", ""), []),
        (("stats", "--edge", "mc1"), ["mc1-edge"]),
        (("stats", "--si"), ["--since"]),
        (("user", "tag", ""), ["mc1", "mc2"]),
        (("user", "tag", "mc1", ""), []),
        (("user", "tag", "mc1", "sip:a@b", ""), ["migrated", "roaming"]),
        (("user", "tag", "mc1", "sip:a@b", "roaming", "m"), ["migrated"]),
        (("policy", "rollback", ""), ["8", "9"]),
        (("capture", "--outcome", "redi"), ["redirect"]),
        (("capture", "--outcome", "drop", "--outcome", "rew"), ["rewrite"]),
        (("completion", ""), ["bash", "zsh"]),
        (("nonsense", ""), []),
        (("__",), []),
    ]

    # what scripts and people rely on; more may come
    CONTRACT = {
        "policy": {"check", "plan", "commit", "confirm", "rollback", "show", "history"},
        "user": {"tag", "untag", "show", "load"},
        "edge": {"list", "mode"},
        "stats": {"show", "mark"},
    }

    def subcommands(self, *words: str) -> list[str]:
        """What --help lists behind these words."""
        _, _, listed = self.run_it(*words, "--help").stdout.partition("\nSubcommands:\n")
        return sorted(line.split()[0] for line in listed.split("\n\n")[0].splitlines())

    def test_words_of_help_are_offered(self) -> None:
        nouns = self.subcommands()
        self.assertLessEqual(set(self.CONTRACT), set(nouns))
        for complete in (self.bash, self.zsh):
            self.assertEqual(sorted(complete("")), nouns)
            for noun, contract in self.CONTRACT.items():
                verbs = self.subcommands(noun)
                self.assertLessEqual(contract, set(verbs))
                for start in ("", "c", "s"):
                    with self.subTest(complete=complete.__name__, noun=noun, start=start):
                        self.assertEqual(sorted(complete(noun, start)), [v for v in verbs if v.startswith(start)])

    def test_scripts_are_shell(self) -> None:
        for shell, script in self.scripts.items():
            with self.subTest(shell=shell):
                done = subprocess.run([shell, "-n", script], capture_output=True, text=True, timeout=30)
                self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_bash(self) -> None:
        for words, expected in self.CASES:
            with self.subTest(words=words):
                self.assertEqual(sorted(self.bash(*words)), expected)
        nouns = self.bash("")
        self.assertIn("status", nouns)
        self.assertNotIn("__complete", nouns)
        self.assertEqual(self.bash("policy", "check", "pol"), ["policy one.yaml"])
        self.assertEqual(sorted(self.bash("--socket", "=", "/nowhere", "edge", "mode", "")), [])

    def test_zsh(self) -> None:
        for words, expected in self.CASES:
            with self.subTest(words=words):
                self.assertEqual(sorted(self.zsh(*words)), expected)
        self.assertIn("policy one.yaml", self.zsh("policy", "check", ""))

    def test_the_socket_on_the_line_is_asked(self) -> None:
        self.env["KMSGATE_SOCKET"] = "/nowhere"
        for complete in (self.bash, self.zsh):
            self.assertEqual(complete("edge", "mode", ""), [])
            self.assertEqual(sorted(complete("--socket", self.daemon.path, "edge", "mode", "")), ["mc1-edge", "mc2-edge"])

    def test_silence_does_not_hold_the_shell(self) -> None:
        silent = socket.socket(socket.AF_UNIX)
        path = str(self.folder / "silent.sock")
        silent.bind(path)
        silent.listen()
        self.env["KMSGATE_SOCKET"] = path
        start = time.monotonic()
        self.assertEqual(self.bash("edge", "mode", ""), [])
        self.assertLess(time.monotonic() - start, 5)
        silent.close()


if __name__ == "__main__":
    for needed in ("bash", "zsh"):
        if shutil.which(needed) is None:
            sys.exit(f"{needed} is not installed; run tools/setup")
    unittest.main(verbosity=1)
