"""Everything an installation needs, asked once, all at the same time.

Knows how long anybody may take. Must never know what is asked.
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from queue import Empty, Queue
from time import monotonic

from notifier.mail.sender_records import Finding, TrialVerdict

Look = Callable[[], Iterable[Finding]]

#: Longer than whoever works takes; a website has the time that a document may take in `fetch`.
WAIT_SECONDS = 20.0


def found(looks: Mapping[str, Look], seconds: float = WAIT_SECONDS) -> list[Finding]:
    """What each look came to, in their order; one that takes longer is told, and left behind."""
    answers: Queue[tuple[str, list[Finding]]] = Queue()

    def answer(subject: str, look: Look) -> None:
        try:
            told = [*look()]
        # Whatever breaks is what was to be found out.
        except Exception as error:  # noqa: BLE001
            said = str(error) or type(error).__name__
            told = [Finding(subject=subject, verdict=TrialVerdict.WRONG, said=said)]
        answers.put((subject, told))

    for subject, look in looks.items():
        # Nobody waits for one that hangs, at the end of the command neither.
        threading.Thread(target=answer, args=(subject, look), daemon=True).start()
    by_subject: dict[str, list[Finding]] = {}
    ends = monotonic() + seconds
    while len(by_subject) < len(looks):
        try:
            subject, told = answers.get(timeout=max(0.0, ends - monotonic()))
        except Empty:
            break
        by_subject[subject] = told
    late = f"no answer within {seconds:g} seconds"
    return [
        each
        for subject in looks
        for each in by_subject.get(
            subject, [Finding(subject=subject, verdict=TrialVerdict.WRONG, said=late)]
        )
    ]
