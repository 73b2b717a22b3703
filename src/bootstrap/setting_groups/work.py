"""What imports, calculations and optimisations may cost, and how old prices may be."""

from dataclasses import dataclass
from datetime import timedelta

from bootstrap.setting import setting
from bootstrap.setting_kinds import BYTES, DURATION, SECONDS, TEXT, whole


@dataclass(frozen=True, kw_only=True)
class WorkSettings:
    """Imports, calculations, optimisations and prices."""

    import_max_bytes: int = setting(
        "TRIMTAB_IMPORT_MAX_BYTES", BYTES, "20MB", "The largest file that can be imported."
    )
    import_max_rows: int = setting(
        "TRIMTAB_IMPORT_MAX_ROWS", whole(1, 10_000_000), "200000", "The most rows of an imported file."
    )
    import_max_columns: int = setting(
        "TRIMTAB_IMPORT_MAX_COLUMNS", whole(1, 16_384), "200", "The most columns of an imported file."
    )
    import_max_seconds: float = setting(
        "TRIMTAB_IMPORT_MAX_SECONDS", SECONDS, "30", "How long reading an imported file may take."
    )
    import_max_memory: int = setting(
        "TRIMTAB_IMPORT_MAX_MEMORY", BYTES, "1GB", "The memory of the process that reads an imported file."
    )
    market_import_max_bytes: int = setting(
        "TRIMTAB_MARKET_IMPORT_MAX_BYTES",
        BYTES,
        "200MB",
        "The largest file of market data that can be imported.",
    )
    market_import_max_unpacked: int = setting(
        "TRIMTAB_MARKET_IMPORT_MAX_UNPACKED",
        BYTES,
        "1GB",
        "What a packed file or a Parquet file of market data may hold once it is unpacked.",
    )
    market_import_max_rows: int = setting(
        "TRIMTAB_MARKET_IMPORT_MAX_ROWS",
        whole(1, 100_000_000),
        "5000000",
        "The most rows of an imported file of market data.",
    )
    tiingo_token: str | None = setting(
        "TRIMTAB_TIINGO_TOKEN",
        TEXT,
        None,
        "The token for `trimtab market fetch`, which asks Tiingo for prices.",
        secret=True,
    )
    calculator_processes: int = setting(
        "TRIMTAB_CALCULATOR_PROCESSES",
        whole(1, 64),
        "2",
        "How many calculations an API process lets run at the same time, each in a process of its own.",
    )
    calculator_max_seconds: float = setting(
        "TRIMTAB_CALCULATOR_MAX_SECONDS", SECONDS, "30", "How long a calculation may take."
    )
    calculator_max_memory: int = setting(
        "TRIMTAB_CALCULATOR_MAX_MEMORY",
        BYTES,
        "2GB",
        "The address space of a process that calculates; its libraries take some 400MB of it.",
    )
    calculator_max_waiting: int = setting(
        "TRIMTAB_CALCULATOR_MAX_WAITING",
        whole(1, 10_000),
        "64",
        "How many calculations may wait for a free process; further ones are told to come back.",
    )
    calculator_max_bytes: int = setting(
        "TRIMTAB_CALCULATOR_MAX_BYTES",
        BYTES,
        "16MB",
        "The largest request body of a calculator: ten years of daily returns of 250 assets take some 15MB.",
    )
    optimization_processes: int = setting(
        "TRIMTAB_OPTIMIZATION_PROCESSES",
        whole(1, 64),
        "1",
        "How many methods an optimisation agent computes at the same time, each in a process of its own.",
    )
    optimization_max_seconds: float = setting(
        "TRIMTAB_OPTIMIZATION_MAX_SECONDS",
        SECONDS,
        "60",
        "How long one method of an optimisation may take; one that takes longer fails, the others go on.",
    )
    optimization_max_memory: int = setting(
        "TRIMTAB_OPTIMIZATION_MAX_MEMORY",
        BYTES,
        "2GB",
        "The address space of a process that computes a method; its libraries take some 400MB of it.",
    )
    optimization_data_retention: timedelta = setting(
        "TRIMTAB_OPTIMIZATION_DATA_RETENTION",
        DURATION,
        "90d",
        "How long the figures that an optimisation was computed on are kept after the last request for them.",
    )
    recommendation_ttl: timedelta = setting(
        "TRIMTAB_RECOMMENDATION_TTL", DURATION, "7d", "How long a recommendation can be accepted."
    )
    stale_price_days: int = setting(
        "TRIMTAB_STALE_PRICE_DAYS", whole(1, 3660), "7", "Days after which a price is flagged as old."
    )
    hold_back_days: int = setting(
        "TRIMTAB_HOLD_BACK_DAYS",
        whole(1, 36_600),
        "30",
        "Days after which a price is too old to recommend trades at, unless a recommendation is forced.",
    )
