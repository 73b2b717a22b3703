"""The calls this process has answered, and who has not heard of them yet."""

from collections.abc import Iterable
from dataclasses import dataclass

from application.limits.month import Month

Account = tuple[str, Month]


@dataclass(slots=True)
class News:
    """What Redis is to be told of a month: calls, fewer where they were folded, and what PostgreSQL then had."""

    calls: int = 0
    folded: int | None = None
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Batch:
    """Calls on their way to PostgreSQL; sent again under the same number until the answer is there."""

    number: int
    calls: dict[Account, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """The calls of a tenant in a month as PostgreSQL has them."""

    account: Account
    used: int
    revision: int


class Book:
    """Two columns of calls by tenant and month: what Redis does not know of, and what PostgreSQL does not.

    A call that a quota counted is in Redis already; one given back is taken out of both.
    """

    def __init__(self) -> None:
        self._news: dict[Account, News] = {}
        self._unfolded: dict[Account, int] = {}
        self._batch: Batch | None = None
        self._number = 0

    def count(self, tenant: str, month: Month) -> None:
        """A call was answered that Redis does not know of."""
        self._add((tenant, month), told=0, made=1)

    def reserved(self, tenant: str, month: Month) -> None:
        """A call was counted in Redis and will be answered."""
        self._add((tenant, month), told=1, made=1)

    def give_back(self, tenant: str, month: Month) -> None:
        """A call that was counted ended in a fault of ours."""
        self._add((tenant, month), told=0, made=-1)

    def never_made(self, tenant: str, month: Month) -> None:
        """A call was counted in Redis, but whoever asked is gone."""
        self._add((tenant, month), told=1, made=0)

    def news(self) -> dict[Account, News]:
        """Take out what Redis is to be told."""
        taken, self._news = self._news, {}
        return taken

    def untold(self, news: dict[Account, News]) -> None:
        """Put back what could not be told."""
        for account, missed in news.items():
            later = self._news.get(account)
            if later is not None:
                missed.calls += later.calls
                if later.folded is not None:
                    missed.folded, missed.revision = later.folded, later.revision
            self._news[account] = missed

    def batch(self) -> Batch | None:
        """Take out what PostgreSQL is to add, or, where the last batch was not acknowledged, that one again."""
        if self._batch is None and self._unfolded:
            calls = {account: calls for account, calls in self._unfolded.items() if calls}
            self._unfolded = {}
            if calls:
                self._number += 1
                self._batch = Batch(self._number, calls)
        return self._batch

    def folded(self, batch: Batch, totals: Iterable[Total]) -> None:
        """PostgreSQL has added a batch; Redis is to hear of it."""
        self._batch = None
        for account, calls in batch.calls.items():
            self._of(account).calls -= calls
        for total in totals:
            news = self._of(total.account)
            news.folded, news.revision = total.used, total.revision

    def open_calls(self, account: Account) -> int:
        """Return the calls that Redis has been told of and PostgreSQL has not."""
        made = self._unfolded.get(account, 0)
        if self._batch is not None:
            made += self._batch.calls.get(account, 0)
        news = self._news.get(account)
        return made - (news.calls if news is not None else 0)

    def _add(self, account: Account, *, told: int, made: int) -> None:
        if made:
            self._unfolded[account] = self._unfolded.get(account, 0) + made
        if made != told:
            self._of(account).calls += made - told

    def _of(self, account: Account) -> News:
        news = self._news.get(account)
        if news is None:
            news = self._news[account] = News()
        return news
