"""The resources of the API: one module of controllers per subject, beside it its bodies and how they are told."""

from typing import Final

from litestar import Controller

from api.resources.account import PasswordController, SessionController
from api.resources.allocations import AllocationController
from api.resources.api_keys import ApiKeyController
from api.resources.attribution import AttributionController
from api.resources.audit import AuditController
from api.resources.auth import AuthController
from api.resources.billing import BillingController
from api.resources.calculators import CalculatorController
from api.resources.cash import CashController
from api.resources.erasure import ErasureController
from api.resources.events import EventController
from api.resources.explain import ExplainController
from api.resources.export import ExportController
from api.resources.factors import FactorController
from api.resources.imports import ImportController
from api.resources.invitations import AcceptanceController, InvitationController
from api.resources.key_set import KeySetController
from api.resources.market import MarketController
from api.resources.market_benchmarks import BenchmarkController
from api.resources.market_imports import MarketImportController
from api.resources.optimization_actions import OptimizationActionController
from api.resources.optimizations import OptimizationController
from api.resources.performance import PerformanceController
from api.resources.portfolios import PortfolioController
from api.resources.positions import PositionController, PositionsOfPortfolioController
from api.resources.projections import ProjectionController
from api.resources.quick_calculators import QuickCalculatorController
from api.resources.rebalance import RebalanceController
from api.resources.recommendations import RecommendationController, RecommendationsOfPortfolioController
from api.resources.registration import RegistrationController
from api.resources.report import ReportController
from api.resources.risk import PortfolioRiskController, RiskController
from api.resources.schemas import SchemaController
from api.resources.tenants import MemberController, TenantController
from api.resources.usage import UsageController
from api.resources.webhooks import WebhookController

CONTROLLERS: Final[tuple[type[Controller], ...]] = (
    RegistrationController,
    AuthController,
    ErasureController,
    SessionController,
    PasswordController,
    KeySetController,
    PortfolioController,
    PositionsOfPortfolioController,
    PositionController,
    CashController,
    ImportController,
    AllocationController,
    RebalanceController,
    RecommendationsOfPortfolioController,
    RecommendationController,
    EventController,
    PerformanceController,
    ExplainController,
    AttributionController,
    FactorController,
    PortfolioRiskController,
    RiskController,
    CalculatorController,
    QuickCalculatorController,
    BillingController,
    MarketController,
    MarketImportController,
    BenchmarkController,
    ReportController,
    OptimizationController,
    OptimizationActionController,
    ApiKeyController,
    TenantController,
    MemberController,
    InvitationController,
    AcceptanceController,
    WebhookController,
    AuditController,
    ExportController,
    ProjectionController,
    SchemaController,
    UsageController,
)
"""Every resource, for the composition root."""
