"""What newspaper4k makes of pages, asked in an environment of its own: the program's needs other
versions of what both use.

Reads one page a line, as JSON with ``url`` and ``html``; prints one answer a line: ``title``,
``day`` and ``text``. Must never know the program.
"""

import json
import logging
import sys
import warnings

# What it might have besides, and what its dictionaries are doing.
warnings.simplefilter("ignore")
logging.disable()

import newspaper  # type: ignore[import-not-found]  # noqa: E402


def answer(url: str, html: str) -> dict[str, str]:
    """Empty where nothing can be made of it: of Hindi, Bengali and Nepali it asks for pandas."""
    article = newspaper.Article(url)
    try:
        article.download(input_html=html)
        article.parse()
    except (newspaper.ArticleException, ImportError, ValueError):
        return {}
    day = article.publish_date.date().isoformat() if article.publish_date else ""
    return {"title": article.title, "day": day, "text": article.text}


for line in sys.stdin:
    print(json.dumps(answer(**json.loads(line))))
