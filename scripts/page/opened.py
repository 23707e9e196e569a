"""A page, opened as one reader has it."""

from playwright.sync_api import Browser, Locator, Page

WIDE = {"width": 1280, "height": 900}
NARROW = {"width": 390, "height": 844}


def opened(browser: Browser, url: str, **reader: object) -> Page:
    """The page in a context of its own; `reader` is what Playwright calls the context's options."""
    page = browser.new_context(**{"viewport": WIDE, **reader}).new_page()
    page.goto(url)
    return page


def in_view(thing: Locator) -> bool:
    """Whether the beginning of it is on the screen."""
    return thing.evaluate(
        "it => { const box = it.getBoundingClientRect();"
        " return box.height > 0 && box.top >= -2 && box.top < innerHeight; }"
    )


def same(told: object, expected: object, what: str) -> None:
    """Fails unless both are equal."""
    assert told == expected, f"{what}: {told!r}, not {expected!r}"
