"""Drives a report in a real Chromium, as a reader would, and holds it to what it promises.

Usage: check.py report.html [series.html]

Prints one line per check, and exits 1 if one does not hold. It waits for nothing but what the browser itself reports:
no retries, no sleeps.
"""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

import charts
import looks
import paper
import reading

Check = Callable[[Browser, str], None]

RUN: list[Check] = [
    reading.the_script_runs_and_nothing_is_fetched,
    reading.without_script_nothing_is_missing,
    reading.a_red_number_leads_to_its_fault_its_chart_and_a_request_told_in_full,
    reading.heads_sort_up_down_and_back,
    reading.hidden_contenders_are_hidden_everywhere_and_a_link_shows_them_again,
    reading.terms_are_told_on_focus_and_on_tap,
    charts.pointing_tells_the_values_at_one_instant_in_all_charts,
    charts.dragging_buttons_and_keys_zoom_all_charts,
    looks.text_can_be_read_in_light_and_dark,
    looks.nothing_is_crushed_or_cut_off_at_any_width,
    paper.page_one_is_the_managers_and_no_heading_is_left_alone,
]

SERIES: list[Check] = [
    reading.the_script_runs_and_nothing_is_fetched,
    reading.heads_sort_up_down_and_back,
    looks.text_can_be_read_in_light_and_dark,
    looks.nothing_is_crushed_or_cut_off_at_any_width,
]


def main() -> None:
    """Every check of every page, and the exit code."""
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    found = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    chromium = next(filter(None, found), None)
    if chromium is None:
        sys.exit("no Chromium here: install the package chromium")
    failed = 0
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for path, checks in zip(sys.argv[1:], (RUN, SERIES)):
            for check in checks:
                failed += not holds(check, browser, Path(path).resolve().as_uri())
        browser.close()
    sys.exit(1 if failed else 0)


def holds(check: Check, browser: Browser, url: str) -> bool:
    """Whether it does, printed."""
    name = check.__name__.replace("_", " ")
    try:
        check(browser, url)
    except AssertionError as error:
        print(f"FAIL  {name}: {error}")
        return False
    finally:
        for context in browser.contexts:
            context.close()
    print(f"ok    {name}")
    return True


if __name__ == "__main__":
    main()
