"""Pictures, bundles, requests and resale, by people in real browsers."""
import pathlib
import struct
import tempfile
import unittest
import urllib.request
import zlib

from harbour import Harbour, skip_unless_possible
from people import Person, in_hours

SECRET = b"taken at 40.44 north, 79.99 west"


def setUpModule():
    skip_unless_possible()


def png(width, height, colour):
    """A picture of one colour in which a camera has left a note."""
    def chunk(kind, content):
        return (struct.pack(">I", len(content)) + kind + content
                + struct.pack(">I", zlib.crc32(kind + content)))
    rows = (b"\0" + bytes(colour) * width) * height
    return (b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + chunk(b"tEXt", b"Comment\0" + SECRET)
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


class Sharing(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.harbour = Harbour()
        cls.folder = tempfile.TemporaryDirectory(prefix="koinon-pictures-")
        cls.people = [Person(cls.harbour.url) for _ in range(3)]
        cls.anna, cls.ben, cls.carl = cls.people
        cls.anna.join("Anna")
        cls.ben.join("Ben", money=True)
        cls.carl.join("Carl", money=True)

    @classmethod
    def tearDownClass(cls):
        for person in cls.people:
            person.close()
        cls.harbour.close()
        cls.folder.cleanup()

    def file(self, name, content):
        path = pathlib.Path(self.folder.name, name)
        path.write_bytes(content)
        return str(path)

    def fetch(self, address):
        with urllib.request.urlopen(self.harbour.url + address) as answer:
            return answer.headers["Content-Type"], answer.read()

    def share(self, title, **more):
        self.anna.go("/share")
        self.anna.fill("form[data-action=share]", **(
            {"title": title, "kind": "boat", "price": "6", "deposit": "20",
             "step_ms": "1800000"} | more))
        self.anna.do("form[data-action=share]")
        return self.anna.path

    def add_picture(self, form, name, content, words):
        def fields():
            return self.anna.all(f"{form} .picture-row input")
        before = len(fields())
        self.anna.fill(form, pictures=self.file(name, content))
        self.anna.until(lambda: len(fields()) > before, "the picture is drawn")
        fields()[-1].send_keys(words)

    def shown_pictures(self, person, selector):
        """Address and words of each picture; waits until the browser has drawn them."""
        return person.until(lambda: person.driver.execute_script(
            "const all = [...document.querySelectorAll(arguments[0])];"
            "all.forEach((one) => one.scrollIntoView());"
            "return all.length && all.every((one) => one.complete && one.naturalWidth > 0)"
            " && all.map((one) => [one.getAttribute('src'), one.alt])", selector),
            f"pictures in {selector}")

    def test_a_picture_goes_along_without_what_the_camera_wrote(self):
        anna, form = self.anna, "form[data-action=share]"
        anna.go("/share")
        anna.fill(form, title="Boat with a view", kind="boat", price="6", deposit="0",
                  description="Two oars.\n\nAnd a bell.")
        anna.fill(form, pictures=self.file("notes.pdf", b"%PDF-1.4 no picture"))
        anna.until_text("This browser cannot read notes.pdf as a picture.")
        self.add_picture(form, "boat.png", png(2000, 1000, (20, 90, 140)), "The boat, [blue]")
        anna.do(form)
        offer = anna.path
        self.ben.go(offer)
        [[address, words]] = self.shown_pictures(self.ben, ".gallery img")
        self.assertEqual(words, "The boat, blue")
        self.assertIn("And a bell.", self.ben.text())
        kind, content = self.fetch(address)
        self.assertEqual(kind, "image/jpeg")
        self.assertNotIn(SECRET, content)
        self.assertLess(len(content), 200_000)
        self.ben.go_until("/find?text=view", lambda: self.ben.all(".offer-card img"), "the offer")
        self.assertEqual(self.shown_pictures(self.ben, ".offer-card img"), [[address, words]])
        self.change_words(offer, address)

    def change_words(self, offer, first):
        """The owner adds a second picture and keeps the first."""
        anna, form = self.anna, "form[data-action=update_resource]"
        anna.go(offer)
        anna.follow("a[href^='/resource/']")
        anna.open("Change words and pictures")
        anna.fill(form, description="Two new oars.")
        self.add_picture(form, "oars.png", png(300, 300, (200, 90, 40)), "Oars")
        anna.do(form)
        shown = self.shown_pictures(anna, ".gallery img")
        self.assertEqual([words for _, words in shown], ["The boat, blue", "Oars"])
        self.assertEqual(shown[0][0], first)
        self.assertIn("Two new oars.", anna.text())
        self.assertNotIn("And a bell.", anna.text())

    def test_several_things_are_booked_at_once_and_sold_on(self):
        self.share("Sail boat")
        self.share("Life jackets", capacity="4")
        anna, ben, carl, form = self.anna, self.ben, self.carl, "form[data-action=offer_things]"
        def listed():
            return [e.text for e in anna.all(f"{form} .thing-row")]
        anna.go_until("/share?things=mine", lambda: all(
            any(title in text for text in listed()) for title in ("Sail boat", "Life jackets")),
            "both things")
        anna.fill(form, title="Boat and jackets", price="6", deposit="20", step_ms="1800000")
        for title, count in (("Sail boat", "1"), ("Life jackets", "2")):
            def choose():
                row = anna.until(lambda: next(
                    (e for e in anna.all(f"{form} .thing-row") if title in e.text), None), title)
                box = row.find_element("css selector", "input[type=checkbox]")
                if not box.is_selected():
                    box.click()
                field = row.find_element("css selector", "input.short")
                field.clear()
                field.send_keys(count)
            anna.steadily(choose)
        anna.open("More terms")
        anna.fill(form, term_lease_resale="1")
        self.assertIn("“Boat and jackets”", anna.do(form))
        self.assertIn("2 × Life jackets", anna.text())
        offer = anna.path
        ben.go(anna.path.replace("/offer/", "/book/"))
        ben.fill("form[data-times]", length="2", length_unit="hours", start=in_hours(30))
        ben.follow("form[data-times] button")
        ben.do("form[data-action=open_agreement]")
        self.assertIn("2 × Life jackets", ben.text())
        agreement = ben.path
        ben.open("Offer it for sale")
        ben.fill("form[data-action=offer_resale]", price="25.50")
        self.assertIn("US$25.50", ben.do("form[data-action=offer_resale]"))
        before = float(carl.balance()[0])
        resale = f"a[href='{agreement}']"
        carl.go_until(offer, lambda: carl.all(resale), "the resale")
        carl.follow(resale)
        self.assertIn("US$25.50", carl.do("form[data-action=take_resale]"))
        carl.until_text("Promised to the borrower")
        # The price, and a deposit of its own.
        self.assertEqual(float(carl.balance()[0]), before - 25.5 - 20)

    def test_a_thing_is_reported_stolen_comes_back_and_is_given_away(self):
        anna, ben = self.anna, self.ben
        offer = self.share("Lost boat")
        anna.follow("a[href^='/resource/']")
        thing = anna.path
        anna.open("Report it stolen")
        anna.fill("form[data-action=report_stolen]", evidence="It was gone this morning.")
        anna.do("form[data-action=report_stolen]")
        self.assertIn("Reported stolen", anna.text())
        ben.go(offer.replace("/offer/", "/book/"))
        ben.fill("form[data-times]", length="60", length_unit="minutes")
        ben.follow("form[data-times] button")
        self.assertIn("the resource is reported stolen", ben.text())
        anna.do("form[data-action=report_recovered]")
        self.assertNotIn("Reported stolen", anna.text())
        anna.go(offer)
        anna.do("form[data-action=withdraw_offer]")
        anna.go(thing)
        anna.open("Give it to somebody")
        anna.fill("form[data-action=transfer_resource]", to=ben.account)
        self.assertIn("Give koires", anna.do("form[data-action=transfer_resource]"))
        ben.go(thing)
        self.assertIn("Owned by you", ben.text())
        self.assertIn("Given to", ben.text())

    def test_a_request_is_answered_countered_and_taken(self):
        self.share("Kayak")
        anna, ben = self.anna, self.ben
        ben.go("/requests")
        ben.fill("form[data-action=ask]", title="A kayak for two hours", kind="boat", budget="20",
                 duration="2", days="3", description="With a paddle, please.")
        self.assertIn("“A kayak for two hours”", ben.do("form[data-action=ask]"))
        request = ben.path
        self.assertIn("With a paddle, please.", ben.text())
        wish = f"a[href='{request}']"
        anna.go_until("/requests", lambda: anna.all(wish), "the request")
        anna.follow(wish)
        form = "form[data-action=answer]"
        def choose():
            row = anna.until(lambda: next(
                (e for e in anna.all(f"{form} .thing-row") if "Kayak" in e.text), None),
                "the kayak")
            box = row.find_element("css selector", "input[type=checkbox]")
            if not box.is_selected():
                box.click()
        anna.steadily(choose)
        anna.fill(form, title="My kayak", price="6", deposit="10", step_ms="1800000")
        self.assertIn("US$6.00 for each 30 minutes", anna.do(form))
        ben.go(request)
        ben.open("Propose other terms")
        ben.fill("form[data-action=counter]", price="4")
        self.assertIn("US$4.00", ben.do("form[data-action=counter]"))
        anna.go(request)
        anna.do("form[data-action=take_answer]")
        ben.go(request)
        self.assertIn("Take it", ben.see("form[data-action=take_answer] button").text)
        ben.do("form[data-action=take_answer]")
        ben.until_text("Taken")
        ben.follow("a[href^='/agreement/']")
        self.assertIn("Promised to the borrower", ben.text())
        self.assertIn("US$26.00", ben.text())


if __name__ == "__main__":
    unittest.main()
