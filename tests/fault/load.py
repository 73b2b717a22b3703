"""A random, seeded load: several clients over the same portfolios, each keeping to accounts and buckets of its own.

What clients share adds up in any order (cash); what does not is one client's alone. So the outcome is known
although nobody knows the order.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

import httpx
from tests.fault.oracle import (
    Archived,
    CashMoved,
    Decided,
    Effect,
    Expected,
    FileImported,
    Lot,
    Oracle,
    PositionClosed,
    PositionRecorded,
    PositionRevised,
    RebalanceAsked,
    Restored,
    Revised,
    TargetRemoved,
    TargetSet,
    Weights,
)
from tests.fault.requests import Answer, Request, ask

TICKERS = ("AAPL", "MSFT", "JNJ", "XOM", "JPM", "PG", "KO", "PFE")
LARGE = 600
HIGHEST_WEIGHT = 6
"""Hundredths a bucket may weigh at most, so that no order of commands brings a type over 1."""
HEADER = "account,ticker,quantity,avg_cost_price,current_price,asset_class,sector"


class Client:
    """One client of one tenant, doing one thing after the other until told to stop."""

    def __init__(
        self, number: int, tenant: str, http: httpx.AsyncClient, oracle: Oracle, random: Random
    ) -> None:
        self.number, self.tenant = number, tenant
        self._http, self._oracle, self._random = http, oracle, random
        self._account = f"account-{number}"
        self._position_ids: dict[tuple[UUID, str], str] = {}
        self._allocation_ids: dict[tuple[UUID, str], str] = {}
        self._sent = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Send commands until `stop` is set; the one in hand is brought to its end."""
        while not stop.is_set():
            await self._one(self._random.choice(self._oracle.of_tenant(self.tenant)))

    async def register(self) -> None:
        """Register a portfolio, sometimes with its first cash."""
        name, cash = self._name(), self._random.choice([Decimal(0), self._amount(50_000)])
        body = {"name": name, "portfolio_type": "long_only", "initial_cash": str(cash)}
        answer = await self._ask("POST", "/v1/portfolios", json=body)
        if self._acknowledged(answer, "register"):
            portfolio_id = UUID(answer.body["portfolio_id"])
            if portfolio_id in self._oracle.portfolios:
                self._oracle.surprises.append(f"two registrations were answered with {portfolio_id}")
            self._oracle.registered(portfolio_id, tenant=self.tenant, name=name, cash=cash)

    async def _one(self, known: Expected) -> None:
        deeds: Mapping[Callable[[Expected], Any], int] = {
            self._move_cash: 25,
            self._import_file: 20,
            self._import_large_file: 1,
            self._record_position: 15,
            self._revise_position: 10,
            self._close_position: 5,
            self._set_target: 15,
            self._remove_target: 3,
            self._revise: 5,
            self._archive_and_restore: 2,
            self._ask_for_rebalance: 6,
            self._decide: 6,
            self._register_another: 1,
            self._import_prices: 3,
        }
        (deed,) = self._random.choices(list(deeds), list(deeds.values()))
        await deed(known)

    async def _register_another(self, _: Expected) -> None:
        await self.register()

    async def _import_prices(self, _: Expected) -> None:
        """Prices older than those of any file: they move no total, but have everybody look again."""
        day = f"2020-{self._random.randint(1, 12):02d}-{self._random.randint(1, 28):02d}"
        tickers = self._random.sample(TICKERS, 3)
        rows = [f"{day},{ticker},USD,{self._amount(400) + 1}" for ticker in tickers]
        file = "\n".join(["date,ticker,currency,close", *rows]).encode()
        answer = await self._ask("POST", "/v1/market/prices/import", file=file)
        self._acknowledged(answer, "import prices")

    async def _move_cash(self, known: Expected) -> None:
        amount = self._amount(10_000)
        if self._random.random() < 0.4:
            amount = -amount
        body = {"amount": str(amount), "note": self._name()}
        await self._command(known, CashMoved(amount), "POST", "cash", json=body)

    async def _import_file(self, known: Expected) -> None:
        tickers = self._random.sample(TICKERS, self._random.randint(1, len(TICKERS)))
        snapshot = self._random.random() < 0.4
        await self._send_file(
            known, FileImported(self._account, self._lots(tickers), self._amount(5_000), snapshot)
        )

    async def _import_large_file(self, known: Expected) -> None:
        """One whose changes fill more than one event."""
        lots = self._lots([f"T{number}" for number in range(LARGE)])
        account = f"{self._account}-large"
        await self._send_file(known, FileImported(account, lots, self._amount(5_000), snapshot=True))

    def _lots(self, tickers: Sequence[str]) -> dict[str, Lot]:
        return {ticker: Lot(self._amount(500), self._amount(400), self._amount(400)) for ticker in tickers}

    async def _send_file(self, known: Expected, effect: FileImported) -> None:
        mode = "snapshot" if effect.snapshot else "upsert"
        await self._command(
            known, effect, "POST", "positions/import", file=self._file(effect), query={"mode": mode}
        )

    async def _record_position(self, known: Expected) -> None:
        effect = PositionRecorded(
            self._account, self._random.choice(TICKERS), self._amount(50), self._amount(400)
        )
        body = {
            "symbol": effect.ticker,
            "quantity": str(effect.quantity),
            "price": str(effect.price),
            "account": self._account,
        }
        answer = await self._command(known, effect, "POST", "positions", json=body)
        if answer.done:
            self._position_ids[known.portfolio_id, effect.ticker] = answer.body["id"]

    async def _revise_position(self, known: Expected) -> None:
        if ticker := self._held_with_id(known):
            effect = PositionRevised(self._account, ticker, self._amount(500))
            body = {"quantity": str(effect.quantity)}
            await self._command(known, effect, "PATCH", self._position(known, ticker), json=body)

    async def _close_position(self, known: Expected) -> None:
        if ticker := self._held_with_id(known):
            effect = PositionClosed(self._account, ticker)
            await self._command(known, effect, "DELETE", self._position(known, ticker))

    async def _set_target(self, known: Expected) -> None:
        target = Decimal(self._random.randint(1, HIGHEST_WEIGHT)) / 100
        weights = Weights(target, Decimal(0), target + Decimal(self._random.choice([0, 2])) / 100)
        effect = TargetSet(self._random.choice(self._buckets()), weights)
        body = {
            "allocation_type": "sector",
            "bucket": effect.bucket,
            "target_weight": str(weights.target),
            "min_weight": str(weights.least),
            "max_weight": str(weights.most),
        }
        answer = await self._command(known, effect, "POST", "allocations", json=body)
        if answer.done:
            self._allocation_ids[known.portfolio_id, effect.bucket] = answer.body["id"]

    async def _remove_target(self, known: Expected) -> None:
        mine = [bucket for bucket in self._buckets() if bucket in known.targets]
        if mine:
            effect = TargetRemoved(self._random.choice(mine))
            allocation = self._allocation_ids[known.portfolio_id, effect.bucket]
            await self._command(known, effect, "DELETE", f"allocations/{allocation}")

    async def _revise(self, known: Expected) -> None:
        field = ("name", "description", "benchmark_ticker")[self.number % 3]
        value = "SPY" if field == "benchmark_ticker" else self._name()
        effect = Revised({} if field == "benchmark_ticker" else {field: value})
        await self._command(known, effect, "PATCH", "", json={field: value})

    async def _archive_and_restore(self, known: Expected) -> None:
        """Only one client of a tenant archives, so that it knows what it left behind."""
        if self.number == 0:
            known.was_archived = True  # from the moment of sending others may be refused
            await self._command(known, Archived(), "DELETE", "")
            await self._command(known, Restored(), "PATCH", "", json={"is_active": True})

    async def _ask_for_rebalance(self, known: Expected) -> None:
        effect = RebalanceAsked(force=self._random.random() < 0.5)
        await self._command(known, effect, "POST", "rebalance", json={"force": effect.force})

    async def _decide(self, known: Expected) -> None:
        found = await self._ask(
            "GET", f"/v1/portfolios/{known.portfolio_id}/recommendations", query={"status": "open"}
        )
        if not self._acknowledged(found, "read recommendations") or not found.body["recommendations"]:
            return
        recommendation_id = found.body["recommendations"][0]["id"]
        accept = self._random.random() < 0.5
        effect = Decided(recommendation_id, "accepted" if accept else "declined")
        path = f"/v1/recommendations/{recommendation_id}/{'accept' if accept else 'decline'}"
        answer = await self._ask("POST", path, json={"reason": self._name()} if not accept else {})
        if self._acknowledged(answer, "decide", {409}):
            known.apply(effect)

    async def _command(self, known: Expected, effect: Effect, method: str, path: str, **more: Any) -> Answer:
        address = path if path.startswith("/") else f"/v1/portfolios/{known.portfolio_id}/{path}".rstrip("/")
        answer = await self._ask(method, address, **more)
        refusals = {409} if known.was_archived else set()
        if isinstance(effect, CashMoved) and effect.amount < 0 and "insufficient_cash" in answer.codes:
            refusals.add(422)
        if self._acknowledged(answer, type(effect).__name__, refusals):
            known.apply(effect)
        return answer

    def _acknowledged(self, answer: Answer, what: str, refusals: set[int] | None = None) -> bool:
        self._oracle.retried += answer.tries - 1
        self._oracle.surprises += [
            f"{answer.request.method} {answer.request.path}: {one}" for one in answer.crashes
        ]
        if answer.done:
            self._oracle.acknowledged[what] += 1
            return True
        self._oracle.refused[what] += 1
        if answer.status not in (refusals or set()):
            request = answer.request
            self._oracle.surprises.append(
                f"{request.method} {request.path} {request.json or ''} was answered {answer.status}"
                f" (try {answer.tries}, in doubt: {answer.in_doubt}): {answer.body}"
            )
        return False

    async def _ask(self, method: str, path: str, **more: Any) -> Answer:
        self._sent += 1
        key = f"{self.tenant}-{self.number}-{self._sent}" if method == "POST" else None
        return await ask(self._http, Request(method=method, path=path, key=key, **more))

    def _held_with_id(self, known: Expected) -> str | None:
        held = [
            ticker
            for ticker in known.held_by(self._account)
            if (known.portfolio_id, ticker) in self._position_ids
        ]
        return self._random.choice(held) if held else None

    def _position(self, known: Expected, ticker: str) -> str:
        return f"/v1/positions/{self._position_ids[known.portfolio_id, ticker]}"

    def _file(self, effect: FileImported) -> bytes:
        rows = [
            f"{effect.account},{ticker},{lot.quantity},{lot.cost},{lot.price},equity,{self._sector(ticker)}"
            for ticker, lot in effect.lots.items()
        ]
        cash = f"{effect.account},CASH,{effect.cash},1,1,cash,"
        return "\n".join([HEADER, *rows, cash]).encode()

    def _sector(self, ticker: str) -> str:
        buckets = self._buckets()
        return buckets[TICKERS.index(ticker) % len(buckets)] if ticker in TICKERS else "others"

    def _buckets(self) -> tuple[str, ...]:
        return tuple(f"sector_{self.number}_{place}" for place in range(3))

    def _amount(self, most: int) -> Decimal:
        return Decimal(self._random.randint(1, most * 100)) / 100

    def _name(self) -> str:
        return f"{self.tenant} {self.number} {self._random.randrange(10**9)}"


def summary(oracle: Oracle) -> str:
    """Return in one line how much was sent."""
    return (
        f"{oracle.acknowledged.total()} acknowledged {dict(Counter(oracle.acknowledged).most_common())}, "
        + (f"{oracle.refused.total()} refused {dict(oracle.refused)}, {oracle.retried} retries")
    )
