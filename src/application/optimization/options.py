"""What each method may be told; every option has a default and is echoed in the answer."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, TypeAlias

import msgspec
from msgspec import UNSET, Meta, UnsetType

Method = Literal[
    "MVO",
    "MinVol",
    "MaxQuadraticUtility",
    "EquiWeighted",
    "HRP",
    "MinCVaR",
    "MinCDaR",
    "HERC",
    "NCO",
    "HERC2",
    "CriticalLineAlgorithm",
    "BenchmarkTracker",
    "MaximumDiversification",
    "RiskBudgeting",
    "DistributionallyRobustCVaR",
    "StackingOptimization",
    "InverseVolatility",
    "SparseMarkowitzL1",
    "HMMRegimeMVO",
    "BlackLitterman",
]
Inner = Literal[
    "MVO",
    "MinVol",
    "MaxQuadraticUtility",
    "EquiWeighted",
    "HRP",
    "MinCVaR",
    "MinCDaR",
    "HERC",
    "HERC2",
    "MaximumDiversification",
    "RiskBudgeting",
    "DistributionallyRobustCVaR",
    "InverseVolatility",
]
"""Methods that NCO and StackingOptimization combine."""
Linkage = Literal["single", "complete", "average", "ward"]
RiskMeasure = Literal["variance", "cvar"]
Target = Literal["max_sharpe", "min_vol", "both"]
Asset = Annotated[str, Meta(min_length=1, max_length=64)]
Share = Annotated[float, Meta(gt=0, lt=1)]
Positive = Annotated[float, Meta(gt=0, le=1e6)]
Number = Annotated[float, Meta(ge=-1e6, le=1e6)]

_RATE = (
    "Annual risk-free rate as a fraction; for inline data only, others take it from the rates table. With inline "
    "moments it is per period, as they are."
)
RiskFreeRate: TypeAlias = Annotated[Annotated[float, Meta(gt=-1, lt=10)] | UnsetType, Meta(description=_RATE)]
LinkageOption: TypeAlias = Annotated[
    Linkage, Meta(description="How distances between clusters are measured.")
]
ClustersOption: TypeAlias = Annotated[
    Annotated[int, Meta(ge=1, le=1_000)] | None,
    Meta(description="Number of clusters; null chooses it from the data."),
]
MeasureOption: TypeAlias = Annotated[RiskMeasure, Meta(description="What counts as risk.")]
BetaOption: TypeAlias = Annotated[
    Annotated[float, Meta(ge=0.5, lt=1)], Meta(description="Confidence level of the tail, such as 0.95.")
]


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The options of one method."""

    def given(self) -> dict[str, Any]:
        """Return all options by name, but those that were left out and have no default."""
        return {name: value for name, value in msgspec.structs.asdict(self).items() if value is not UNSET}


class MVOOptions(Options, frozen=True, kw_only=True):
    """Maximum Sharpe ratio, or another point of the efficient frontier."""

    risk_free_rate: RiskFreeRate = UNSET
    target: Annotated[
        Target,
        Meta(
            description="`both` answers with the weights of `max_sharpe`, and those of `min_vol` beside them."
        ),
    ] = "max_sharpe"


class CriticalLineOptions(MVOOptions, frozen=True, kw_only=True):
    """The exact frontier; the weights are those of one of its points."""


class NoOptions(Options, frozen=True, kw_only=True):
    """Nothing to choose."""


class MaxQuadraticUtilityOptions(Options, frozen=True, kw_only=True):
    """Maximises μ'w − ½ · risk_aversion · w'Σw."""

    risk_aversion: Annotated[Positive, Meta(description="Price of variance.")] = 1.0


class HRPOptions(Options, frozen=True, kw_only=True):
    """Hierarchical risk parity."""

    linkage: LinkageOption = "single"
    distance: Annotated[
        Literal["square", "condensed"],
        Meta(
            description=(
                "What is clustered: `square` the Euclidean distances between columns of the distance matrix (López de "
                "Prado), `condensed` the distances themselves."
            )
        ),
    ] = "square"
    leaf_order: Annotated[
        Literal["optimal", "none"],
        Meta(description="Whether neighbouring leaves are put next to each other."),
    ] = "none"


