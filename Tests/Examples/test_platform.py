"""What Examples/Platform shows of a node's answer, and which settings it takes.

Run by the Swift tests; by hand: python3 -m unittest discover -s Tests/Examples
"""
import http.server
import json
import pathlib
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.error
import urllib.request

PLATFORM = pathlib.Path(__file__).parents[2] / "Examples" / "Platform"
sys.path.insert(0, str(PLATFORM))
import serve

HOSTILE = "<script>alert('1')</script>"


def offer(number, platform):
    return {"id": f"koioff1{number}", "title": HOSTILE, "platform": platform,
            "price": {"minor": "600", "unit": "usd", "text": "6.00"}, "step_ms": 1_800_000,
            "deposit": {"minor": "2000", "unit": "usd", "text": "20.00"}}


class Node(http.server.BaseHTTPRequestHandler):
    """Answers a search as docs/openapi.yaml says, and a bad cursor with a problem."""

    def do_GET(self):
        bad = "cursor=bad" in self.path
        data = json.dumps({"detail": "no cursor", "remedy": "leave it out"} if bad else {
            "rows": [offer(1, "harbour"), offer(2, "lake")], "next": "a&b"}).encode()
        self.server.asked.append(self.path)
        self.send_response(400 if bad else 200)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


class Quiet(serve.Handler):
    def log_message(self, *_):
        pass


class Pages(unittest.TestCase):
    def setUp(self):
        self.servers = []
        self.node = self.start(Node)
        self.node.asked = []
        self.platform = self.start(Quiet)
        self.platform.settings = serve.read_settings(PLATFORM / "settings.json")
        self.platform.settings["node"] = f"http://127.0.0.1:{self.node.server_port}"

    def start(self, handler):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        self.servers.append(server)
        return server

    def tearDown(self):
        for server in self.servers:
            server.shutdown()
            server.server_close()

    def get(self, path):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"http://127.0.0.1:{self.platform.server_port}{path}") as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def test_offers_lead_to_the_nodes_pages_and_nothing_in_them_runs(self):
        status, page = self.get("/?text=blue")
        self.assertEqual(status, 200)
        self.assertIn("/book/koioff11", page)
        self.assertIn("6.00 USD for each 30 minutes", page)
        self.assertIn("cursor=a%26b", page)
        self.assertNotIn("<script", page)
        self.assertEqual(self.node.asked, ["/v1/search/offers?kind=boat&limit=24&text=blue"])

    def test_only_those_of_the_own_member_where_the_settings_say_so(self):
        self.platform.settings["member"] = "lake"
        _, page = self.get("/")
        self.assertNotIn("/book/koioff11", page)
        self.assertIn("/book/koioff12", page)

    def test_what_the_node_refuses_is_told(self):
        status, page = self.get("/?cursor=bad")
        self.assertEqual(status, 502)
        self.assertIn("no cursor: leave it out", page)
        self.assertEqual(self.get("/other")[0], 404)

    def test_a_node_that_is_away_is_told_at_the_start(self):
        command = [sys.executable, str(PLATFORM / "serve.py"), "--port", "0", "--node"]
        with subprocess.Popen(command + ["http://127.0.0.1:9"], text=True,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
            try:
                told = process.stderr.readline()
            finally:
                # Not asked politely: it inherits which signals whoever runs this has blocked.
                process.kill()
        self.assertIn("http://127.0.0.1:9: the ledger cannot be reached just now", told)

    def test_settings_that_are_none_are_refused(self):
        settings = json.loads((PLATFORM / "settings.json").read_text())
        for name, value in {"name": "", "colour": "red", "kind": "A boat", "member": "'",
                            "node": "http://a/'", "port": "x"}.items():
            with self.subTest(name), tempfile.NamedTemporaryFile("w") as file:
                json.dump({**settings, name: value}, file)
                file.flush()
                with self.assertRaisesRegex(ValueError, name):
                    serve.read_settings(file.name)


if __name__ == "__main__":
    unittest.main()
