"""What a reader does: follow a red number, sort, hide, look up a term; with script and without."""

from playwright.sync_api import Browser

from opened import in_view, opened, same


def the_script_runs_and_nothing_is_fetched(browser: Browser, url: str) -> None:
    """The page's own policy lets its script run; the browser complains about nothing and asks nobody."""
    page = browser.new_context().new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: said.append(request.url) if request.url != url else None)
    page.goto(url)
    same(said, [], "the browser says")
    assert page.locator(".sorts").count() > 0, "the script did not run"


def without_script_nothing_is_missing(browser: Browser, url: str) -> None:
    """The same words and charts without script, but for what only script can use."""
    plain = opened(browser, url, java_script_enabled=False)
    text = "main => { const copy = main.cloneNode(true); copy.querySelectorAll('.toolbar, .zoombar, .readout')" \
        ".forEach(it => it.remove()); return copy.textContent; }"
    scripted = opened(browser, url)
    with_script, without = (page.locator("main").evaluate(text) for page in (scripted, plain))
    squeezed = [" ".join(told.split()) for told in (with_script, without)]
    same(squeezed[1], squeezed[0], "the text without script")
    same(plain.locator("figure svg").count(), scripted.locator("figure > .chart > svg, svg.time").count(), "charts")
    same(plain.locator(".toolbar, .zoombar").count(), 0, "tools that do nothing")
    story = plain.locator("details.story").first
    story.locator("summary").click()
    assert story.locator("table").is_visible(), "a story cannot be opened"


def a_red_number_leads_to_its_fault_its_chart_and_a_request_told_in_full(browser: Browser, url: str) -> None:
    """Comparison, fault row, chart at that time, example request."""
    page = opened(browser, url)
    red = page.locator(".comparison a.why[href^='#fault-']").first
    row = page.locator(red.get_attribute("href"))
    red.click()
    assert in_view(row), "the number leads to a row that is not on the screen"
    chart = row.locator("a[data-from]")
    start, end = (float(chart.get_attribute(name)) for name in ("data-from", "data-to"))
    chart.click()
    figure = page.locator(chart.get_attribute("href"))
    assert in_view(figure), "the chart is not on the screen"
    shown = figure.evaluate(
        "it => { const { left, inner, end } = JSON.parse(it.dataset.series);"
        " const box = it.querySelector('svg.time').viewBox.baseVal;"
        " return [(box.x - left) / inner * end, (box.x - left + box.width) / inner * end, end]; }"
    )
    assert shown[0] <= start and end <= shown[1], f"the chart shows {shown}, the fault is {start} to {end}"
    assert shown[1] - shown[0] < shown[2], "the chart is not zoomed"
    request = row.locator("a[href^='#request-']")
    story = page.locator(request.get_attribute("href"))
    assert not story.locator("table").is_visible(), "the story is open before anybody asked"
    request.click()
    assert in_view(story) and story.locator("table").is_visible(), "the story does not open"
    assert story.locator("tr.provider").count() > 0, "nothing from the provider's book"


def heads_sort_up_down_and_back(browser: Browser, url: str) -> None:
    """By mouse and by keyboard; what is not known comes last."""
    page = opened(browser, url)
    for table in page.locator("table.sortable").all():
        rows = "it => [...it.tBodies[0].rows].map(row => row.textContent)"
        before = table.evaluate(rows)
        for at, head in enumerate(table.locator("thead th").all()):
            values = f"it => [...it.tBodies[0].rows].map(row => row.cells[{at}]?.dataset.v)"
            head.click()
            same(head.get_attribute("aria-sort"), "ascending", "the first click")
            rising = numbers(table.evaluate(values))
            same(rising, sorted(rising), "rising")
            head.locator("button").focus()
            page.keyboard.press("Enter")
            same(head.get_attribute("aria-sort"), "descending", "Enter")
            falling = numbers(table.evaluate(values))
            same(falling, sorted(falling, reverse=True), "falling")
            page.keyboard.press("Space")
            same(table.evaluate(rows), before, "the third time")


def numbers(values: list[str | None]) -> list[float]:
    """Those that are known, which come first."""
    known = [float(value) for value in values if value is not None]
    same([value for value in values[: len(known)] if value is None], [], "unknown before known")
    return known


def hidden_contenders_are_hidden_everywhere_and_a_link_shows_them_again(browser: Browser, url: str) -> None:
    """Rows, map, curves and sections."""
    page = opened(browser, url)
    boxes = page.locator(".toolbar input")
    last = boxes.count() - 1
    assert last > 0, "nobody can be hidden"
    at = page.locator(".comparison tbody tr").nth(last).get_attribute("data-contender")
    parts = page.locator(f"[data-contender='{at}']")
    assert parts.count() >= 4, f"{parts.count()} parts"
    boxes.nth(last).focus()
    page.keyboard.press("Space")
    same([part.is_visible() for part in parts.all()], [False] * parts.count(), "still shown")
    others = page.locator(".comparison tbody tr[data-contender]:visible")
    same(others.count(), last, "others shown")
    page.evaluate(f"location.hash = '#contender-{at}'")
    page.locator(f"#contender-{at}").wait_for(state="visible")
    assert boxes.nth(last).is_checked(), "the box stays empty"


def terms_are_told_on_focus_and_on_tap(browser: Browser, url: str) -> None:
    """What a title says on hover, for fingers and keyboards."""
    page = opened(browser, url)
    term = page.locator(".figures dfn").first
    meaning = term.get_attribute("title")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('.figures') !== null"):
            break
    same(page.locator(".tip").all_text_contents(), [meaning], "on focus")
    page.keyboard.press("Escape")
    same(page.locator(".tip").count(), 0, "after Escape")
    touched = opened(browser, url, has_touch=True)
    touched.locator(".figures dfn").first.tap()
    same(touched.locator(".tip").all_text_contents(), [meaning], "on tap")
    touched.locator("h1").tap()
    same(touched.locator(".tip").count(), 0, "after a tap elsewhere")
