"""What the process has made in which commands of tests begin: what each would make first.

Knows what is made of code as it is first used. Must never know what a command does.
"""

from contextlib import suppress

from jinja2 import UndefinedError

from config.settings import Settings
from feeds.publish import pages
from feeds.taxonomy import Taxonomy
from feeds.taxonomy.file import TaxonomyFile
from notifier.digest import pieces
from tests.items import a_site

Settings.model_rebuild()
TaxonomyFile.model_rebuild()
for _name in pieces.environment().list_templates(["html", "txt"]):
    pieces.environment().get_template(_name)
_page = pages.renderer(a_site(), Taxonomy.from_toml(""))
for _template in pages._TEMPLATES.glob("*.html"):
    # It is compiled, and says what it lacks.
    with suppress(UndefinedError):
        _page(_template.name)
