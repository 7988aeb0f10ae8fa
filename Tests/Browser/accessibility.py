"""What a page must have for everybody: own checks, and axe-core's rules where a package has them.

`pip install --no-deps axe-playwright-python` brings axe-core; nothing of it but axe.min.js is used.
"""
import functools
import importlib.util
import pathlib

SCRIPT = r"""
const problems = [];
const shown = (e) => e.checkVisibility?.({opacityProperty: true, visibilityProperty: true})
  && !e.closest('.visually-hidden, [hidden]');
const name = (e) => (e.getAttribute('aria-label') || e.textContent || e.title || '').trim();
const where = (e) => e.outerHTML.slice(0, 90);
const say = (what, e) => problems.push(`${what}: ${e ? where(e) : ''}`);

if (!document.documentElement.lang) say('no language');
if (!document.title.trim()) say('no title');
for (const landmark of ['header', 'nav', 'main', 'footer']) {
  if (!document.querySelector(landmark)) say(`no ${landmark}`);
}
if (document.querySelectorAll('main').length !== 1) say('not one main');
const skip = document.querySelector('a[href^="#"]');
if (!skip || !document.querySelector(skip.getAttribute('href'))) say('no way to skip to content');

let level = 0;
for (const heading of document.querySelectorAll('h1, h2, h3, h4')) {
  const own = Number(heading.tagName[1]);
  if (own > level + 1) say(`a heading of level ${own} after ${level}`, heading);
  level = own;
}
for (const field of document.querySelectorAll('input:not([type=hidden]), select, textarea')) {
  if (!field.labels?.length && !field.getAttribute('aria-label')) say('a field without a label', field);
}
for (const e of document.querySelectorAll('a[href], button')) {
  if (!name(e)) say('a link or button without a name', e);
}
for (const e of document.querySelectorAll('img')) if (!e.alt) say('a picture without words', e);
for (const e of document.querySelectorAll('svg:not([aria-hidden])')) {
  if (!e.closest('[aria-hidden]') && !e.getAttribute('aria-label')) say('a drawing without a name', e);
}
for (const table of document.querySelectorAll('table')) {
  if (!table.querySelector('th') || !table.caption) say('a table without heads or caption', table);
}
for (const e of document.querySelectorAll('[tabindex]')) {
  if (e.tabIndex > 0) say('an order of focus of its own', e);
}
const ids = new Set();
for (const e of document.querySelectorAll('[id]')) {
  if (ids.has(e.id)) say('an id twice', e);
  ids.add(e.id);
}
for (const e of document.querySelectorAll('[aria-labelledby]')) {
  if (!document.getElementById(e.getAttribute('aria-labelledby'))) say('named by nothing', e);
}
for (const e of document.querySelectorAll('button, input:not([type=hidden]), select, .button, nav a')) {
  const box = e.getBoundingClientRect();
  if (shown(e) && box.width > 0 && box.height < 24) say('too small to touch', e);
}
if (document.documentElement.scrollWidth > innerWidth + 1) say('wider than the window');

// Contrast, by WCAG 2.2 section 1.4.3, against the nearest background that is drawn.
const parse = (text) => (text.match(/[\d.]+/g) ?? [0, 0, 0, 0]).map(Number);
const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
  .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
  .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
function ground(e) {
  for (let at = e; at; at = at.parentElement) {
    const colour = parse(getComputedStyle(at).backgroundColor);
    if (colour.length < 4 || colour[3] === 1) return colour;
  }
  return [255, 255, 255];
}
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
const seen = new Set();
while (walker.nextNode()) {
  const e = walker.currentNode.parentElement;
  if (!walker.currentNode.data.trim() || seen.has(e) || !shown(e)) continue;
  if (['SCRIPT', 'OPTION', 'NOSCRIPT', 'TITLE'].includes(e.tagName)) continue;
  seen.add(e);
  const style = getComputedStyle(e);
  if (e.closest('button:disabled')) continue;
  const isDrawing = e instanceof SVGElement;
  const [a, b] = [light(parse(isDrawing ? style.fill : style.color)), light(ground(e))];
  const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  const size = parseFloat(style.fontSize);
  const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
  // The ground of text in a drawing may be another shape.
  if (!isDrawing && contrast < (large ? 3 : 4.5)) say(`contrast ${contrast.toFixed(2)}`, e);
}
return problems;
"""


AXE = r"""
const [done] = arguments;
axe.run(document, {resultTypes: ['violations']}).then(
  ({violations}) => done(violations.filter(({impact}) => ['serious', 'critical'].includes(impact))
    .flatMap(({id, help, nodes}) => nodes.map(({html, failureSummary}) =>
      `axe ${id}: ${help}: ${html.slice(0, 160)} ${failureSummary.slice(0, 300)}`))),
  (fault) => done([`axe: ${fault}`]));
"""


@functools.cache
def axe_source():
    """axe-core as text, or None where no package carries it."""
    for package in ("axe_playwright_python", "axe_core_python", "axe_selenium_python"):
        found = importlib.util.find_spec(package)
        for folder in (found.submodule_search_locations or []) if found else []:
            for path in pathlib.Path(folder).rglob("axe.min.js"):
                return path.read_text(encoding="utf-8")
    return None


def problems(driver):
    """What is wrong with the page as it is shown, each with the element's beginning."""
    found = driver.execute_script(SCRIPT)
    if axe_source():
        driver.execute_script(axe_source())
        found += driver.execute_async_script(AXE)
    return found
