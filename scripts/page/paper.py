"""The page on paper: the manager's part is page one, and no heading stands at the end of a page."""

import subprocess
import tempfile
from pathlib import Path

from playwright.sync_api import Browser

from opened import opened, same


def page_one_is_the_managers_and_no_heading_is_left_alone(browser: Browser, url: str) -> None:
    """Verdict, comparison and map on page one; below it every heading has something after it on its page."""
    page = opened(browser, url)
    headings = [" ".join(text.split()) for text in page.locator("h2, h3, tr.title .said").all_inner_texts()]
    folded = page.locator(".manager .fold > summary").all_inner_texts()
    pages = printed(page.pdf(prefer_css_page_size=True))
    first = " ".join(" ".join(pages[0]).split())
    for part in ("Who kept the promise?", "What did each fault cost?", "nothing to tell", *folded):
        assert " ".join(part.split()) in first, f"'{part}' is not on page one"
    assert "through time" not in first, "the charts begin on page one"
    if page.locator("main[data-clock=SIMULATED]").count() > 0:
        unlabelled = [number for number, lines in enumerate(pages, start=1) if "SIMULATED" not in " ".join(lines)]
        same(unlabelled, [], "pages that do not say SIMULATED")
    for number, lines in enumerate(pages, start=1):
        last = next((line for line in reversed(lines) if line not in ("", "SIMULATED")), "")
        alone = [heading for heading in headings if heading and (last == heading or last == f"{heading} SIMULATED")]
        same(alone, [], f"left alone at the end of page {number}")


def printed(pdf: bytes) -> list[list[str]]:
    """The lines of each page."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch, "page.pdf")
        path.write_bytes(pdf)
        told = subprocess.run(["pdftotext", "-layout", path, "-"], check=True, capture_output=True, text=True)
    pages = told.stdout.split("\f")[:-1]
    return [[" ".join(line.split()) for line in page.splitlines() if line.strip()] for page in pages]
