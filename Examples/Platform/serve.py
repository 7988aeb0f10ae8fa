#!/usr/bin/env python3
"""A sharing platform in miniature: its own page, the alliance's ledger.

    serve.py [settings.json] [--node http://127.0.0.1:8080] [--port 8000]

It lists the open offers of one kind of thing and leaves booking and paying to the node's pages,
where keys stay in people's browsers: this program holds no key, no money and no data of its own.
README.md says what each setting means. It needs nothing but Python 3.8.
"""
import argparse
import html
import http.server
import json
import pathlib
import re
import sys
import urllib.error
import urllib.parse
import urllib.request

PAGE_OF = 24
PATIENCE_S = 10
SLUG = r"[a-z0-9][a-z0-9._-]{0,31}"
SETTINGS = {"name": r".{1,64}", "colour": r"#[0-9a-fA-F]{6}", "kind": SLUG,
            "member": f"({SLUG})?", "node": r"https?://[A-Za-z0-9.:\[\]-]+", "port": r"[0-9]{1,5}"}
# Scripts, frames and foreign pictures have no business here, whatever an offer is called.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'"

STYLE = """
:root { color-scheme: light dark }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 0 1rem }
header { background: COLOUR; color: INK; margin: 0 -1rem 1.5rem; padding: 1.5rem 1rem }
h1 { margin: 0 } h2 { font-size: 1.1rem; margin: 0 }
ul { display: grid; gap: 1rem; padding: 0; list-style: none;
     grid-template-columns: repeat(auto-fill, minmax(16rem, 1fr)) }
li { border: 1px solid #8886; border-top: .3rem solid COLOUR; border-radius: .4rem; padding: 1rem }
p { margin: .3rem 0 } nav { margin: 1rem 0 } footer { margin: 2rem 0; font-size: .9rem }
header a { color: inherit }
input, button { font: inherit; padding: .3rem .6rem }
"""


class NodeFault(Exception):
    """The node did not answer; the message is for people."""


def read_settings(path):
    settings = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    if not isinstance(settings, dict):
        raise ValueError("is no object: see README.md beside it")
    for name, pattern in SETTINGS.items():
        if name not in settings or not re.fullmatch(pattern, str(settings[name])):
            raise ValueError(f"{name} is missing or malformed: see README.md beside it")
    return settings


def ink(colour):
    """Black or white, whichever reads better on the colour (WCAG 2 relative luminance)."""
    parts = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    luminance = sum(a * b for a, b in zip(linear, (0.2126, 0.7152, 0.0722)))
    return "#000" if luminance > 0.179 else "#fff"


def search(settings, text, cursor):
    """One page of offers, and the cursor of the next: GET /v1/search/offers."""
    query = {"kind": settings["kind"], "limit": PAGE_OF, "text": text, "cursor": cursor}
    given = urllib.parse.urlencode({name: value for name, value in query.items() if value})
    url = f"{settings['node']}/v1/search/offers?{given}"
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:
            found = json.load(answer)
    except urllib.error.HTTPError as error:
        try:
            problem = json.load(error)
            words = f"{problem['detail']}: {problem['remedy']}"
        except (ValueError, KeyError, TypeError):
            words = f"the node answered {error.code}"
        raise NodeFault(words) from None
    except (OSError, ValueError):
        raise NodeFault("the ledger cannot be reached just now") from None
    # An offer is made through a member: with that setting only those of one's own.
    rows = [row for row in found["rows"] if settings["member"] in ("", row["platform"])]
    return rows, found.get("next")


def duration(milliseconds):
    for word, size in (("day", 86_400_000), ("hour", 3_600_000), ("minute", 60_000)):
        if milliseconds % size == 0:
            count = milliseconds // size
            return word if count == 1 else f"{count} {word}s"
    return f"{milliseconds / 1000:g} seconds"


def money(amount):
    return html.escape(f"{amount['text']} {amount['unit'].upper()}")


def card(settings, row):
    place = urllib.parse.quote(row["id"], safe="")
    title = html.escape(row["title"])
    return (f"<li><h2><a href='{settings['node']}/offer/{place}'>{title}</a></h2>"
            f"<p>{money(row['price'])} for each {duration(row['step_ms'])}"
            f"<p>Deposit {money(row['deposit'])}"
            f"<p><a href='{settings['node']}/book/{place}' aria-label='Book {title}'>Book</a></li>")


def page(settings, text, cursor):
    rows, following = search(settings, text, cursor)
    cards = "".join(card(settings, row) for row in rows)
    more = urllib.parse.urlencode({"text": text, "cursor": following or ""})
    return (f"<form role='search'><input name='text' aria-label='Words' maxlength='64' "
            f"value='{html.escape(text)}'> <button>Find</button></form>"
            + (f"<ul>{cards}</ul>" if rows else "<p>Nothing here yet.</p>")
            + (f"<nav><a href='?{html.escape(more)}'>More</a></nav>" if following else ""))


def document(settings, content):
    name = html.escape(settings["name"])
    style = STYLE.replace("COLOUR", settings["colour"]).replace("INK", ink(settings["colour"]))
    return (f"<!doctype html><html lang='en'><meta charset='utf-8'><title>{name}</title>"
            f"<meta name='viewport' content='width=device-width'><style>{style}</style>"
            f"<header><h1>{name}</h1><a href='{settings['node']}/share'>Share yours</a></header>"
            f"<main>{content}</main><footer>Bookings and money are kept on a ledger that several "
            f"platforms run together: <a href='{settings['node']}/alliance'>who they are</a>."
            "</footer></html>")


class Handler(http.server.BaseHTTPRequestHandler):
    timeout = 30

    def do_GET(self):
        path, _, query = self.path.partition("?")
        asked = dict(urllib.parse.parse_qsl(query))
        if path != "/":
            return self.answer(404, "<p>There is no such page. <a href='/'>To all offers</a>")
        try:
            text, cursor = asked.get("text", "").strip()[:64], asked.get("cursor", "")
            self.answer(200, page(self.server.settings, text, cursor))
        except NodeFault as fault:
            self.answer(502, f"<p>{html.escape(str(fault))}.")

    def answer(self, status, content):
        data = document(self.server.settings, content).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "text/html; charset=utf-8",
                            "Content-Length": str(len(data)), "Content-Security-Policy": POLICY,
                            "X-Content-Type-Options": "nosniff"}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("settings", nargs="?",
                        default=pathlib.Path(__file__).with_name("settings.json"))
    parser.add_argument("--node", help="in place of the setting")
    parser.add_argument("--port", type=int, help="in place of the setting; 0 takes a free one")
    options = parser.parse_args()
    try:
        settings = read_settings(options.settings)
        settings["node"] = (options.node or settings["node"]).rstrip("/")
        if not re.fullmatch(SETTINGS["node"], settings["node"]):
            raise ValueError("--node is no address: write it as http://127.0.0.1:8080")
        port = int(settings["port"] if options.port is None else options.port)
    except (OSError, ValueError) as error:
        print(f"{options.settings}: {error}", file=sys.stderr)
        return 2
    try:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    except (OSError, OverflowError) as error:
        print(f"port {port}: {error}; choose another with --port, 0 for a free one",
              file=sys.stderr)
        return 2
    server.settings = settings
    print(f"{settings['name']} answers http://127.0.0.1:{server.server_port}", flush=True)
    try:
        search(settings, "", "")
    except NodeFault as fault:
        print(f"{settings['node']}: {fault}; until then the page says so too", file=sys.stderr)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
