"""People at browsers: Chromium through selenium, one profile each."""
import base64
import datetime
import os
import pathlib
import shutil
import tempfile
import time
import urllib.parse

from selenium import webdriver
from selenium.common.exceptions import (
    ElementClickInterceptedException, ElementNotInteractableException,
    StaleElementReferenceException)
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

# Several stories share a machine that may be slow; nobody waits longer than is needed.
PATIENCE_S = 180
# Before a page is loaded again that does not show what the node's lists have by then.
LISTS_S = 10
PASSPHRASE = "correct horse battery"


def in_hours(hours):
    """A moment as a field for date and time takes it, in UTC, which browsers here show."""
    return (datetime.datetime.now(datetime.timezone.utc)
            + datetime.timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M")


def available():
    """Why the tests cannot run here, or None."""
    for program in ("chromium", "chromedriver"):
        if not shutil.which(program):
            return f"{program} is not installed"
    return None


class Person:
    """One browser of its own: nobody else's keys are in it.

    `host` is a name by which it knows this machine; over HTTP a browser trusts none but
    localhost with what needs a secure context.
    """

    def __init__(self, url, width=1280, height=900, scheme="light", scripts=True,
                 language="en-GB", host=None):
        self.url = url
        self.scripts = scripts
        self.downloads = tempfile.mkdtemp(prefix="koinon-downloads-")
        options = Options()
        options.binary_location = shutil.which("chromium")
        for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                         # Containers often have little of the memory that is used otherwise.
                         "--disable-dev-shm-usage",
                         f"--lang={language}", f"--window-size={width},{height}"):
            options.add_argument(argument)
        if host:
            port = urllib.parse.urlsplit(url).port
            self.url = f"http://{host}:{port}"
            for argument in (f"--host-resolver-rules=MAP {host} 127.0.0.1", "--no-proxy-server",
                             "--disable-features=HttpsUpgrades,HttpsFirstBalancedMode"):
                options.add_argument(argument)
        if width < 500:
            options.add_experimental_option("mobileEmulation", {
                "deviceMetrics": {"width": width, "height": height, "pixelRatio": 1}})
        options.add_experimental_option("prefs", {
            "download.default_directory": self.downloads,
            "intl.accept_languages": f"{language},{language[:2]}",
            "profile.managed_default_content_settings.javascript": 1 if scripts else 2})
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(
            options=options, service=Service(
                shutil.which("chromedriver"), env={**os.environ, "TZ": "UTC"}))
        self.driver.set_script_timeout(PATIENCE_S)
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": scheme}]})

    def close(self):
        self.driver.quit()
        shutil.rmtree(self.downloads, ignore_errors=True)

    # --- Looking

    def go(self, path):
        self.driver.get(path if path.startswith("http") else self.url + path)
        if self.scripts:
            self.ready()

    def ready(self):
        self.until(lambda: self.driver.execute_script("return document.body.dataset.ready"),
                   "the page's script has started")

    def go_until(self, path, condition, what):
        """Goes to a page of what the node lists, which it does a moment after the block, again
        and again until the condition holds there."""
        def there():
            self.go(path)
            return self.until(condition, what, patience=LISTS_S)
        return self.until(there, f"{what} on {path}")

    def until(self, condition, what, patience=PATIENCE_S):
        end = time.monotonic() + patience
        while True:
            try:
                value = condition()
            except Exception:  # The page is being replaced.
                value = None
            if value:
                return value
            if time.monotonic() > end:
                raise AssertionError(f"not in time: {what}\n{self.driver.current_url}\n"
                                     f"{self.text()[:3000]}")
            time.sleep(0.05)

    def steadily(self, act):
        """Does something once more that a page undid which follows the ledger meanwhile."""
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                return act()
            except (StaleElementReferenceException, ElementClickInterceptedException,
                    ElementNotInteractableException):
                if time.monotonic() > end:
                    raise
            time.sleep(0.05)

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def see(self, selector):
        """The first shown element, waited for."""
        return self.until(lambda: next((e for e in self.all(selector) if e.is_displayed()), None),
                          f"to see {selector}")

    def text(self):
        return self.driver.find_element(By.TAG_NAME, "body").text

    def until_text(self, words):
        self.until(lambda: words in self.text(), f'"{words}"')

    @property
    def path(self):
        return self.driver.current_url[len(self.url):]

    def complaints(self):
        """What the browser's console has against the page: errors and breaches of the policy."""
        return [entry["message"] for entry in self.driver.get_log("browser")
                if entry["level"] == "SEVERE"]

    def shoot(self, path):
        """The whole page as a picture."""
        size = self.driver.execute_script(
            "return [innerWidth, Math.min(document.documentElement.scrollHeight, 4000)]")
        picture = self.driver.execute_cdp_cmd("Page.captureScreenshot", {
            "captureBeyondViewport": True,
            "clip": {"x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1}})
        path.write_bytes(base64.b64decode(picture["data"]))

    # --- Doing

    def fill(self, form, **values):
        for name, value in values.items():
            self.steadily(lambda: self.put(f"{form} [name={name}]", value))

    def put(self, selector, value):
        field = self.see(selector)
        if field.tag_name == "select":
            Select(field).select_by_value(value)
        elif field.get_attribute("type") in ("range", "datetime-local"):
            self.driver.execute_script(
                "arguments[0].value = arguments[1];"
                "arguments[0].dispatchEvent(new Event('input', {bubbles: true}))",
                field, value)
        elif field.get_attribute("type") == "file":
            field.send_keys(value)
        elif field.get_attribute("type") == "checkbox":
            if field.is_selected() != bool(value):
                field.click()
        else:
            field.clear()
            field.send_keys(value)

    def press(self, selector):
        def act():
            button = self.see(selector)
            self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", button)
            button.click()
        self.steadily(act)

    def open(self, summary):
        """Opens what is folded under words, unless it is open."""
        def folded():
            return next((e for e in self.all("details > summary")
                         if e.is_displayed() and e.text.strip() == summary), None)

        def act():
            found = self.until(folded, f'"{summary}" to unfold')
            if not self.driver.execute_script("return arguments[0].parentElement.open", found):
                self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", found)
                found.click()
        self.steadily(act)

    def bring(self, file, passphrase=PASSPHRASE):
        """Takes in the copy of a key, or a key file of the command."""
        self.go("/account")
        self.fill("form[data-key=import]", file=str(file), passphrase=passphrase)
        self.press("form[data-key=import] button")
        self.until(lambda: self.state == "open", "the account is known")
        self.account = self.until(
            lambda: self.all("[data-keys] p.id")[0].text, "the account's id")

    def do(self, form):
        """Sends a form, signs, waits; gives what was shown of what was signed."""
        shown = self.ask(form)
        self.sign_and_wait()
        return shown

    def make_key(self, name):
        """Makes a key; gives the path of the encrypted copy."""
        self.go("/account")
        self.fill("form[data-key=make]", name=name, passphrase=PASSPHRASE)
        self.press("form[data-key=make] button")
        self.until(lambda: self.state == "key", "the key is made")
        return self.until(lambda: next(iter(pathlib.Path(self.downloads).glob("*.json")), None),
                          "the encrypted copy is saved")

    def public_key(self):
        """Of the key that was made last, in hexadecimal."""
        return self.until(lambda: self.all("[data-keys] .whole")[1].text, "the public key")

    def join(self, name, money=False):
        copy = self.make_key(name)
        self.press("form[data-key=join] button")
        self.until(lambda: self.state == "open", "the account is open")
        if money:
            self.press("form[data-key=money] button")
            self.until_text("The money is on your account.")
        self.account = self.until(lambda: self.all("[data-keys] .id")[0].text, "the account's id")
        return copy

    @property
    def state(self):
        return self.driver.execute_script("return document.body.dataset.keyState")

    def ask(self, form):
        """Sends a form whose actions are signed; gives what the dialog shows of them."""
        self.press(f"{form} button[type=submit]")
        self.see("dialog .signed")
        return self.see("dialog .signed").text

    def sign(self):
        self.press("dialog .actions button:not(.second)")

    def sign_and_wait(self):
        """Signs; returns once the page that follows is there."""
        self.leave(self.sign)

    def follow(self, selector):
        """Presses what leads to another page; returns once that is there."""
        self.leave(lambda: self.press(selector))

    def leave(self, act):
        before = self.driver.find_element(By.TAG_NAME, "html")
        act()

        def replaced():
            try:
                before.is_enabled()
                return False
            except Exception:
                return True
        self.until(replaced, "the next page comes")
        self.ready()

    def take(self, transition):
        form = f"form[data-action=take_transition]:has([value={transition}])"
        shown = self.ask(form)
        self.sign_and_wait()
        return shown

    def type(self, *keys):
        """Presses keys wherever the focus is."""
        webdriver.ActionChains(self.driver).send_keys(*keys).perform()

    def tab_to(self, selector, most=80):
        """Presses Tab until an element has the focus; complains when it never does, or when
        nothing shows where the focus is."""
        for _ in range(most):
            self.type(Keys.TAB)
            focused = self.driver.switch_to.active_element
            if self.driver.execute_script(
                    "return arguments[0].matches(arguments[1])", focused, selector):
                shown = self.driver.execute_script(
                    "const style = getComputedStyle(arguments[0]);"
                    "return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2",
                    focused)
                assert shown, f"nothing shows that {selector} has the focus"
                return focused
        raise AssertionError(f"{selector} cannot be reached with Tab on {self.path}")

    def balance(self):
        self.go(f"/account/{self.account}")
        return [e.get_attribute("data-text") for e in self.all(".score data.money")]

    def check_proof(self):
        """Has the page check the proof of what it is about; gives what it says then."""
        def words():
            self.press("form[data-proof] button")
            said = self.see("form[data-proof] .note").text
            # Signatures of the members come a moment after the block.
            return None if "Not final yet" in said else said
        return self.until(words, "what the page says of the proof")

    def check_file(self, proof):
        """Has a proof file checked; gives what the page says of it."""
        self.go("/check")
        self.fill("form[data-check]", proof=str(proof))
        self.press("form[data-check] button")
        return self.see("form[data-check] .note").text

    def mislead(self, script):
        """Changes which proof the page gets, as `text` of it: a node that lies."""
        self.driver.execute_script("""
            const honest = window.fetch;
            window.fetch = async (path, options) => {
              const response = await honest(path, options);
              if (!String(path).startsWith("/v1/proofs/")) return response;
              const text = await response.text();
              return new Response(await (async (text) => { LIE })(text), {status: 200});
            };""".replace("LIE", script))

    def outlast(self, milliseconds):
        """Has what is prepared hold for another time than the page asked for."""
        self.driver.execute_script("""
            const honest = window.fetch;
            window.fetch = (path, options) => honest(path, String(path).endsWith("/prepare")
              ? {...options, body: JSON.stringify(
                  {...JSON.parse(options.body), valid_for_ms: arguments[0]})}
              : options);""", milliseconds)

    def tamper(self, script):
        """Changes what the page gets from `prepare`: a node that lies."""
        self.driver.execute_script("""
            const honest = window.fetch;
            window.fetch = async (path, options) => {
              const response = await honest(path, options);
              if (!String(path).endsWith("/prepare")) return response;
              const answer = await response.json();
              const bytes = Uint8Array.from(atob(answer.body), (c) => c.charCodeAt(0));
              const changed = ((bytes) => { LIE })(bytes);
              answer.body = btoa(String.fromCharCode(...changed));
              return new Response(JSON.stringify(answer), {status: 200});
            };""".replace("LIE", script))
