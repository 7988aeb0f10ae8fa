"""A reader who believes no page: what is checked, against what, and what is said otherwise."""
import pathlib
import tempfile
import unittest
import urllib.request

from harbour import Harbour, skip_unless_possible
from people import Person

OTHER = "This is a proof of something else."
DIFFERS = "The page shows something else than what is proven."


def setUpModule():
    skip_unless_possible()


class Proving(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.harbour = Harbour()
        cls.reader = Person(cls.harbour.url)
        cls.folder = tempfile.TemporaryDirectory(prefix="koinon-proofs-")
        cls.resource, cls.offer = cls.harbour.lend("Blue boat")
        cls.other_offer = cls.harbour.lend("Red boat")[1]
        account = cls.harbour.ask("/v1/members")["rows"][0]["account"]
        cls.account = f"/account/{account}"
        cls.key = cls.harbour.ask(f"/v1/accounts/{account}")["value"]["state_key"]
        refused = cls.harbour.outcome(
            '{"money": {"create_unit": {"unit": "usd", "title": "Once more", "scale": 2}}}')
        assert refused["status"] == "rejected", refused
        cls.rejected = refused["id"]

    @classmethod
    def tearDownClass(cls):
        cls.reader.close()
        cls.harbour.close()
        cls.folder.cleanup()

    def proof_file(self, path):
        """Saved from the node."""
        file = pathlib.Path(self.folder.name, path.replace("/", "-") + ".json")
        with urllib.request.urlopen(self.harbour.url + path) as answer:
            file.write_bytes(answer.read())
        return file

    def test_each_page_proves_what_it_is_about(self):
        on_the_ledger = "Proven: this stands on the ledger."
        for path, words, content in (
                (self.offer, on_the_ledger, '"title": "Blue boat"'),
                (self.resource, on_the_ledger, '"title": "Blue boat"'),
                (self.account, on_the_ledger, '"Account"'),
                (f"/explorer/state/{self.key}", on_the_ledger, '"Account"'),
                (f"/explorer/state/{self.key}00", "Proven: this is not on the ledger.", None),
                ("/explorer/block/0", "Proven: this block stands in the chain.", '"state_root"'),
                ("/explorer/block/2", "Proven: this block stands in the chain.", '"state_root"'),
                (f"/explorer/transaction/{self.harbour.transaction}",
                 "Proven: this transaction was executed.", '"create_unit"')):
            with self.subTest(page=path):
                self.reader.go(path)
                self.assertIn(words, self.reader.check_proof())
                if content:
                    self.reader.open("What is proven")
                    self.assertIn(content, self.reader.see("form[data-proof] pre").text)

    def test_of_a_rejected_transaction_it_is_proven_that_it_was_rejected(self):
        self.reader.go(f"/explorer/transaction/{self.rejected}")
        for said in (self.reader.check_proof(),
                     self.reader.check_file(
                         self.proof_file(f"/v1/proofs/transactions/{self.rejected}"))):
            self.assertRegex(said, r"Proven: this transaction was rejected, with code [1-9]\d*\.")
            self.assertNotIn("executed", said)

    def test_a_proof_of_something_else_is_refused_in_words(self):
        transaction = f"/explorer/transaction/{self.harbour.transaction}"
        for page, proof, found in (
                (transaction, f"/v1/proofs/transactions/{self.rejected}", self.rejected),
                (transaction, "/v1/proofs/blocks/1", "Block 1"),
                (self.offer, f"/v1/proofs/state/{self.key}", self.key),
                (self.account, f"/v1/proofs/state/{self.key}00", f"{self.key}00"),
                ("/explorer/block/2", "/v1/proofs/blocks/1", "Block 1")):
            with self.subTest(page=page, proof=proof):
                self.reader.go(page)
                self.reader.mislead(f'return (await honest("{proof}")).text();')
                said = self.reader.check_proof()
                self.assertIn(OTHER, said)
                self.assertIn(f"{found}.", said)
                self.assertNotIn("Proven:", said)

    def test_neither_the_address_of_the_proof_nor_the_words_decide_what_is_proven(self):
        self.reader.go(self.offer)
        self.reader.driver.execute_script("""
            const other = arguments[0];
            const form = document.querySelector("form[data-proof]");
            form.dataset.proof = form.action = other;
            form.closest("section").querySelector("a[download]").href = other;""",
            f"/v1/proofs/state/{self.key}")
        said = self.reader.check_proof()
        self.assertIn("Proven: this stands on the ledger.", said)
        self.assertNotIn(self.key, said)

    def test_a_changed_proof_proves_nothing(self):
        self.reader.go(self.offer)
        self.reader.mislead("""
            const file = JSON.parse(text);
            file.content.value = file.content.value.replace(/.$/, (d) => d === "0" ? "1" : "0");
            return JSON.stringify(file);""")
        said = self.reader.check_proof()
        self.assertIn("This proves nothing.", said)
        self.assertNotIn("Proven", said)

    def test_a_page_that_shows_something_else_than_is_proven_is_told_so(self):
        transaction = f"/explorer/transaction/{self.harbour.transaction}"
        heading = "document.querySelector('h1').textContent = 'Golden boat'"
        price = "document.querySelector('.figure data.money').dataset.text = '1.00'"
        header = "document.querySelector('[data-proven=state_root]').textContent = '00'"
        outcome = "document.querySelector('[data-proven=code]').dataset.claimed = '7'"
        action = "document.querySelector('[data-message=Action] pre').remove()"
        row = "document.querySelector('form[data-proof]').dataset.claimed = '00'"
        for page, lie, words in (
                (self.offer, heading, "title: “Golden boat” here, “Blue boat” proven."),
                (self.offer, price, "price_minor: “100” here, “600” proven."),
                (self.other_offer, row, "hash: “00” here,"),
                ("/explorer/block/2", header, "state_root: “00” here,"),
                (transaction, outcome, "code: “7” here, “0” proven."),
                (transaction, action, "actions: others here than those proven.")):
            with self.subTest(page=page, lie=lie):
                self.reader.go(page)
                self.reader.driver.execute_script(lie)
                said = self.reader.check_proof()
                self.assertIn(DIFFERS, said)
                self.assertIn(words, said)
                self.assertNotIn("Proven:", said)

    def test_without_a_secure_page_nothing_is_signed_or_checked_and_the_page_says_why(self):
        stranger = Person(self.harbour.url, host="harbour.test")
        try:
            stranger.go("/account")
            self.assertFalse(stranger.driver.execute_script("return window.isSecureContext"))
            self.assertIn("This browser cannot keep a key here.", stranger.text())
            self.assertIn("open this node over https", stranger.text())
            self.assertEqual(
                [form for form in stranger.all("form[data-key]") if form.is_displayed()], [])
            stranger.go(self.offer)
            saids = [stranger.check_proof(), stranger.check_file(
                self.proof_file(f"/v1/proofs/transactions/{self.rejected}"))]
            for said in saids:
                self.assertIn("This browser cannot check signatures here.", said)
                self.assertIn("open this node over https", said)
                self.assertIn("koinon check-proof", said)
                self.assertNotIn("undefined", said)
            # Everything else can be read as ever.
            stranger.go(self.offer)
            self.assertIn("Blue boat", stranger.see("h1").text)
        finally:
            stranger.close()


if __name__ == "__main__":
    unittest.main()
