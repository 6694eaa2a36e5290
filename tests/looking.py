"""What several browser tests do with a page: wait until it stands, and ask what bars people from it."""

ARE_CHARTS_DRAWN = """
[...document.querySelectorAll("[data-testid=stVegaLiteChart]")]
  .every((chart) => chart.querySelector(".marks"))
"""
"""A chart that is drawn late moves what stands below it, away from a click that has begun."""


def settle(visit, path=None):
    """Go to a page, if one is named, and wait until its foot and its charts stand and nothing runs."""
    if path is not None:
        visit.page.goto(visit.origin + path)
    visit.page.locator(".ls-foot").wait_for(timeout=60_000)
    visit.page.wait_for_timeout(300)
    visit.until(lambda: not visit.page.locator("[data-testid=stStatusWidget]").count(), "the run ended", 60)
    visit.until(lambda: visit.page.evaluate(ARE_CHARTS_DRAWN), "the charts stand", 60)


def grave_barriers(page, *rules):
    """The serious and critical findings of axe on the page, by these of its rules or by all, one a line."""
    from axe_playwright_python.sync_playwright import Axe

    page.wait_for_timeout(1000)  # parts fade in, and colours fade into others
    chosen = {"resultTypes": ["violations"], **({"runOnly": list(rules)} if rules else {})}
    return "\n".join(
        f"{each['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
        for each in Axe().run(page, options=chosen).response["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    )
