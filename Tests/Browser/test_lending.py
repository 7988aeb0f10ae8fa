"""People who lend and borrow in real browsers, on a node that is started for them.

Run by the Swift tests where Chromium and selenium are installed; by hand:

    KOINON=.build/release/koinon python3 -m unittest discover -s Tests/Browser
"""
import unittest

from harbour import Harbour, skip_unless_possible
from people import Person


def setUpModule():
    skip_unless_possible()


class Lending(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.harbour = Harbour()
        cls.anna = Person(cls.harbour.url)
        cls.ben = Person(cls.harbour.url)
        cls.copy = cls.anna.join("Anna")
        cls.ben.join("Ben", money=True)
        cls.offer = cls.lend("Blue boat")

    @classmethod
    def tearDownClass(cls):
        for person in (cls.anna, cls.ben):
            person.close()
        cls.harbour.close()

    @classmethod
    def lend(cls, title):
        anna = cls.anna
        anna.go("/share")
        anna.fill("form[data-action=share]", title=title, kind="boat", price="6", deposit="20",
                  step_ms="1800000", description=f"{title}, with two oars.",
                  latitude="40.44", longitude="-79.99")
        shown = anna.ask("form[data-action=share]")
        assert f"“{title}”" in shown and "US$6.00 for each 30 minutes" in shown, shown
        anna.sign_and_wait()
        return anna.path

    def quote(self, offer, **when):
        self.ben.go(offer.replace("/offer/", "/book/"))
        self.ben.fill("form[data-times]", **({"length": "60", "length_unit": "minutes"} | when))
        self.ben.follow("form[data-times] button")

    def book(self, offer, **when):
        self.quote(offer, **when)
        self.ben.ask("form[data-action=open_agreement]")
        self.ben.sign_and_wait()
        return self.ben.path

    def test_from_offer_to_opened_reviews(self):
        before = float(self.ben.balance()[0])
        self.quote(self.offer)
        self.assertIn("US$32.00", self.ben.text())
        shown = self.ben.ask("form[data-action=open_agreement]")
        self.assertIn("1 hour", shown)
        self.ben.sign_and_wait()
        agreement = self.ben.path
        self.assertIn("Promised to the borrower", self.ben.text())
        self.assertIn("Start", self.ben.take("start"))
        self.ben.take("finish")
        self.ben.until_text("Returned and paid")
        self.assertEqual(float(self.ben.balance()[0]), before - 6)
        for person, score in ((self.ben, "9"), (self.anna, "-2")):
            person.go(agreement)
            person.fill("form[data-action=seal_review]", score=score, text=f"I say {score}.")
            person.ask("form[data-action=seal_review]")
            person.sign_and_wait()
        self.assertNotIn("I say", self.anna.text())
        for person in (self.ben, self.anna):
            person.go(agreement)
            person.ask("form[data-action=open_review]")
            person.sign_and_wait()
        self.ben.go(agreement)
        self.assertIn("I say 9.", self.ben.text())
        self.assertIn("−2", self.ben.text())

    def test_a_double_booking_is_refused(self):
        offer = self.lend("Red boat")
        self.quote(offer)
        start = self.ben.driver.execute_script(
            "return new Date(Date.now() + 86400000).toISOString().slice(0, 16)")
        when = {"start": start}
        self.book(offer, **when)
        self.quote(offer, **when)
        self.ben.until_text("This cannot be booked.")
        self.ben.ask("form[data-action=open_agreement]")
        self.ben.sign()
        self.ben.until_text("The ledger says no; nothing has changed.")

    def test_a_dispute_is_opened_and_conceded(self):
        agreement = self.book(self.lend("Green boat"))
        self.ben.take("start")
        self.ben.press("section[data-owner] summary")
        self.ben.fill("form[data-action=open_dispute]", percent="75", evidence="It leaked.")
        self.assertIn("borrower: 75/100", self.ben.ask("form[data-action=open_dispute]"))
        self.ben.sign_and_wait()
        self.assertIn("Disputed: everything waits", self.ben.text())
        self.anna.go(agreement)
        self.anna.ask("form[data-action=concede_dispute]")
        self.anna.sign_and_wait()
        self.assertIn("Conceded", self.anna.text())

    def test_a_reload_in_the_middle_loses_nothing(self):
        self.quote(self.lend("White boat"))
        self.ben.ask("form[data-action=open_agreement]")
        self.ben.driver.execute_script("""
            const honest = window.fetch;
            window.fetch = (path, options) => String(path).startsWith("/v1/transactions?")
              ? (window.reached = true, new Promise(() => {})) : honest(path, options);""")
        self.ben.sign()
        self.ben.until(lambda: self.ben.driver.execute_script("return window.reached"), "sending")
        self.ben.driver.refresh()
        self.ben.until_text("Done. It is on the ledger.")
        self.ben.follow("main [role=status] a")
        self.assertIn("/agreement/", self.ben.path)

    def test_the_way_back_leads_to_the_page_without_what_was_signed(self):
        self.book(self.lend("Black boat"))
        self.ben.driver.back()
        self.ben.until_text("What is set aside, and why")
        self.assertFalse(self.ben.all("dialog"))

    def test_a_node_that_cannot_be_reached_is_told_of(self):
        self.quote(self.offer)
        self.ben.driver.execute_script(
            "window.fetch = () => Promise.reject(new TypeError('Failed to fetch'));")
        self.ben.press("form[data-action=open_agreement] button[type=submit]")
        self.ben.until_text("The node cannot be reached.")

    def test_what_is_done_is_told_where_its_form_is_gone(self):
        newcomer = Person(self.harbour.url)
        try:
            newcomer.make_key("Cora")
            newcomer.until_text("The encrypted copy was saved to your downloads.")
            newcomer.press("form[data-key=join] button")
            newcomer.until_text("Your account is open.")
            self.assertNotIn("saved to your downloads", newcomer.text())
        finally:
            newcomer.close()

    def test_nobody_is_led_to_booking_what_is_their_own(self):
        for person, led in ((self.anna, False), (self.ben, True)):
            person.go(self.offer)
            ways = [e.is_displayed() for e in person.all("a[href^='/book/']")]
            self.assertEqual(any(ways), led)

    def test_a_mistake_names_its_field(self):
        self.anna.go("/share")
        self.anna.fill("form[data-action=share]", title="Grey boat", price="much")
        self.anna.press("form[data-action=share] button[type=submit]")
        self.anna.until_text("Price of each step: An amount. Decimal places at most: 2.")

    def test_an_expired_transaction_changes_nothing_and_says_so(self):
        self.quote(self.lend("Old boat"))
        self.ben.outlast(1)
        self.ben.ask("form[data-action=open_agreement]")
        self.ben.sign()
        self.ben.until_text("It expired before it came into a block")

    def test_a_node_that_prepares_something_else_is_stopped(self):
        self.quote(self.offer)
        self.ben.tamper("bytes[bytes.length - 1] ^= 1; return bytes;")
        self.ben.press("form[data-action=open_agreement] button[type=submit]")
        self.ben.until_text("Stopped: the node prepared something else.")
        self.assertFalse(self.ben.all("dialog .actions button:not(.second)"))

    def test_a_node_that_lets_a_signature_hold_longer_is_stopped(self):
        self.quote(self.offer)
        self.ben.outlast(86_400_000)
        self.ben.press("form[data-action=open_agreement] button[type=submit]")
        self.ben.until_text("It would hold longer than this page asked for")
        self.assertFalse(self.ben.all("dialog .actions button:not(.second)"))

    def test_the_page_checks_a_proof_itself(self):
        self.ben.go(self.offer)
        self.ben.follow("a[href^='/resource/']")
        self.assertIn("Proven: this stands on the ledger.", self.ben.check_proof())

    def test_a_key_comes_along_to_another_browser(self):
        other = Person(self.harbour.url)
        try:
            other.go("/account")
            other.fill("form[data-key=import]", file=str(self.copy), passphrase="not the right one")
            other.press("form[data-key=import] button")
            other.until_text("The passphrase does not fit this copy.")
            other.fill("form[data-key=import]", passphrase="correct horse battery")
            other.press("form[data-key=import] button")
            other.until(lambda: other.state == "open", "the account is known")
            self.assertIn(self.anna.account, other.text())
        finally:
            other.close()


if __name__ == "__main__":
    unittest.main()
