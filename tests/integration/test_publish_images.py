"""What is published follows the terms of a source as they are now, of what is stored."""

from pathlib import Path

from feeds.publish.files import Files
from feeds.publish.rebuild import publish
from feeds.publish.site import SourceTerms
from feeds.storage.database import Database
from feeds.taxonomy import Taxonomy
from tests.builders import a_draft
from tests.items import a_site, store

FEW = Taxonomy.from_toml(
    '[[field]]\nslug = "policing"\nlabel = "Policing"\n'
    '[[issuer]]\nslug = "secretariat"\nlabel = "Secretariat"\n'
    '[[type]]\nslug = "news"\nlabel = "News"\n'
)
IMAGE = '<img src="https://www.osce.org/a.jpg" alt="A map">'
OWN_IMAGE = IMAGE.replace("<img ", '<img loading="lazy" referrerpolicy="no-referrer" ')


def test_a_change_of_terms_changes_feeds_and_pages(database: Database, tmp_path: Path) -> None:
    store(database, FEW, [a_draft(markup=f"<p>One.</p><figure>{IMAGE}</figure>")])

    def published(*, images: bool) -> dict[str, str]:
        terms = (SourceTerms(source="own", full_text=True, images=images),)
        publish(database, FEW, Files(tmp_path), a_site(terms=terms))
        files = (path for path in tmp_path.rglob("*") if path.suffix in {".html", ".json", ".rss"})
        return {path.relative_to(tmp_path).as_posix(): path.read_text("utf-8") for path in files}

    linked, shown = published(images=False), published(images=True)
    assert "<img" not in "".join(linked.values())
    (page,) = (path for path in shown if path.startswith("items/"))
    assert OWN_IMAGE in shown[page]
    assert '<meta property="og:image" content="https://www.osce.org/a.jpg">' in shown[page]
    assert '"image":"https://www.osce.org/a.jpg"' in shown[page]
    for path in ("feeds/all.json", "feeds/fields/policing.json"):
        assert IMAGE.replace('"', '\\"') in shown[path]
    assert IMAGE in shown["feeds/all.rss"].replace("&lt;", "<").replace("&gt;", ">")
    assert published(images=False) == linked
