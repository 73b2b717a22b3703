"""The figures a job works on, gathered once and kept as they were: the same hash, the same figures.

Knows no arrays, so that whoever only stores or names a dataset need not load what computes with it. Matrices are bytes:
float64, little-endian, row by row.
"""

import zlib
from datetime import date
from functools import cached_property
from hashlib import sha256
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

Source = Literal["stocks", "portfolio", "returns", "prices", "moments"]
Day = date
LEVEL: Final = 1
"""Returns hardly compress; what does is small, so the fastest level does."""


class AssetFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One asset: what the request and the answer call it, and what market data knows of it."""

    name: Annotated[str, Meta(description="What weights, limits and options call it.")]
    ticker: Annotated[str | None, Meta(description="Ticker; null for inline data.")] = None
    exchange: Annotated[str | None, Meta(description="MIC of the market.")] = None
    currency: Annotated[str | None, Meta(description="Currency of its prices, ISO 4217.")] = None
    title: Annotated[str | None, Meta(description="Name of the instrument.")] = None
    isin: Annotated[str | None, Meta(description="ISIN.")] = None
    sector: Annotated[str | None, Meta(description="Sector, as positions are classed.")] = None
    geography: Annotated[str | None, Meta(description="Country, ISO 3166-1 alpha-2.")] = None
    asset_class: Annotated[str | None, Meta(description="Asset class.")] = None
    instrument_id: Annotated[UUID | None, Meta(description="Instrument of the portfolio's positions.")] = None


class RiskFree(msgspec.Struct, frozen=True, kw_only=True):
    """The risk-free rate that ratios take off, and where it comes from."""

    value: Annotated[
        float, Meta(description="Per year, a fraction; per period where moments were sent. 0 if unknown.")
    ]
    currency: Annotated[str | None, Meta(description="ISO 4217 code; null for inline data.")] = None
    source: Annotated[
        str | None, Meta(description="Where it comes from: a source of the rates table, `request`, or null.")
    ] = None
    tenor: Annotated[str | None, Meta(description="Term of the rate.")] = None
    date: Annotated[Day | None, Meta(description="Day of the rate.")] = None


class UsedBenchmark(msgspec.Struct, frozen=True, kw_only=True):
    """What results are measured against."""

    ticker: Annotated[str, Meta(description="As it was asked for; `request` for returns that were sent.")]
    series: Annotated[str, Meta(description="`constituents`, `returns`, or the series its level comes from.")]
    source: Annotated[str, Meta(description="Where the data comes from.")]
    note: Annotated[str | None, Meta(description="What stands in for what.")] = None


class Dropped(msgspec.Struct, frozen=True, kw_only=True):
    """What was left out of the figures, and why."""

    name: Annotated[str, Meta(description="The asset, or `periods`.")]
    code: Annotated[str, Meta(description="The reason as a code, such as `short_history`.")]
    detail: Annotated[str, Meta(description="The reason in words.")]


class Warned(msgspec.Struct, frozen=True, kw_only=True):
    """Something about the data that whoever reads the results should know."""

    code: Annotated[str, Meta(description="A code, such as `stale`.")]
    detail: Annotated[str, Meta(description="In words.")]


class Dataset(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Everything a method sees of the world.

    days : the day each return ends on; empty where only rows are known. `since` is the day the first one begins on.
    returns : rows of periods by columns of assets, oldest first; None where moments were sent.
    expected_returns, covariance : moments per period; None where they are to be estimated.
    benchmark_returns : one for each period.
    periods_per_year : 1 where moments were sent, whose figures are left as they are.
    current_weights : weights held now, by asset; None where nothing is known of any.
    """

    source: Source
    assets: tuple[AssetFacts, ...]
    periods: int
    periods_per_year: float
    risk_free: RiskFree
    currency: str | None = None
    frequency: str | None = None
    portfolio_id: UUID | None = None
    days: tuple[date, ...] = ()
    since: date | None = None
    returns: bytes | None = None
    expected_returns: bytes | None = None
    covariance: bytes | None = None
    benchmark: UsedBenchmark | None = None
    benchmark_returns: bytes | None = None
    current_weights: tuple[float, ...] | None = None
    dropped: tuple[Dropped, ...] = ()
    warnings: tuple[Warned, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """What the assets are called, in the order of the columns."""
        return tuple(one.name for one in self.assets)

    @cached_property
    def _plain(self) -> bytes:
        return msgspec.msgpack.encode(self)

    @cached_property
    def hash(self) -> str:
        """SHA-256 of everything in it, in hexadecimal digits."""
        return sha256(self._plain).hexdigest()

    def encoded(self) -> bytes:
        """Return it as bytes that `decoded` understands."""
        return zlib.compress(self._plain, LEVEL)

    @classmethod
    def decoded(cls, content: bytes) -> "Dataset":
        """Return the dataset that was encoded."""
        return msgspec.msgpack.decode(zlib.decompress(content), type=cls)
