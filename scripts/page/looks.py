"""How it looks: contrast in light and dark, and nothing crushed, broken into letters or cut off at any width."""

from playwright.sync_api import Browser

from opened import NARROW, WIDE, opened, same

CONTRAST_MIN = 4.5
"""WCAG 2.2, success criterion 1.4.3, for text of this size."""

CONTRAST = """
() => {
  const parse = (colour) => (colour.match(/[\\d.]+/g) || []).map(Number);
  const light = (c) => { const s = c / 255; return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4; };
  const luminance = ([r, g, b]) => 0.2126 * light(r) + 0.7152 * light(g) + 0.0722 * light(b);
  const ground = (it) => {
    for (let at = it; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] > 0.5) return colour;
    }
    return [255, 255, 255];
  };
  const text = (it) => [...it.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
  const poor = [];
  for (const it of document.querySelectorAll("main *:not(svg *), .ribbon")) {
    if (!text(it) || !it.checkVisibility({ visibilityProperty: true }) || it.matches(":disabled")) continue;
    if (it.closest(".heat.untested")) continue; // stripes
    const [a, b] = [luminance(parse(getComputedStyle(it).color)), luminance(ground(it))].sort((x, y) => y - x);
    const contrast = (a + 0.05) / (b + 0.05);
    if (contrast < LEAST) poor.push(`${it.tagName}.${it.className} "${it.textContent.trim().slice(0, 30)}" ${contrast.toFixed(2)}`);
  }
  return [...new Set(poor)].slice(0, 5);
}
""".replace("LEAST", str(CONTRAST_MIN))

BROKEN_WORDS = """
() => {
  const canvas = document.createElement("canvas").getContext("2d");
  const crushed = [];
  for (const it of document.querySelectorAll("th, td")) {
    if (!it.checkVisibility() || it.closest("svg")) continue;
    const style = getComputedStyle(it);
    canvas.font = style.font;
    const room = it.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    const words = it.innerText.split(/[\\s\\-]+/).filter((word) => /^[a-z]{1,14}$/i.test(word));
    const widest = Math.max(0, ...words.map((word) => canvas.measureText(word).width));
    if (widest > room + 2) crushed.push(`"${it.innerText.slice(0, 40)}" has ${Math.round(room)} px`);
  }
  return crushed.slice(0, 5);
}
"""


def text_can_be_read_in_light_and_dark(browser: Browser, url: str) -> None:
    """Every visible text on its ground."""
    grounds = []
    for scheme in ("light", "dark"):
        page = opened(browser, url, color_scheme=scheme)
        same(page.evaluate(CONTRAST), [], f"contrast under {CONTRAST_MIN} in {scheme}")
        grounds.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert grounds[0] != grounds[1], "dark looks like light"


def nothing_is_crushed_or_cut_off_at_any_width(browser: Browser, url: str) -> None:
    """The page scrolls down only; wide tables scroll by themselves; no cell breaks a short word."""
    for size in (WIDE, {"width": 800, "height": 900}, NARROW):
        page = opened(browser, url, viewport=size)
        page.evaluate("document.querySelectorAll('details').forEach(it => { it.open = true; })")
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= size["width"], f"at {size['width']} px the page is {wide} px wide"
        same(page.evaluate(BROKEN_WORDS), [], f"crushed at {size['width']} px")
