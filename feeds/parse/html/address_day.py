"""The day that stands in the address of a page.

Knows how archives of news and their systems build addresses of days. Must never know what a page
says of its day.
"""

import re
from datetime import date
from urllib.parse import urlsplit

from config.values import is_web_address
from feeds.model import Issued, IssuedFrom
from feeds.parse import dates

# "/2011/08/24/name", "/2011/0824/name", "/2011-08-24-name", "/20110824name".
_ADDRESS_DAY = re.compile(
    r"/(?P<year>(?:19|20)[0-9]{2})(?:"
    r"/(?:[A-Za-z_-]{2,40}/)?(?P<m1>[0-9]{1,2})/(?P<d1>[0-9]{1,2})(?=/|$)|"
    r"/?(?P<m2>[0-9]{2})(?P<d2>[0-9]{2})(?![0-9])|"
    r"[-_](?P<m3>[0-9]{1,2})[-_/](?P<d3>[0-9]{1,2})(?![0-9]))"
)
# "/camels-20100304-pl2q.html", "/report_2011_05_17": at the end of a name, but for a short code.
# Eight digits that begin with no year may be any number.
_FILE_DAY = re.compile(
    r"[-_](?P<year>(?:19|20)[0-9]{2})(?P<mark>[-_]?)(?P<month>[0-9]{2})(?P=mark)(?P<day>[0-9]{2})"
    r"(?:[-_][A-Za-z0-9]{1,5})?(?:\.[^/]*)?$"
)
# "/2011/05/name", as blogs name their archives.
_ADDRESS_MONTH = re.compile(r"/(?P<year>(?:19|20)[0-9]{2})/(?P<month>0[1-9]|1[0-2])/[^/]")
_MONTHS_AND_DAYS = (("m1", "m2", "m3"), ("d1", "d2", "d3"))
_LONGEST_PATH_CHARS = 250


def of_address(url: str | None, latest: date | None) -> Issued | None:
    """The day that stands in the path of a page's address, as archives of news are built."""
    # What a page names as its address may be none.
    path = urlsplit(url).path[:_LONGEST_PATH_CHARS] if url and is_web_address(url) else ""
    found = _ADDRESS_DAY.search(path)
    if found is None:
        return None
    month, day = (next(filter(None, found.group(*names))) for names in _MONTHS_AND_DAYS)
    return _day(found["year"], month, day, latest)


def of_file_name(url: str | None, latest: date | None) -> Issued | None:
    """The day that stands within the last part of a page's address: weaker than that of a folder,
    as what it names may have one, too.
    """
    path = urlsplit(url).path[-_LONGEST_PATH_CHARS:] if url and is_web_address(url) else ""
    found = _FILE_DAY.search(path)
    if found is None:
        return None
    return _day(found["year"], found["month"], found["day"], latest)


def month_of_address(url: str | None) -> date | None:
    """The first day of the month that stands in the path of a page's address."""
    path = urlsplit(url).path[:_LONGEST_PATH_CHARS] if url and is_web_address(url) else ""
    found = _ADDRESS_MONTH.search(path)
    return date(int(found["year"]), int(found["month"]), 1) if found else None


def _day(year: str, month: str, day: str, latest: date | None) -> Issued | None:
    try:
        told = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return Issued(day=told, origin=IssuedFrom.PAGE) if dates.is_sane(told, latest) else None
