"""Which colours can be told from the grounds they stand on (WCAG 2.2, 1.4.3).

Knows the grounds of our pages, light and dark, as style.css has them, and which option colours
words and which their ground. Must never know how an option is set.
"""

#: What text needs at least.
LEAST_CONTRAST = 4.5

#: Page and card, by scheme.
GROUNDS = {"light": ("#fbf9f5", "#ffffff"), "dark": ("#12161b", "#1b2128")}
#: What words may be written in on a ground of any colour.
INKS = ("#ffffff", "#12161b")


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours (``#rrggbb``), from 1 to 21."""
    dim, bright = sorted((_luminance(one), _luminance(other)))
    return (bright + 0.05) / (dim + 0.05)


def ink_on(ground: str) -> str:
    """The one of `INKS` that stands out better."""
    return max(INKS, key=lambda ink: contrast(ink, ground))


def least_contrast(colour: str, scheme: str) -> float:
    """How well a colour stands out from the ground of the scheme it is worst on."""
    return min(contrast(colour, ground) for ground in GROUNDS[scheme])


def too_faint(option: str, value: str) -> str:
    """What is wrong with the colour of an option of a look; empty where nothing is."""
    if option.startswith("head"):
        what, found = "words on it, white or black,", contrast(ink_on(value), value)
    else:
        scheme = "dark" if option.endswith("dark") else "light"
        what = f"the {scheme} pages ({' and '.join(GROUNDS[scheme])})"
        found = least_contrast(value, scheme)
    if found >= LEAST_CONTRAST:
        return ""
    return (
        f"must stand out from {what} by {LEAST_CONTRAST} to 1 at least (WCAG 2.2, 1.4.3); it does"
        f" by {found:.1f}: take a darker or a lighter one"
    )


def _luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return 0.2126 * _linear(red) + 0.7152 * _linear(green) + 0.0722 * _linear(blue)


def _linear(part: float) -> float:
    linear: float = part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
    return linear
