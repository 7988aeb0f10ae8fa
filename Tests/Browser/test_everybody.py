"""The page for everybody: without scripts, with the keyboard alone, in German, and live."""
import unittest

import accessibility
from harbour import MODES, SHOTS, Harbour, skip_unless_possible
from people import Keys, Person, in_hours

# Whatever can take the focus; folded parts and what is hidden cannot.
REACHABLE = r"""
return [...document.querySelectorAll(
  'a[href], button, input:not([type=hidden]), select, textarea, summary')]
  .filter((e) => e.checkVisibility({visibilityProperty: true}) && !e.disabled && e.tabIndex >= 0
    && !e.closest('svg')).length;
"""


def setUpModule():
    skip_unless_possible()


class Everybody(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.harbour = Harbour()
        cls.anna = Person(cls.harbour.url)
        cls.ben = Person(cls.harbour.url)
        cls.anna.join("Anna")
        cls.ben.join("Ben", money=True)
        cls.anna.go("/share")
        cls.anna.fill("form[data-action=share]", title="Blue boat", kind="boat", price="6",
                      deposit="20", step_ms="1800000", description="Two oars.",
                      latitude="40.44", longitude="-79.99")
        cls.anna.do("form[data-action=share]")
        cls.offer = cls.anna.path
        cls.anna.follow("a[href^='/resource/']")
        cls.resource = cls.anna.path
        cls.agreement = cls.book(in_hours(30))
        cls.ben.go("/requests")
        cls.ben.fill("form[data-action=ask]", title="A kayak", kind="boat", days="3", budget="9")
        cls.ben.do("form[data-action=ask]")
        cls.request = cls.ben.path
        cls.key = cls.harbour.ask(f"/v1/accounts/{cls.ben.account}")["value"]["state_key"]

    @classmethod
    def tearDownClass(cls):
        for person in (cls.anna, cls.ben):
            person.close()
        cls.harbour.close()

    @classmethod
    def book(cls, start=""):
        ben = cls.ben
        ben.go(cls.offer.replace("/offer/", "/book/"))
        ben.fill("form[data-times]", length="60", length_unit="minutes", start=start)
        ben.follow("form[data-times] button")
        ben.do("form[data-action=open_agreement]")
        return ben.path

    @property
    def pages(self):
        return {
            "start": "/", "find": "/find?text=boat", "offer": self.offer,
            "resource": self.resource,
            "book": self.offer.replace("/offer/", "/book/") + "?length=1&length_unit=hours",
            "agreement": self.agreement, "requests": "/requests", "request": self.request,
            "you": "/account", "account": f"/account/{self.ben.account}", "share": "/share",
            "things": "/share?things=mine", "alliance": "/alliance", "explorer": "/explorer",
            "block": "/explorer/block/1",
            "transaction": f"/explorer/transaction/{self.harbour.transaction}",
            "state": f"/explorer/state/{self.key}", "check": "/check", "help": "/help",
            "missing": "/offer/nothing"}

    def test_every_page_can_be_used_by_everybody(self):
        SHOTS.mkdir(exist_ok=True)
        for width, scheme in MODES:
            reader = Person(self.harbour.url, width=width, scheme=scheme)
            try:
                for name, path in self.pages.items():
                    with self.subTest(page=name, width=width, scheme=scheme):
                        reader.go(path)
                        reader.shoot(SHOTS / f"{name}-{width}-{scheme}.png")
                        self.assertEqual(accessibility.problems(reader.driver), [])
                        severe = [line for line in reader.complaints() if "404" not in line]
                        self.assertEqual(severe, [])
            finally:
                reader.close()

    def test_what_only_its_people_see_can_be_used_too(self):
        """With every folded part open: forms that strangers do not have."""
        for person, name in ((self.anna, "anna"), (self.ben, "ben")):
            for page in ("agreement", "account", "request", "resource", "things", "share"):
                path = self.pages[page]
                if page == "account":
                    path = f"/account/{person.account}"
                with self.subTest(page=page, person=name):
                    person.go(path)
                    person.driver.execute_script(
                        "document.querySelectorAll('details').forEach((e) => { e.open = true; })")
                    person.shoot(SHOTS / f"{page}-{name}.png")
                    self.assertEqual(accessibility.problems(person.driver), [])

    def test_what_two_have_agreed_or_one_asks_for_can_be_proven(self):
        for name in ("agreement", "request"):
            with self.subTest(page=name):
                self.ben.go(self.pages[name])
                self.assertIn("Proven: this stands on the ledger.", self.ben.check_proof())

    def test_without_scripts_every_page_is_readable_and_says_what_needs_them(self):
        signs = {"book", "agreement", "requests", "request", "you", "account", "share", "things",
                 "alliance"}
        reader = Person(self.harbour.url, scripts=False)
        try:
            for name, path in self.pages.items():
                with self.subTest(page=name):
                    reader.go(path)
                    heading = reader.see("h1").text
                    self.assertTrue(heading)
                    self.assertGreater(len(reader.text()), 200)
                    if name in signs:
                        self.assertIn("Signing happens in your browser and needs JavaScript.",
                                      reader.text())
                    # Nothing that would do nothing.
                    dead = [form for form in reader.all("form[data-action], form[data-key]")
                            if any(b.is_displayed() for b in
                                   form.find_elements("css selector", "button[type=submit]"))]
                    self.assertEqual(
                        [form.get_attribute("data-action") for form in dead], [])
            reader.go(self.offer)
            self.assertIn("6.00 USD", reader.text())
            self.assertIn("UTC", reader.text())
        finally:
            reader.close()

    def test_a_booking_with_the_keyboard_alone(self):
        ben = self.ben
        ben.go(self.offer)
        ben.tab_to("a[href^='/book/']")
        ben.leave(lambda: ben.type(Keys.ENTER))
        ben.tab_to("#start")
        ben.driver.execute_script("arguments[0].value = arguments[1]",
                                  ben.driver.switch_to.active_element, in_hours(60))
        ben.tab_to("#length")
        ben.type(Keys.END, *[Keys.BACKSPACE] * 8, "90")
        ben.tab_to("#length_unit")
        ben.type("minutes")
        ben.tab_to("form[data-times] button")
        ben.leave(lambda: ben.type(Keys.ENTER))
        self.assertIn("US$38.00", ben.text())
        ben.tab_to("form[data-action=open_agreement] button[type=submit]")
        ben.type(Keys.ENTER)
        ben.see("dialog .signed")
        focused = ben.driver.switch_to.active_element
        self.assertEqual(focused.text, "Sign and send")
        # The focus does not leave the dialog while it is open.
        for _ in range(6):
            ben.type(Keys.TAB)
            inside = ben.driver.execute_script(
                "return document.activeElement === document.body"
                " || !!document.activeElement.closest('dialog')")
            self.assertTrue(inside)
        ben.tab_to("dialog .actions button:not(.second)", most=8)
        ben.leave(lambda: ben.type(Keys.ENTER))
        self.assertIn("Promised to the borrower", ben.text())

    def test_everything_can_be_reached_with_tab(self):
        reader = Person(self.harbour.url)
        try:
            for name, path in self.pages.items():
                with self.subTest(page=name):
                    reader.go(path)
                    reader.driver.execute_script("document.activeElement.blur()")
                    expected = reader.driver.execute_script(REACHABLE)
                    seen = set()
                    laps = 0
                    for _ in range(4 * expected + 20):
                        reader.type(Keys.TAB)
                        focused = reader.driver.execute_script(
                            "const e = document.activeElement;"
                            "if (e === document.body) return null;"
                            "e.dataset.reached ??= String(Math.random());"
                            "return e.closest('svg') ? 'drawing' : e.dataset.reached")
                        if focused is not None:
                            seen.add(focused)
                            continue
                        # A part that is replaced under the focus sends it to the beginning.
                        laps += 1
                        if laps == 3 or len(seen - {"drawing"}) >= expected:
                            break
                    self.assertGreaterEqual(len(seen - {"drawing"}), expected)
        finally:
            reader.close()

    def calm(self, person):
        """Waits until the page follows, and has looked twice at what was before that."""
        person.until(lambda: person.driver.execute_script(
            "return document.body.dataset.live && Number(document.body.dataset.refreshed) >= 2"),
            "the page has caught up")
        person.driver.execute_script("window.stays = true")

    def test_a_page_follows_the_ledger_by_itself(self):
        agreement = self.book()
        anna, ben = self.anna, self.ben
        anna.go(agreement)
        self.calm(anna)
        ben.take("start")
        anna.until_text("In use")
        self.assertNotIn("needs JavaScript", anna.text())
        # While somebody writes nothing moves under the pen.
        anna.open("Open a dispute")
        anna.fill("form[data-action=open_dispute]", evidence="I am still wri")
        ben.take("finish")
        anna.until_text("Something has changed here.")
        field = anna.see("form[data-action=open_dispute] [name=evidence]")
        self.assertEqual(field.get_attribute("value"), "I am still wri")
        self.assertTrue(anna.driver.execute_script("return window.stays"))
        field.clear()
        anna.go("/")
        self.calm(anna)
        def figure():
            return anna.see(".figures .figure:nth-child(2) dd").text
        before = anna.steadily(figure)
        self.book(in_hours(90))
        anna.until(lambda: figure() != before, "one agreement more")
        self.assertTrue(anna.driver.execute_script("return window.stays"))

    def test_what_is_ones_own_is_declined_in_german(self):
        anna = self.anna
        try:
            anna.go(f"/language?to=de&back={self.offer}")
            self.assertIn("Angeboten von dir", anna.text())
            anna.go(self.resource)
            self.assertIn("Gehört dir", anna.text())
        finally:
            anna.go("/language?to=en&back=/")

    def test_what_the_ledger_says_is_said_in_german_too(self):
        reader = Person(self.harbour.url, language="de-DE")
        try:
            reader.go(self.agreement)
            self.assertIn("Dem Entleiher zugesagt", reader.text())
            self.assertNotIn("Promised to the borrower", reader.text())
            reader.join("Dora")
            reader.go(self.offer.replace("/offer/", "/book/"))
            reader.fill("form[data-times]", length="60", length_unit="minutes",
                        start=in_hours(120))
            reader.follow("form[data-times] button")
            reader.ask("form[data-action=open_agreement]")
            reader.sign()
            reader.until(lambda: "Das Konto hat weniger" in reader.see("dialog").text,
                         "the remedy in German")
        finally:
            reader.close()


if __name__ == "__main__":
    unittest.main()
