"""One keep-alive connection to the API, for whatever is measured request by request."""

import asyncio
import http.client
import json
from typing import Any
from uuid import UUID

from tests.bench.requests import REGISTRATION, targets, upload

TIMEOUT_SECONDS = 60


class Client:
    """Sends requests of one tenant; every answer must be the expected one."""

    def __init__(self, port: int, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
        self._headers = {"Authorization": f"Bearer {token}"}
        self.position = 0
        """Where the events of the last write stand."""

    def send(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str], *expected: int
    ) -> Any:
        """Return what was answered as JSON."""
        self._connection.request(method, path, body, {**self._headers, **headers})
        answer = self._connection.getresponse()
        content = answer.read()
        self.position = int(answer.headers.get("Trimtab-Position", self.position))
        assert answer.status in expected, f"{method} {path}: {answer.status} {content[:500]!r}"
        return json.loads(content)

    def register(self, *, prefer: str | None = None) -> UUID:
        """Register a portfolio and return its id."""
        headers = {"Content-Type": "application/json", **({"Prefer": prefer} if prefer else {})}
        body = json.dumps(REGISTRATION).encode()
        return UUID(self.send("POST", "/v1/portfolios", body, headers, 201)["portfolio_id"])

    def set_targets(self, portfolio: UUID, weights: list[tuple[str, float]]) -> None:
        """Set sector targets."""
        headers = {"Content-Type": "application/json"}
        for target in targets(weights):
            path = f"/v1/portfolios/{portfolio}/allocations"
            self.send("POST", path, json.dumps(target).encode(), headers, 200, 201)

    def import_positions(self, portfolio: UUID, content: str) -> Any:
        """Import a CSV and return the report, once the read models show it."""
        headers, body = upload(content)
        return self.send("POST", f"/v1/portfolios/{portfolio}/positions/import", body, headers, 200, 201)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


async def aside(call: Any, *arguments: Any) -> Any:
    """Run a blocking call beside the event loop."""
    return await asyncio.to_thread(call, *arguments)
