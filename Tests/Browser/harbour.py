"""An alliance of its own for browser tests, on a node that is started for it."""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from people import Person, available

KOINON = os.environ.get("KOINON", ".build/release/koinon")
SHOTS = pathlib.Path(os.environ.get("KOINON_SHOTS", "browser-shots"))
MODES = [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")]


def skip_unless_possible():
    reason = available()
    if reason:
        raise unittest.SkipTest(reason)


class Harbour:
    """An alliance that opens accounts through its first member and gives 1,000.00 to everybody.

    `members` are hosted by the one node; `actions` are sent by the first once it runs.
    """

    def __init__(self, members=("harbour",), actions=()):
        self.members = members
        self.folder = tempfile.mkdtemp(prefix="koinon-browser-")
        self.home = os.path.join(self.folder, "home")
        self.koinon("init", "--name", "Harbour sharing",
                    *(part for member in members for part in ("--member", member)))
        with open(os.path.join(self.home, "server.yaml"), "w", encoding="utf-8") as file:
            file.write("join:\n  member: harbour\n  testUnit: usd\n  testAmountMinor: 100000\n")
        self.node = subprocess.Popen(
            [KOINON, "node", "--home", self.home, "--port", "0"], stdout=subprocess.PIPE,
            stderr=open(os.path.join(self.folder, "log"), "w", encoding="utf-8"), text=True)
        while True:
            line = self.node.stdout.readline()
            if not line:
                raise AssertionError(pathlib.Path(self.folder, "log").read_text())
            found = re.search(r"https?://\S+", line)
            if found:
                self.url = found.group(0)
                break
        self.send('{"money": {"create_unit": {"unit": "usd", "title": "US dollar", "scale": 2}}}',
                  '{"resources": {"register_kind": {"kind": "boat", "title": "Rowing boat"}}}',
                  *actions)

    def koinon(self, command, *arguments):
        subprocess.run([KOINON, command, "--home", self.home, *arguments], check=True,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def send(self, *actions):
        self.koinon("send", "--as", "harbour", f"[{','.join(actions)}]")

    def close(self):
        self.node.terminate()
        self.node.wait(120)
        self.node.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def key_file(self, name):
        """Of the command: a member's account key, for instance."""
        return next(path for path in pathlib.Path(self.home, "keys").iterdir()
                    if path.name.split(".")[0] == name and ".node" not in path.name)
