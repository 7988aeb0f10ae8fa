"""An alliance of its own for browser tests, on a node that is started for it."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
import unittest
import urllib.request

from people import PATIENCE_S, available

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
        self.listed = {}
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
        self.transaction = self.send(
            '{"money": {"create_unit": {"unit": "usd", "title": "US dollar", "scale": 2}}}',
            '{"resources": {"register_kind": {"kind": "boat", "title": "Rowing boat"}}}',
            *actions)

    def koinon(self, command, *arguments):
        subprocess.run([KOINON, command, "--home", self.home, *arguments], check=True,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def send(self, *actions):
        """Gives the transaction's id once it is done."""
        outcome = self.outcome(*actions)
        if outcome["status"] != "done":
            raise AssertionError(outcome)
        return outcome["id"]

    def outcome(self, *actions):
        """Sends as the first member; gives what became of it, also when the ledger says no."""
        run = subprocess.run(
            [KOINON, "send", "--home", self.home, "--as", "harbour", "--json",
             f"[{','.join(actions)}]"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            return json.loads(run.stdout)
        except ValueError:
            raise AssertionError(run.stdout + run.stderr) from None

    def ask(self, path):
        """What the node says in JSON."""
        with urllib.request.urlopen(self.url + path) as answer:
            return json.load(answer)

    def newest(self, path):
        """The id of the newest in a list, once it is not the one of the last time."""
        known = self.listed.get(path)
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            rows = self.ask(f"{path}?limit=1")["rows"]
            if rows and rows[0]["id"] != known:
                self.listed[path] = rows[0]["id"]
                return rows[0]["id"]
            time.sleep(0.05)
        raise AssertionError(f"nothing new in {path}")

    def lend(self, title):
        """Registers a thing of the first member and offers it; gives the paths of both."""
        self.send(json.dumps({"resources": {"register_resource": {
            "kind": "boat", "title": title, "capacity": 1}}}))
        resource = self.newest("/v1/resources")
        self.send(json.dumps({"market": {"publish_offer": {
            "resource": resource, "title": title, "process": "lease", "unit": "usd",
            "tariff": {"price_minor": 600, "step_ms": 1_800_000, "minimum_steps": 1},
            "deposit_minor": 2000}}}))
        return f"/resource/{resource}", f"/offer/{self.newest('/v1/offers')}"

    def close(self):
        self.node.terminate()
        self.node.wait(120)
        self.node.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def key_file(self, name):
        """Of the command: a member's account key, for instance."""
        return next(path for path in pathlib.Path(self.home, "keys").iterdir()
                    if path.name.split(".")[0] == name and ".node" not in path.name)
