"""Disputes to their end, votes, keys and recovery, by people and members in real browsers."""
import pathlib
import tempfile
import time
import unittest

from harbour import Harbour, skip_unless_possible
from people import Person


def setUpModule():
    skip_unless_possible()


class Deciding(unittest.TestCase):
    """The dispute that is to be decided is opened first: its time for evidence, the shortest
    that an alliance can choose, runs out meanwhile, and nobody has to be quick in it. Another
    one, with days of time, is answered.
    """

    @classmethod
    def setUpClass(cls):
        cls.harbour = Harbour(members=("harbour", "city"))
        cls.people = [Person(cls.harbour.url) for _ in range(4)]
        cls.anna, cls.ben, cls.harbours, cls.citys = cls.people
        cls.anna.join("Anna")
        cls.ben.join("Ben", money=True)
        cls.harbours.bring(cls.harbour.key_file("harbour"))
        cls.citys.bring(cls.harbour.key_file("city"))
        cls.answer_with_a_file(cls.open_dispute("Leaky boat"))
        cls.shorten_evidence()
        cls.agreement = cls.open_dispute("Leaky raft")

    @classmethod
    def tearDownClass(cls):
        for person in cls.people:
            person.close()
        cls.harbour.close()

    @classmethod
    def propose(cls, title, **values):
        """By harbour, which votes yes with that."""
        person = cls.harbours
        person.go("/alliance")
        person.open("Make a proposal")
        person.fill("form[data-action=propose]", title=title, **values)
        return person.do("form[data-action=propose]")

    @classmethod
    def vote(cls, title, answer="yes"):
        """By the city."""
        person = cls.citys
        value = "1" if answer == "yes" else ""
        item = f"li:has(input[name=proposal]):has(input[value='{value}'])"
        row = person.go_until("/alliance", lambda: next(
            (e for e in person.all(item) if title in e.text), None), title)
        proposal = row.find_element("css selector", "input[name=proposal]").get_attribute("value")
        form = (f"form[data-action=vote]:has([value={proposal}])"
                f":has([name=yes][value='{value}'])")
        return person.do(form)

    @classmethod
    def shorten_evidence(cls):
        shown = cls.propose("Faster disputes", change="set_parameter", value="0.0167",
                            parameter="dispute_evidence_ms", statement="Three days are long.")
        assert ("“Faster disputes”: Time for evidence in a dispute (dispute_evidence_ms) becomes 60120"
                in shown), shown
        cls.harbours.go_until(
            "/alliance", lambda: "1 yes of 2 needed" in cls.harbours.text(), "the proposal")
        assert "Three days are long." in cls.harbours.driver.page_source
        cls.vote("Faster disputes")
        cls.citys.go_until("/alliance", lambda: "Adopted" in cls.citys.text(), "what was decided")

    @classmethod
    def open_dispute(cls, title):
        """Over a boat that Anna shares and Ben has; gives the path of their agreement."""
        cls.anna.go("/share")
        cls.anna.fill("form[data-action=share]", title=title, kind="boat", price="6",
                      deposit="20", step_ms="1800000")
        cls.anna.do("form[data-action=share]")
        ben = cls.ben
        ben.go(cls.anna.path.replace("/offer/", "/book/"))
        ben.fill("form[data-times]", length="1", length_unit="hours")
        ben.follow("form[data-times] button")
        ben.do("form[data-action=open_agreement]")
        ben.take("start")
        ben.open("Open a dispute")
        form = "form[data-action=open_dispute]"
        ben.fill(form, percent="100", evidence="It leaked from the start.")
        ben.do(form)
        return ben.path

    @classmethod
    def answer_with_a_file(cls, agreement):
        """Anna's side: a file that the node does not keep, by its hash alone."""
        anna, form = cls.anna, "form[data-action=submit_evidence]"
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "survey.pdf")
            path.write_bytes(b"%PDF-1.4\x00 dry")
            anna.go(agreement)
            anna.open("Submit evidence")
            anna.fill(form, evidence_file=str(path))
            anna.press(f"{form} button[type=submit]")
            anna.until_text("The node keeps only texts and JPEG, PNG or WebP pictures.")
            anna.fill(form, keep_evidence="")
            anna.do(form)
        assert "not at this node" in anna.text(), anna.text()
        assert "It leaked from the start." in anna.text(), anna.text()

    def test_a_second_key_gets_in_and_a_recovery_is_stopped(self):
        ben, anna = self.ben, self.anna
        other = Person(self.harbour.url)
        try:
            other.make_key("Second")
            key = other.public_key()
            ben.go(f"/account/{ben.account}")
            ben.open("Add a key")
            ben.fill("form[data-action=add_key]", public_key=key)
            self.assertIn("full power", ben.do("form[data-action=add_key]"))
            other.go("/account")
            other.fill("form[data-key=attach]", account=anna.account)
            other.press("form[data-key=attach] button")
            other.until_text("This account does not know the key in use.")
            other.fill("form[data-key=attach]", account=ben.account)
            other.press("form[data-key=attach] button")
            other.until(lambda: other.state == "open", "the key acts for the account")
            # The second key acts: it names Anna as the one who may help.
            other.go(f"/account/{ben.account}")
            other.open("Recovery")
            other.fill("form[data-action=set_recovery]", account=anna.account, days="7")
            self.assertIn("replace your keys after 7 days",
                          other.do("form[data-action=set_recovery]"))
            self.recover(key)
        finally:
            other.close()

    def recover(self, second):
        ben, anna = self.ben, self.anna
        anna.go(f"/account/{ben.account}")
        anna.open("Start a recovery")
        anna.fill("form[data-action=start_recovery]", public_key="20" + "00" * 30 + "00")
        anna.ask("form[data-action=start_recovery]")
        anna.sign()
        anna.until_text("The ledger says no")
        third = Person(self.harbour.url)
        try:
            third.make_key("Third")
            key = third.public_key()
        finally:
            third.close()
        anna.go(f"/account/{ben.account}")
        anna.open("Start a recovery")
        anna.fill("form[data-action=start_recovery]", public_key=key)
        anna.do("form[data-action=start_recovery]")
        ben.go(f"/account/{ben.account}")
        self.assertIn("A recovery replaces all keys", ben.text())
        self.assertIn(key, ben.text())
        ben.do("form[data-action=cancel_recovery]")
        self.assertNotIn("A recovery replaces all keys", ben.text())
        form = f"form[data-action=revoke_key]:has([value='{second}'])"
        self.assertIn("for ever", ben.do(form))
        self.assertNotIn(second, ben.text())

    def test_an_account_moves_and_a_warning_is_answered(self):
        anna = self.anna
        anna.go(f"/account/{anna.account}")
        anna.open("Move to another member")
        anna.do("form[data-action=request_sponsor]")
        self.assertIn("Wishes to move to city.", anna.text())
        citys = self.citys
        citys.go(f"/account/{anna.account}")
        citys.do("form[data-action=accept_sponsored]")
        self.assertIn("through city", citys.text())
        citys.open("Raise a warning")
        citys.fill("form[data-action=raise_flag]", reason="Never delivered",
                   evidence="She did not come.")
        self.assertIn("never-delivered", citys.do("form[data-action=raise_flag]"))
        anna.go(f"/account/{anna.account}")
        self.assertIn("never delivered", anna.text())
        anna.fill("form[data-action=answer_flag]", text="The bridge was closed.")
        anna.do("form[data-action=answer_flag]")
        self.assertIn("The bridge was closed.", anna.text())
        anna.do("form[data-action=appeal_flag]")
        self.assertIn("The members vote.", anna.text())
        self.harbours.go_until("/alliance", lambda: "Lift a warning" in self.harbours.text(),
                               "what the members vote on")

    def test_a_member_adds_a_kind_and_a_currency_and_issues_it(self):
        citys = self.citys
        citys.go("/alliance")
        citys.open("Add a kind")
        citys.fill("form[data-action=register_kind]", kind="rowing-boat", title="Rowing boat")
        self.assertIn("Add the kind rowing-boat", citys.do("form[data-action=register_kind]"))
        self.assertIn("Rowing boat rowing-boat", citys.text())
        citys.open("Add a currency")
        citys.fill("form[data-action=create_unit]", unit="hours", title="City hours", scale="1")
        citys.do("form[data-action=create_unit]")
        citys.open("Issue money")
        form = "form[data-action=issue]:has([value=hours])"
        citys.fill(form, to=self.anna.account, amount="2.5")
        self.assertIn("2.5", citys.do(form))
        self.anna.go(f"/account/{self.anna.account}")
        self.assertIn("2.5 hours", self.anna.text())
        # Read, and not signed: nobody has that key.
        citys.go("/alliance")
        citys.open("Another key for your node")
        citys.fill("form[data-action=renew_node_key]", node_key="ab" * 32)
        self.assertIn("Have your node sign with abab", citys.ask(
            "form[data-action=renew_node_key]"))
        # Who is no member sees none of it.
        self.anna.go("/alliance")
        self.assertNotIn("Add a kind", self.anna.text())

    def test_z_the_dispute_comes_to_its_end(self):
        anna, citys = self.anna, self.citys
        self.wait_for_the_lot()
        citys.go(self.agreement)
        citys.fill("form[data-action=decide_dispute]", percent="25")
        self.assertIn("25/100", citys.do("form[data-action=decide_dispute]"))
        self.ben.go(self.agreement)
        self.assertIn("25 % to the owner, 75 % to the borrower", self.ben.text())
        self.assertIn("Either side may appeal once.", self.ben.text())
        anna.go(self.agreement)
        anna.open("Appeal")
        anna.fill("form[data-action=appeal_decision]", evidence="It was dry when he took it.")
        anna.do("form[data-action=appeal_decision]")
        # Any block draws the second panel.
        self.pass_a_block()
        citys.until(lambda: citys.go(self.agreement) or "Being decided" in citys.text(),
                    "the second panel sits")
        citys.fill("form[data-action=decide_dispute]", percent="50")
        citys.do("form[data-action=decide_dispute]")
        self.ben.go(self.agreement)
        self.assertIn("The decision was carried out.", self.ben.text())
        self.assertIn("50 % to the owner, 50 % to the borrower", self.ben.text())
        self.assertIn("The first decision, before the appeal", self.ben.text())

    def pass_a_block(self):
        self.harbour.send('{"resources": {"register_kind": {"kind": "k%d", "title": "Kind"}}}'
                          % time.monotonic_ns())

    def wait_for_the_lot(self):
        self.citys.until(
            lambda: self.citys.go(self.agreement) or "Being decided" in self.citys.text(),
            "the panel is drawn")


if __name__ == "__main__":
    unittest.main()