class HERCOptions(Options, frozen=True, kw_only=True):
    """Hierarchical equal risk contribution."""

    linkage: LinkageOption = "ward"
    clusters: ClustersOption = None
    risk_measure: MeasureOption = "variance"


class NCOOptions(Options, frozen=True, kw_only=True):
    """Nested clustered optimisation."""

    inner: Annotated[Inner, Meta(description="Method within clusters.")] = "MinVol"
    outer: Annotated[Inner, Meta(description="Method between clusters.")] = "MinVol"
    clusters: ClustersOption = None
    folds: Annotated[
        Annotated[int, Meta(ge=0, le=20)],
        Meta(
            description=(
                "Folds in which returns of clusters are computed out of sample for the outer method; 0 is in sample."
            )
        ),
    ] = 0


class TailOptions(Options, frozen=True, kw_only=True):
    """The tail that is made small."""

    beta: BetaOption = 0.95


class RiskBudgetingOptions(Options, frozen=True, kw_only=True):
    """Shares of risk; equal ones unless said otherwise."""

    risk_budget: Annotated[
        Annotated[dict[Asset, Annotated[float, Meta(gt=0, le=1e6)]], Meta(min_length=1, max_length=1_000)]
        | None,
        Meta(description="Share of risk by asset, summing to 1; every asset, or null for equal shares."),
    ] = None
    risk_measure: MeasureOption = "variance"


class RobustOptions(Options, frozen=True, kw_only=True):
    """CVaR in the worst case over a Wasserstein ball around the sample."""

    radius: Annotated[
        Annotated[float, Meta(ge=0, le=1)],
        Meta(
            description="Radius of the ball, in units of return; 0 trusts the sample, a large one ends at 1/n."
        ),
    ] = 0.001
    beta: BetaOption = 0.95
    risk_aversion: Annotated[Positive, Meta(description="Price of CVaR against mean return.")] = 1.0


class SparseOptions(Options, frozen=True, kw_only=True):
    """Few names by a price on each unit of weight."""

    hurdle: Annotated[
        Annotated[float, Meta(ge=0, lt=1)] | None,
        Meta(
            description=(
                "Long-only: share of the highest expected excess return that an asset has to earn to enter."
            )
        ),
    ] = None
    l1: Annotated[
        Annotated[float, Meta(ge=0, le=1e3)] | None,
        Meta(description="Price of a unit of absolute weight, per period; null chooses one from the data."),
    ] = None


class HMMOptions(Options, frozen=True, kw_only=True):
    """Mean-variance weights for the market regime that comes next."""

    states: Annotated[Annotated[int, Meta(ge=2, le=4)], Meta(description="Number of regimes.")] = 2
    max_weight: Annotated[
        Annotated[float, Meta(gt=0, le=1)],
        Meta(description="Highest weight of one asset; regime means would put everything into one."),
    ] = 0.25


