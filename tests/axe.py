"""What axe-core finds on a page in Chromium: light and dark, on a phone and a desk.

Knows the rules of WCAG 2.2 AA and how axe is asked. Must never know a page.
"""

import json
from typing import Literal

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, ViewportSize

_Scheme = Literal["light", "dark"]

#: The narrowest window without scrolling to both sides (WCAG 2.2 1.4.10), and a desk's: colours do
#: not depend on width, so that each is seen once.
_SIGHTS: tuple[tuple[ViewportSize, _Scheme], ...] = (
    (ViewportSize(width=320, height=640), "light"),
    (ViewportSize(width=1280, height=900), "dark"),
)
_RULES = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}


def faults_of_page(tab: Page) -> list[tuple[str, ...]]:
    """Each fault of the page that is open, and whether it is wider than its window."""
    tab.evaluate(AXE_SCRIPT)
    faults: list[tuple[str, ...]] = []
    for window, scheme in _SIGHTS:
        tab.set_viewport_size(window)
        tab.emulate_media(color_scheme=scheme)
        found = tab.evaluate(f"axe.run({json.dumps(_RULES)})")
        faults += [
            (scheme, fault["id"], node["html"][:200], node["failureSummary"])
            for fault in found["violations"]
            for node in fault["nodes"]
        ]
        width = tab.evaluate("document.documentElement.scrollWidth")
        if width != window["width"]:
            faults.append((scheme, "wide", f"{width} instead of {window['width']}"))
    return faults
