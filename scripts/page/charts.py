"""Charts through time: pointing and zooming, by mouse, buttons and keys; all charts move together."""

import json

from playwright.sync_api import Browser, Locator, Page

from opened import opened, same


def series_of(figure: Locator) -> dict:
    """The numbers that a chart was drawn from."""
    return json.loads(figure.get_attribute("data-series"))


def spans(page: Page) -> list[tuple[float, float]]:
    """What each chart shows, in seconds."""
    shown = page.locator("figure.time-chart").evaluate_all(
        "all => all.map(it => { const { left, inner, end } = JSON.parse(it.dataset.series);"
        " const box = it.querySelector('svg.time').viewBox.baseVal;"
        " return [(box.x - left) / inner * end, (box.x - left + box.width) / inner * end]; })"
    )
    return [(round(start, 3), round(end, 3)) for start, end in shown]


def at_second(figure: Locator, second: float) -> tuple[float, float]:
    """Where on the screen a second of a chart lies that shows the whole run."""
    series, picture = series_of(figure), figure.locator(".chart > svg")
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    width = picture.evaluate("it => it.viewBox.baseVal.width")
    x = series["left"] + series["inner"] * second / series["end"]
    return box["x"] + x / width * box["width"], box["y"] + 100


def pointing_tells_the_values_at_one_instant_in_all_charts(browser: Browser, url: str) -> None:
    """A line at one instant in every chart, and beside the pointed one the numbers of that bin."""
    page = opened(browser, url)
    figures = page.locator("figure.time-chart")
    figure = figures.first
    series = series_of(figure)
    middle = len(series["offered"]) // 2
    page.mouse.move(*at_second(figure, (middle + 0.5) * series["bin"]))
    told = figure.locator(".readout > div").all_text_contents()
    for name in ("offered", "good", "failed"):
        rate = series[name][middle] / series["bin"]
        line = next((line for line in told if line.startswith(f"{name} ")), None)
        assert line is not None and abs(float(line.split()[1].removesuffix("/s")) - rate) <= 0.05, f"{name}: {told}"
    total = sum(share["n"][middle] for share in series["shares"])
    for share in series["shares"]:
        has_line = any(line.startswith(f"{share['name']} ") for line in told)
        same(has_line, share["n"][middle] > 0, f"{share['name']} of {total} in {told}")
    lines = figures.locator("line.crosshair").evaluate_all("all => all.map(it => it.getAttribute('x1'))")
    same(len(set(lines)), 1, f"instants of the lines {lines}")
    drawn = "all => all.filter(it => getComputedStyle(it).display !== 'none').length"
    same(figures.locator("line.crosshair").evaluate_all(drawn), figures.count(), "lines")
    same(page.locator(".readout:visible").count(), 1, "readouts")
    page.mouse.move(5, 5)
    same(page.locator(".readout:visible").count(), 0, "readouts after leaving")
    same(figures.locator("line.crosshair").evaluate_all(drawn), 0, "lines after leaving")


def dragging_buttons_and_keys_zoom_all_charts(browser: Browser, url: str) -> None:
    """In and out, and back to the whole run."""
    page = opened(browser, url)
    figure = page.locator("figure.time-chart").first
    end = series_of(figure)["end"]
    all_charts = page.locator("figure.time-chart").count()
    whole = [(0, end)] * all_charts
    same(spans(page), whole, "at first")
    page.mouse.move(*at_second(figure, end * 0.25))
    page.mouse.down()
    page.mouse.move(*at_second(figure, end * 0.5), steps=4)
    page.mouse.up()
    dragged = spans(page)
    same(len(set(dragged)), 1, f"one span for all of {dragged}")
    start, stop = dragged[0]
    assert abs(start - end * 0.25) < end / 100 and abs(stop - end * 0.5) < end / 100, f"dragged to {dragged[0]}"
    figure.get_by_role("button", name="zoom out").click()
    assert spans(page)[0][1] - spans(page)[0][0] > stop - start, "zooming out shows no more"
    figure.get_by_role("button", name="zoom in").click()
    figure.get_by_role("button", name="whole run").click()
    same(spans(page), whole, "the whole run")
    assert figure.get_by_role("button", name="whole run").is_disabled(), "nothing is left to widen"
    figure.focus()
    page.keyboard.press("ArrowRight")
    same(figure.locator(".readout:visible").count(), 1, "readouts by keyboard")
    page.keyboard.press("+")
    same([round(stop - start, 3) for start, stop in spans(page)], [end / 2] * all_charts, "after +")
    page.keyboard.press("-")
    same(spans(page), whole, "after −")
    page.keyboard.press("+")
    page.keyboard.press("0")
    same(spans(page), whole, "after 0")