class View(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An opinion on the return of a combination of assets."""

    assets: Annotated[
        Annotated[dict[Asset, Number], Meta(min_length=1, max_length=1_000)],
        Meta(description="Coefficient of each asset: {A: 1} is absolute, {A: 1, B: -1} says A beats B."),
    ]
    expected_return: Annotated[
        Number,
        Meta(
            description="What the combination returns: a year for returns and prices, a period for inline moments."
        ),
    ] = msgspec.field(name="return")
    confidence: Annotated[Share, Meta(description="How sure: Ω = τ·diag(PΣP′)(1−c)/c.")] = 0.5


class BlackLittermanOptions(Options, frozen=True, kw_only=True):
    """Equilibrium returns, blended with views."""

    market_weights: Annotated[
        Annotated[dict[Asset, Annotated[float, Meta(ge=0, le=1e15)]], Meta(min_length=1, max_length=1_000)]
        | None,
        Meta(
            description="Weights of the market portfolio, summing to 1; assets left out have none, null is 1/n."
        ),
    ] = None
    risk_aversion: Annotated[Positive, Meta(description="δ, the market's price of variance.")] = 2.5
    tau: Annotated[
        Annotated[float, Meta(gt=0, le=10)], Meta(description="τ, how uncertain equilibrium is.")
    ] = 0.05
    views: Annotated[
        Annotated[list[View], Meta(max_length=1_000)] | None,
        Meta(
            description="Views; null takes momentum views where returns are known, an empty list takes none."
        ),
    ] = None
    convention: Annotated[
        Literal["he_litterman", "idzorek"] | None,
        Meta(
            description=(
                "The unconstrained closed form (δΣ̄)⁻¹μ̄, not normalised: Σ̄ = Σ + M⁻¹ (he_litterman) or Σ (idzorek). "
                "Null is the optimum within the constraints."
            )
        ),
    ] = None


class StackingOptions(Options, frozen=True, kw_only=True):
    """A portfolio of portfolios."""

    methods: Annotated[
        Annotated[list[Inner], Meta(min_length=1, max_length=13)],
        Meta(description="Methods that are stacked."),
    ] = msgspec.field(default_factory=lambda: ["InverseVolatility", "MinVol", "HRP"])
    final: Annotated[Inner, Meta(description="Method that mixes them.")] = "MinVol"
    folds: Annotated[
        Annotated[int, Meta(ge=0, le=20)],
        Meta(description="Folds in which the methods' returns are computed out of sample; 0 is in sample."),
    ] = 5


OPTIONS: Final[Mapping[Method, type[Options]]] = {
    "MVO": MVOOptions,
    "MinVol": NoOptions,
    "MaxQuadraticUtility": MaxQuadraticUtilityOptions,
    "EquiWeighted": NoOptions,
    "HRP": HRPOptions,
    "MinCVaR": TailOptions,
    "MinCDaR": TailOptions,
    "HERC": HERCOptions,
    "NCO": NCOOptions,
    "HERC2": HERCOptions,
    "CriticalLineAlgorithm": CriticalLineOptions,
    "BenchmarkTracker": NoOptions,
    "MaximumDiversification": NoOptions,
    "RiskBudgeting": RiskBudgetingOptions,
    "DistributionallyRobustCVaR": RobustOptions,
    "StackingOptimization": StackingOptions,
    "InverseVolatility": NoOptions,
    "SparseMarkowitzL1": SparseOptions,
    "HMMRegimeMVO": HMMOptions,
    "BlackLitterman": BlackLittermanOptions,
}


"""What kind of options each method takes, in the order in which methods are listed."""


class MethodOptions(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """Options by method; a method inside NCO or StackingOptimization takes what is said of it here, too."""

    MVO: MVOOptions | UnsetType = UNSET
    MinVol: NoOptions | UnsetType = UNSET
    MaxQuadraticUtility: MaxQuadraticUtilityOptions | UnsetType = UNSET
    EquiWeighted: NoOptions | UnsetType = UNSET
    HRP: HRPOptions | UnsetType = UNSET
    MinCVaR: TailOptions | UnsetType = UNSET
    MinCDaR: TailOptions | UnsetType = UNSET
    HERC: HERCOptions | UnsetType = UNSET
    NCO: NCOOptions | UnsetType = UNSET
    HERC2: HERCOptions | UnsetType = UNSET
    CriticalLineAlgorithm: CriticalLineOptions | UnsetType = UNSET
    BenchmarkTracker: NoOptions | UnsetType = UNSET
    MaximumDiversification: NoOptions | UnsetType = UNSET
    RiskBudgeting: RiskBudgetingOptions | UnsetType = UNSET
    DistributionallyRobustCVaR: RobustOptions | UnsetType = UNSET
    StackingOptimization: StackingOptions | UnsetType = UNSET
    InverseVolatility: NoOptions | UnsetType = UNSET
    SparseMarkowitzL1: SparseOptions | UnsetType = UNSET
    HMMRegimeMVO: HMMOptions | UnsetType = UNSET
    BlackLitterman: BlackLittermanOptions | UnsetType = UNSET

    def of(self, method: Method) -> Options:
        """Return the options of one method, its defaults where none were sent."""
        sent: Options | UnsetType = getattr(self, method)
        return OPTIONS[method]() if isinstance(sent, UnsetType) else sent
