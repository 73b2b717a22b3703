"""What the relay and the agents say about themselves at /metrics; never with a tenant in a label."""

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram


class RelayMetrics:
    """Where the relay stands, and what it went through."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        self.position = Gauge(
            "trimtab_relay_position", "Position up to which the streams are complete.", registry=registry
        )
        self.lag = Gauge(
            "trimtab_relay_lag_events", "Events of the log the relay has not read.", registry=registry
        )
        self.entries = Counter("trimtab_relay_entries", "Entries published.", registry=registry)
        self.trimmed = Counter("trimtab_relay_trimmed", "Entries trimmed.", registry=registry)
        self.rewinds = Counter(
            "trimtab_relay_rewinds", "Times a stream was found to have lost entries.", registry=registry
        )
        self.publishes = Gauge(
            "trimtab_relay_publishes", "1 while publishing works, 0 while it is retried.", registry=registry
        )


class AgentMetrics:
    """What waits for an agent, and what became of what it read."""

    def __init__(self, agent: str, registry: CollectorRegistry = REGISTRY) -> None:
        labels = ("agent",)
        pending = Gauge(
            "trimtab_agent_pending", "Entries delivered and not acknowledged.", labels, registry=registry
        )
        lag = Gauge("trimtab_agent_lag", "Entries not delivered yet.", labels, registry=registry)
        handled = Counter("trimtab_agent_handled", "Entries handled.", labels, registry=registry)
        dead = Counter("trimtab_agent_dead", "Entries given up on.", labels, registry=registry)
        seconds = Histogram(
            "trimtab_agent_seconds", "Seconds to handle one portfolio.", labels, registry=registry
        )
        self.pending, self.lag = pending.labels(agent), lag.labels(agent)
        self._handled, self._dead = handled.labels(agent), dead.labels(agent)
        self._seconds = seconds.labels(agent)

    def handled(self, messages: int, seconds: float) -> None:
        """Messages of one portfolio were handled."""
        self._handled.inc(messages)
        self._seconds.observe(seconds)

    def buried(self, messages: int) -> None:
        """Messages were given up on."""
        self._dead.inc(messages)
