"""How well words stand out from their ground, as Chromium shows them.

Knows the arithmetic of WCAG 2.2. Must never know what is shown.
"""

from playwright.sync_api import Page

#: WCAG 2.2 1.4.3.
LEAST_CONTRAST = 4.5

# Relative luminance and contrast as WCAG 2.2 defines them, for each piece of text that is shown.
_CONTRASTS = """
() => {
  const channels = color => color.match(/[0-9.]+/g).map(Number);
  const linear = part => (part /= 255) <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const isClear = color => channels(color)[3] === 0;
  const ground = element => {
    while (isClear(getComputedStyle(element).backgroundColor)) element = element.parentElement;
    return getComputedStyle(element).backgroundColor;
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !element.getClientRects().length) continue;
    const pair = [getComputedStyle(element).color, ground(element)];
    const [dim, bright] = pair.map(channels).map(luminance).sort((a, b) => a - b);
    found.push([texts.currentNode.data.trim(), (bright + 0.05) / (dim + 0.05)]);
  }
  return found;
}
"""


def contrasts(page: Page) -> list[tuple[str, float]]:
    """Every piece of text that is shown, with its contrast."""
    return [(text, ratio) for text, ratio in page.evaluate(_CONTRASTS)]


def too_dim(page: Page) -> list[tuple[str, float]]:
    """The pieces of text that do not stand out."""
    return [(text, ratio) for text, ratio in contrasts(page) if ratio < LEAST_CONTRAST]
