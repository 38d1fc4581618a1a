"""From a list to everything it leads to: which lists and pages are asked for, and in which order.

Knows lists, the pages of items, and how far one look may go. Must never know how a document is
had, what its words say, or what is stored of it.

What a killed walk leaves behind is safe to go on from. A list is told of after everything it leads
to. In an ordinary look older items come first, so that what is not known yet always lies above what
is. A backfill keeps no place to go on from, as lists shift: it walks them again from the top, where
known pages cost nothing but their list.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import assert_never

from config.values import host_of
from feeds.draft import Document, Parsed, Reason, Refused
from feeds.fetch import Denied, FetchFailed, Missing, Stopped, TakenAway
from feeds.sources import CrawlScope, Fetched, Gone, LeadOnly, Refusal, Same, Seen, Unlisted
from feeds.sources.ask import Asking, Awaited, Had, Kept, Lost, ReadPage, Signature, problem_of
from feeds.sources.budget import Budget
from feeds.sources.leads import Lead, address, is_near, is_sent_back, leads, located, stands_alone

Understand = Callable[[Document], Parsed | Refused]

# Pages read beyond those of the settings, until one shows something known.
_PAGES_TO_CATCH_UP = 20
# A list shifts while it is read. A server that answers every address alike does so for ever.
_PAGES_WITHOUT_NEWS = 3
# Known pages asked for again at each look: what a list shows first is what still changes.
_REVISITS_A_PAGE = 100
# Where a sitemap does not say when its pages changed, so many at its beginning and at its end are
# asked for again, the newest among them; and so many in all, of which each list has its share.
_REVISITS_AT_AN_END = 20
_UNDATED_A_LOOK = 200
# Pages asked for in one look as their list shows them no more. Most only made room for others.
_VANISHED_A_LOOK = 50

# An index of sitemaps holds no index (sitemaps.org), and some do.
_DEEPEST = 4

_NO_LIST = "a list leads to it as to a part of itself, and it is no list"


class Walk:
    """One look at a website whose address gave a list: lists in a queue, and what was seen."""

    def __init__(
        self,
        asking: Asking,
        understand: Understand,
        scope: CrawlScope,
        budget: Budget,
        now: datetime,
    ) -> None:
        self._asking = asking
        self._understand = understand
        self._scope = scope
        self._budget = budget
        self._now = now
        self._hosts: set[str] = set()
        # Lists to be asked for, those met by name, older parts of others, what they show, and the
        # items told of.
        self._queue: deque[Lead] = deque()
        self._depths: dict[str, int] = {}
        self._lists: set[str] = set()
        self._parts: set[str] = set()
        self._listed: set[str] = set()
        self._shown: set[str] = set()
        self._is_whole = True
        self._is_settled = True
        self._vanished_left = _VANISHED_A_LOOK
        self._undated_left = _UNDATED_A_LOOK
        # How far there is to go.
        self._is_paged = True
        self._counted = 0
        self._newest: date | None = None
        self._oldest: date | None = None

    @property
    def expected(self) -> int | None:
        """How many documents there are, lists included, as the lists read so far let expect.

        None where lists lead on and neither say how far, nor were told how far to be followed.
        """
        if not self._lists:
            return None
        if not self._is_paged:
            return round(self._counted * (1 + len(self._queue) / len(self._lists)))
        since, newest, oldest = self._scope.since, self._newest, self._oldest
        if not (self._scope.backfill and since and newest and oldest and newest > oldest >= since):
            return None
        # As if the time left to go through held as much as the time gone through.
        return round(self._counted * ((newest - since) / (newest - oldest)))

    def through(self, first: ReadPage) -> Iterator[Seen]:
        """Everything the ``first`` list leads to, then itself, and so on list by list. Of one that
        stands in for a feed nothing is said, so that this is what is kept.
        """
        document = first.had.document
        self._hosts = {host_of(url) for url in (document.name, document.url) if url}
        for page in self._pages(self._page(first.had, first.parsed)):
            # Before what took its place, so that this may be known for the same at another address.
            stands_in = first.stands_in and page.name == first.name
            taken_off = () if stands_in else self._taken_off(page)
            yield from (Unlisted(lead.name) for lead in taken_off)
            yield from self._items(page)
            if not (stands_in or self._budget.is_over):
                yield from self._closing(page, taken_off)
            if self._budget.is_over:
                return
        # A list that shows nothing is more likely broken than empty.
        if self._scope.complete and self._is_whole and self._shown and not self._queue:
            yield from map(Gone, self._missing())

    def _missing(self) -> list[str]:
        """The documents we had from this website that no list of it shows any more."""
        names = self._asking.signatures.keys() - self._shown - self._lists
        # Others came by another way, so that no list was ever to show them.
        return sorted(name for name in names if self._asking.is_ours(name))

    # -- Lists -------------------------------------------------------------------------------------

    def _pages(self, first: ReadPage) -> Iterator[ReadPage]:
        """A list and its older parts, then each list below it. Of an ordinary look's list the
        oldest part comes first.
        """
        chain = self._chain(first)
        for page in chain if self._scope.backfill else reversed(list(chain)):
            self._queue.extend(self._below(page))
            yield page
        while self._queue and self._budget.asks_on:
            if child := self._child(self._queue.popleft()):
                self._queue.extend(self._below(child))
                yield child

    def _chain(self, first: ReadPage) -> Iterator[ReadPage]:
        """A list and its older parts, as far as this look goes."""
        page: ReadPage | None = first
        # The list was read before: what is new since then must not be left out.
        was_met = self._asking.was_met(first.name)
        met: set[str] = set()
        count = without_news = 0
        while page is not None:
            yield page
            count += 1
            names = {lead.name for lead in page.leads}
            without_news = 0 if names - met else without_news + 1
            met |= names
            if self._scope.backfill:
                is_old = self._scope.leaves_out(max(page.days, default=None))
                goes_on = not is_old and without_news < _PAGES_WITHOUT_NEWS
            else:
                has_gap = was_met and bool(names) and not any(map(self._asking.was_met, names))
                most = self._scope.listing_pages
                goes_on = count < most + (_PAGES_TO_CATCH_UP if has_gap else 0)
            page = self._next(page, goes_on=goes_on)
        self._is_paged = False

    def _next(self, page: ReadPage, *, goes_on: bool) -> ReadPage | None:
        name = address(page.parsed.next_page or "")
        if name is None or name in self._lists or not is_near(name, self._hosts):
            return None
        if not (goes_on and self._budget.asks(name)):
            self._is_whole = False
            return None
        self._parts.add(name)
        return self._asked_list(Lead(name=name))

    def _below(self, page: ReadPage) -> Iterator[Lead]:
        depth = self._depths.get(page.name, 0) + 1
        for child in located(page.parsed, is_sitemap=True):
            if depth > _DEEPEST:
                self._budget.meet(f"lists of lists {_DEEPEST} deep")
                self._is_whole = False
                return
            self._depths.setdefault(child.name, depth)
            if self._scope.leaves_out(child.day) or not is_near(child.name, self._hosts):
                self._is_whole = False
            elif child.name not in self._lists:
                yield child

    def _child(self, lead: Lead) -> ReadPage | None:
        if lead.name in self._lists:
            return None
        before = self._asking.signature(lead.name)
        if before is None or not lead.told or lead.told != before.told:
            return self._asked_list(lead)
        # Nothing changed since everything it leads to was seen.
        if self._scope.complete and (had := self._asking.kept(lead)):
            return self._understood(had)
        self._is_whole = False
        self._lists.add(lead.name)
        return None

    def _asked_list(self, lead: Lead) -> ReadPage | None:
        had = self._asking.listing(lead, lead.name)
        if isinstance(had, Had):
            return self._understood(had)
        if isinstance(had, Stopped):
            self._budget.is_stopped = True
            return None
        self._lose_list(lead.name, had)
        return None

    def _understood(self, had: Had) -> ReadPage | None:
        parsed = self._understand(had.document)
        if isinstance(parsed, Parsed) and parsed.is_list:
            return self._page(had, parsed)
        problem = str(parsed) if isinstance(parsed, Refused) else _NO_LIST
        self._lose_list(had.document.name, FetchFailed(problem=problem))
        return None

    def _lose_list(self, name: str, lost: Lost) -> None:
        self._is_whole = False
        self._budget.list_failed(name, lost)

    def _page(self, had: Had, parsed: Parsed) -> ReadPage:
        self._lists.update(
            address(url) or url for url in (had.document.name, had.document.url) if url
        )
        self._is_whole = self._is_whole and not (parsed.is_cut or parsed.may_hold_more)
        if parsed.is_cut:
            self._budget.cut = had.document.name
        found = leads(parsed, self._lists) if self._scope.follow else ()
        page = ReadPage(had=had, parsed=parsed, leads=found)
        self._budget.list_read(len(had.document.body))
        self._listed.update(lead.name for lead in found)
        self._counted += len(found) + 1
        if days := page.days:
            self._newest = max(self._newest or days[0], *days)
            self._oldest = min(self._oldest or days[0], *days)
        return page

    def _closing(self, page: ReadPage, taken_off: Sequence[Lead]) -> Iterator[Seen]:
        """What is left to say of a list once all it leads to was seen."""
        # Something on it could not be had: it is read again even if nothing changes.
        signature = page.had.signature if self._is_settled else replace(page.had.signature, told="")
        signature = signature.unconditional() if page.parsed.is_cut else signature
        yield from self._vanished(page, taken_off)
        if self._budget.is_over:
            return
        if not page.had.is_new:
            yield self._same(page.name, signature)
            return
        pages, drafts = {lead.name for lead in page.leads}, page.parsed.drafts
        alone = [one for one in drafts if stands_alone(one, pages, self._lists)]
        yield Fetched(
            document=page.had.document,
            signature=str(signature),
            is_listing=not (alone if self._scope.follow else drafts),
            # What left one part of a list may be in another by now.
            is_complete=self._scope.complete and page.name not in self._parts,
            silent_entries=page.parsed.silent_entries,
        )

    def _same(self, name: str, signature: Signature) -> Same:
        written = str(signature)
        return Same(name, written if written != self._asking.signatures.get(name) else None)

    def _items(self, page: ReadPage) -> Iterator[Seen]:
        """What there is to say of each item, the last one of the page first."""
        self._is_settled = True
        is_told = any(lead.told for lead in page.leads)
        end = max(1, min(_REVISITS_AT_AN_END, self._undated_left // (2 * len(self._queue) + 2)))
        most, last = (_REVISITS_A_PAGE, 0) if is_told else (end, end)
        on_top = {lead.name for lead in (*page.leads[:most], *page.leads[len(page.leads) - last :])}
        for lead in reversed(page.leads):
            if lead.name in self._shown or lead.name in self._lists:
                continue
            seen = self._item(lead, page, is_on_top=lead.name in on_top)
            if self._budget.is_stopped:
                return
            self._shown.add(lead.name)
            if seen is not None:
                yield seen

    def _vanished(self, page: ReadPage, taken_off: Sequence[Lead]) -> Iterator[Seen]:
        """What the list no longer shows, asked for once more.

        Whoever withdraws a page takes it off the lists, so that nobody would hear of the 410.
        """
        if self._scope.complete or not self._vanished_left:
            return
        for lead in taken_off:
            is_ours = self._asking.is_ours(lead.name)
            if not is_ours or lead.name in self._shown or not is_near(lead.name, self._hosts):
                continue
            if not self._vanished_left or not self._budget.may_ask(lead.name):
                continue
            self._vanished_left -= 1
            seen = self._asked(lead, page)
            if self._budget.is_over:
                return
            self._shown.add(lead.name)
            if seen is not None:
                yield seen

    def _taken_off(self, page: ReadPage) -> tuple[Lead, ...]:
        """What the list showed as it is kept, and no list that this look came by shows now."""
        kept = self._asking.kept(Lead(name=page.name)) if page.had.is_new else None
        if kept is None or self._scope.backfill or page.parsed.is_cut:
            return ()
        # Read at the place it has now, so that the same words lead to the same addresses.
        before = self._understand(replace(kept.document, url=page.had.document.url))
        if isinstance(before, Refused):
            return ()
        return tuple(lead for lead in leads(before, self._lists) if lead.name not in self._listed)

    def _item(self, lead: Lead, page: ReadPage, *, is_on_top: bool) -> Seen | None:
        if self._asking.is_to_be_read(lead.name) and (had := self._asking.kept(lead)):
            return self._as_page(had, lead)
        before = self._asking.signature(lead.name)
        if before is not None and not self._is_worth_asking(lead, before, is_on_top=is_on_top):
            return Same(lead.name)
        if before is None and self._scope.leaves_out(lead.day):
            self._is_whole = False
            return None
        if not is_near(lead.name, self._hosts):
            foreign = FetchFailed(problem="its host is not one of this source", is_lasting=True)
            return self._without(lead, page, foreign)
        return self._asked_in_time(lead, page)

    def _asked_in_time(self, lead: Lead, page: ReadPage) -> Seen | None:
        awaited = self._asking.awaited(lead.name)
        if awaited and awaited.due_at > self._now and awaited.told == lead.told:
            self._is_settled = False
            return Same(lead.name)
        if self._budget.may_ask(lead.name):
            return self._asked(lead, page)
        # What the list tells is told all the same, whatever its site is asked for.
        is_told = lead.draft is not None and not self._budget.is_stopped
        why = self._budget.met or "as many pages as it asks for"
        refused = FetchFailed(problem=self._budget.problem or f"the look met {why}")
        return self._without(lead, page, refused) if is_told else None

    def _is_worth_asking(self, lead: Lead, before: Signature, *, is_on_top: bool) -> bool:
        if lead.told and (lead.draft is None or lead.modified is not None):
            return lead.told != before.told
        if not is_on_top or self._scope.backfill or self._undated_left <= 0:
            return False
        self._undated_left -= not lead.told
        return True

    def _asked(self, lead: Lead, page: ReadPage) -> Seen | None:
        answer = self._asking.page(lead)
        self._budget.page_answered(lead.name, answer)
        match answer:
            case Had(document=document):
                if is_sent_back(lead, document.url, self._lists):
                    return self._without(lead, page, Missing(url=lead.name))
                return self._as_page(answer, lead)
            case Kept():
                return self._same(lead.name, answer.signature)
            case TakenAway():
                return Gone(lead.name)
            case Stopped():
                self._budget.is_stopped = True
                return None
            case Missing() | Denied() | FetchFailed():
                return self._without(lead, page, answer)
            case _:
                assert_never(answer)

    def _without(self, lead: Lead, page: ReadPage, lost: Lost) -> Seen:
        """What there is to say of a page that cannot be had now: what its list says of it."""
        self._is_settled = False
        if self._asking.signature(lead.name) is not None:
            return Same(lead.name)
        if lead.draft is not None and lead.draft.title:
            before, after = self._asking.awaited(lead.name), self._awaited(lead)
            outsized = lost.outsized if isinstance(lost, FetchFailed) else None
            if before is not None and before.told == lead.told and outsized is None:
                return Same(lead.name, after)
            return LeadOnly(
                name=lead.name,
                lead=lead.draft,
                listing=page.had.document,
                signature=after,
                outsized=outsized,
            )
        refused = Refused(reason=Reason.UNREADABLE, evidence=problem_of(lost))
        return Refusal(name=lead.name, refused=refused)

    def _as_page(self, had: Had, lead: Lead) -> Fetched:
        return Fetched(
            document=had.document,
            signature=str(had.signature),
            is_page=True,
            awaited=self._awaited(lead),
        )

    def _awaited(self, lead: Lead) -> str:
        """What is remembered of a page that was asked for in vain."""
        return str(Awaited.after(self._asking.awaited(lead.name), lead.told, self._now))
