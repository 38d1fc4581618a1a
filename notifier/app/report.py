"""What a run of digests did, as its caller hears of it.

Knows what planning and delivery report. Must never know how it is shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from notifier.digest.plan import PlanReport
from notifier.mail.send import DeliveryReport
from notifier.model import Skip

__all__ = ["DigestReport"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestReport:
    """Planning, then sending what was planned now or before."""

    due: int
    planned: int
    skipped: Mapping[Skip, int]
    broken: int
    accepted: int
    deferred: int
    failed: int
    in_doubt: int
    problem: str | None

    @classmethod
    def of(cls, planned: PlanReport, sent: DeliveryReport) -> Self:
        return cls(
            due=planned.due,
            planned=planned.planned,
            skipped=planned.skipped,
            broken=planned.broken,
            accepted=sent.accepted,
            deferred=sent.deferred,
            failed=sent.failed,
            in_doubt=sent.in_doubt,
            problem=sent.problem,
        )
