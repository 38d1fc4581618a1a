"""From a list to everything it leads to: which pages are asked for, and what is told of each.

Knows lists and the pages of items. Must never know how a document is had, or what is stored of it.

What a killed crawl leaves behind is safe to go on from. A list is told of after everything it leads
to. In an ordinary look older items come first, so that what is not known yet always lies above what
is. A backfill keeps no place to go on from, as lists shift: it walks them again from the top, where
known pages cost nothing but their list.
"""

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import assert_never

from feeds.draft import Parsed, Reason, Refused
from feeds.fetch import Denied, Failed, Missing, Stopped
from feeds.fetch import Gone as Ended
from feeds.sources import Fetched, Gone, Refusal, Same, Seen, Told
from feeds.sources.ask import Asking, Had, Kept, Lost, problem_of
from feeds.sources.course import Course, Scope
from feeds.sources.leads import Lead, address, is_near, stands_alone
from feeds.sources.lists import ListPage, Lists
from feeds.sources.signature import Signature

# Known pages asked for again at each look: what a list shows first is what still changes.
_REVISITS_A_PAGE = 100
# Pages asked for in one look as their list shows them no more. Most only made room for others.
_VANISHED_A_LOOK = 50


class Crawl:
    """One look at a source whose address gave a list."""

    def __init__(
        self, asking: Asking, lists: Lists, course: Course, scope: Scope, hosts: Collection[str]
    ) -> None:
        self._asking = asking
        self._known = asking.known
        self._lists = lists
        self._course = course
        self._scope = scope
        self._hosts = hosts
        self._shown: set[str] = set()
        self._is_settled = True
        self._vanished_left = _VANISHED_A_LOOK

    def through(self, had: Had, parsed: Parsed) -> Iterator[Seen]:
        """Everything the list ``had`` leads to, then itself, and so on list by list."""
        for page in self._lists.through(had, parsed):
            yield from self._items(page)
            if not self._course.is_over:
                yield from self._closing(page)
            if self._course.is_over:
                return
        # A list that shows nothing is more likely broken than empty.
        if self._scope.complete and self._course.is_whole and self._shown:
            yield from map(Gone, self._missing())

    def _missing(self) -> list[str]:
        """The documents we had from this website that no list of it shows any more."""
        names = self._known.signatures.keys() - self._shown - self._lists.names
        # Others came by another way, so that no list was ever to show them.
        return sorted(name for name in names if self._known.signature(name))

    def _closing(self, page: ListPage) -> Iterator[Seen]:
        """What is left to say of a list once all it leads to was seen."""
        told = self._told_of(page)
        yield from self._vanished(page)
        if not self._course.is_over:
            yield told

    def _told_of(self, page: ListPage) -> Seen:
        signature = page.had.signature
        if not self._is_settled:
            # Something on it could not be had: it is read again even if nothing changes.
            signature = replace(signature, told="")
        if not page.had.is_new:
            return self._same(page.name, signature)
        follow = self._scope.follow
        return Fetched(
            document=page.had.document,
            signature=str(signature),
            is_listing=not any(not follow or stands_alone(one) for one in page.parsed.drafts),
        )

    def _same(self, name: str, signature: Signature) -> Same:
        written = str(signature)
        return Same(name, written if written != self._known.signatures.get(name) else None)

    # -- Items -------------------------------------------------------------------------------------

    def _items(self, page: ListPage) -> Iterator[Seen]:
        """What there is to say of each item, the last one of the page first."""
        self._is_settled = True
        on_top = {lead.name for lead in page.leads[:_REVISITS_A_PAGE]}
        for lead in reversed(page.leads):
            if lead.name in self._shown or lead.name in self._lists.names:
                continue
            seen = self._item(lead, page, is_on_top=lead.name in on_top)
            if self._course.is_over:
                return
            self._shown.add(lead.name)
            if seen is not None:
                yield seen

    def _vanished(self, page: ListPage) -> Iterator[Seen]:
        """What the list no longer shows, asked for once more.

        Whoever withdraws a page takes it off the lists, so that nobody would hear of the 410.
        """
        if self._scope.complete or self._scope.backfill or not self._vanished_left:
            return
        for lead in self._lists.vanished(page):
            is_ours = self._known.signature(lead.name) is not None
            if not is_ours or lead.name in self._shown or not is_near(lead.name, self._hosts):
                continue
            if not self._vanished_left or not self._course.may_ask():
                return
            self._vanished_left -= 1
            seen = self._asked(lead, page)
            if self._course.is_over:
                return
            self._shown.add(lead.name)
            if seen is not None:
                yield seen

    def _item(self, lead: Lead, page: ListPage, *, is_on_top: bool) -> Seen | None:
        if self._known.is_to_be_read(lead.name) and (had := self._asking.kept(lead)):
            return _page(had)
        before = self._known.signature(lead.name)
        if before is not None and not self._is_worth_asking(lead, before, is_on_top=is_on_top):
            return Same(lead.name)
        if before is None and self._scope.leaves_out(lead.day):
            self._course.is_whole = False
            return None
        if not is_near(lead.name, self._hosts):
            foreign = Failed(problem="its host is not one of this source", is_lasting=True)
            return self._without(lead, page, foreign)
        return self._asked(lead, page) if self._course.may_ask() else None

    def _is_worth_asking(self, lead: Lead, before: Signature, *, is_on_top: bool) -> bool:
        if lead.draft is None or lead.modified is not None:
            return bool(lead.told) and lead.told != before.told
        return is_on_top and not self._scope.backfill

    def _asked(self, lead: Lead, page: ListPage) -> Seen | None:
        answer = self._asking.page(lead)
        if isinstance(answer, Failed):
            self._course.page_failed(lead.name, answer)
        else:
            self._course.page_answered()
        match answer:
            case Had(document=document):
                if address(document.url or "") in self._lists.names:
                    # Sent back to the list: many sites say so that a page is no more.
                    return self._without(lead, page, Missing(url=lead.name))
                return _page(answer)
            case Kept():
                return self._same(lead.name, answer.signature)
            case Ended():
                return Gone(lead.name)
            case Stopped():
                self._course.is_stopped = True
                return None
            case Missing() | Denied() | Failed():
                return self._without(lead, page, answer)
            case _:
                assert_never(answer)

    def _without(self, lead: Lead, page: ListPage, lost: Lost) -> Seen:
        """What there is to say of a page that cannot be had now."""
        self._is_settled = False
        if self._known.signature(lead.name) is not None:
            return Same(lead.name)
        # What is not there is not told of either, or readers would be sent to it.
        draft = None if isinstance(lost, Missing) else lead.draft
        if draft is not None and draft.title:
            return Told(name=lead.name, lead=draft, listing=page.had.document)
        refused = Refused(reason=Reason.UNREADABLE, evidence=problem_of(lost))
        return Refusal(name=lead.name, refused=refused)


def _page(had: Had) -> Fetched:
    return Fetched(document=had.document, signature=str(had.signature), is_page=True)
