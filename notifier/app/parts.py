"""From settings to the parts of the house, each ready to work.

Knows which setting means what to which part. Must never do a part's work.
"""

from datetime import date, timedelta

from config.settings import Settings, SettingsError
from feeds.draft import DateOrder, Habits, Selectors
from feeds.identity.ids import Identity
from feeds.ingest.poll import PATHS
from feeds.model import Topic, TopicRef
from feeds.publish.select import FeedRef
from feeds.publish.site import Site, SourceTerms
from feeds.storage.database import Database, constant
from feeds.taxonomy import Taxonomy
from notifier.digest.languages import languages
from notifier.digest.render import TopicPage
from notifier.mail import Transport
from notifier.mail.ledger import SendingRules
from notifier.mail.maildir import Maildir
from notifier.mail.message import Sender
from notifier.mail.smtp.relay import Relay
from notifier.subscribers.subscribe import Assumed


def taxonomy(settings: Settings) -> Taxonomy:
    """The taxonomy in force. Raises SettingsError, TaxonomyError."""
    path = settings.site.taxonomy
    try:
        return Taxonomy.from_toml(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError((f"site.taxonomy: {path} cannot be read: {error}",)) from error


def habits(settings: Settings, name: str) -> Habits:
    """How a source's documents are to be read; one without settings speaks the site's language."""
    source = next((source for source in settings.sources if source.name == name), None)
    if source is None:
        return Habits(language=settings.site.language)
    return Habits(
        form=source.form,
        date_order=DateOrder(source.date_order) if source.date_order else None,
        selectors=Selectors(
            listing_entry=source.listing_entry,
            listing_title=source.listing_title,
            listing_date=source.listing_date,
            listing_lead=source.listing_lead,
            page_title=source.page_title,
            page_date=source.page_date,
            page_text=source.page_text,
        ),
        language=source.language,
    )


def site(settings: Settings, identity: Identity) -> Site:
    return Site(
        title=settings.site.title,
        organisation=settings.site.organisation,
        url=settings.site.url,
        language=settings.site.language,
        timezone=settings.site.timezone,
        contact=settings.site.contact,
        identity=identity,
        terms=(
            *(
                SourceTerms(source=source.name, full_text=source.full_text, credit=source.credit)
                for source in settings.sources
            ),
            SourceTerms(source=PATHS, full_text=True),
        ),
        entries_per_feed=settings.publish.entries_per_feed,
        items_per_page=settings.publish.items_per_page,
    )


def sender(settings: Settings, identity: Identity) -> Sender:
    """Who writes the digests; the List-Id follows from the authority, so it never changes."""
    return Sender(
        name=settings.mail.from_name or settings.site.title,
        address=settings.mail.from_address,
        list_id=f"digest.{identity.authority.replace('@', '.')}",
        site_title=settings.site.title,
        site_url=settings.site.url,
        reply_to=settings.mail.reply_to,
        contact=settings.site.contact,
        unsubscribe_mailbox=settings.mail.unsubscribe_mailbox,
    )


def topic_pages(known: Taxonomy, url: str) -> dict[TopicRef, TopicPage]:
    """Where readers find each topic; one without a page of its own leads to all topics."""
    return {topic.ref: _topic_page(topic, url) for topic in known.topics}


def _topic_page(topic: Topic, url: str) -> TopicPage:
    feed = FeedRef.of(topic.ref)
    if feed is None:
        return TopicPage(label=topic.label, url=f"{url}/")
    return TopicPage(label=topic.label, url=f"{url}/{feed.page}", feed_url=f"{url}/{feed.atom}")


def assumed(settings: Settings) -> Assumed:
    """What a newcomer gets without asking: the site's zone, and its language if mails speak it."""
    known = languages()
    primary = settings.site.language.partition("-")[0]
    return Assumed(
        zone=settings.site.timezone,
        language=primary if primary in known else "en",
        languages=known,
    )


def transport(settings: Settings) -> Transport:
    if settings.mail.transport == "maildir":
        return Maildir(settings.mail.maildir)
    smtp = settings.mail.smtp
    return Relay(
        host=smtp.host,
        port=smtp.port,
        security=smtp.security,
        username=smtp.username,
        password=smtp.password.get_secret_value(),
        connections=smtp.connections,
        messages_per_connection=smtp.messages_per_connection,
        timeout_seconds=smtp.timeout_seconds,
    )


def message_domain(settings: Settings) -> str:
    """The right half of every Message-ID: the sender's own domain (RFC 5322 section 3.6.4)."""
    return settings.mail.from_address.rpartition("@")[2]


def delivery_rules(settings: Settings) -> SendingRules:
    return SendingRules(
        node=settings.daemon.node,
        sender=settings.mail.from_address,
        give_up_after=timedelta(hours=settings.mail.give_up_after_hours),
        hold=settings.mail.in_doubt == "hold",
    )


def identity(database: Database, settings: Settings, today: date) -> Identity:
    """Who mints the ids of this store: what it was first opened with, whatever settings say now."""
    minted = (settings.site.minted or today).isoformat()
    with database.writing() as connection:
        return Identity(
            constant(connection, "authority", settings.site.authority),
            date.fromisoformat(constant(connection, "minted", minted)),
        )
