"""One of everything, made over HTTP."""

import httpx
from tests.support.waiting import eventually

CSV = b"account,ticker,quantity,avg_cost_price,current_price,sector\nmain,AAPL,10,100,150,technology\n"
OPTIMIZATION = {
    "methods": ["EquiWeighted"],
    "assets": ["AAPL", "MSFT"],
    "returns": [[0.01, 0.02], [0.0, 0.01], [0.02, -0.01]],
}


def a_portfolio(client: httpx.Client, **said: object) -> str:
    """Register a portfolio and return its address."""
    body = {"name": "Real", "portfolio_type": "long_only", **said}
    return str(client.post("/v1/portfolios", json=body).raise_for_status().headers["Location"])


def things_of(client: httpx.Client) -> dict[str, str]:
    """Ids of everything that a path can name, all in one new portfolio."""
    path = a_portfolio(client)
    target = {"allocation_type": "sector", "bucket": "technology", "target_weight": 0.5}
    allocation = client.post(f"{path}/allocations", json=target).json()
    imported = client.post(f"{path}/positions/import", files={"file": ("p.csv", CSV)}).json()
    (position,) = client.get(f"{path}/positions").json()["positions"]
    (recommendation,) = eventually(lambda: client.get(f"{path}/recommendations").json()["recommendations"])
    key = client.post("/v1/api-keys", json={"name": "thing"}).json()
    hook = {"url": "https://hooks.invalid/trimtab", "events": ["recommendation.made"]}
    hooks = client.get("/v1/webhooks").json()["webhooks"] or [client.post("/v1/webhooks", json=hook).json()]
    optimization = client.post("/v1/optimizations", json=OPTIMIZATION, headers={"Prefer": "wait=20"}).json()
    return {
        "optimization_id": optimization["id"],
        "key_id": key["id"],
        "webhook_id": hooks[0]["id"],
        "tenant_id": client.get("/v1/tenants").json()["tenants"][0]["id"],
        "portfolio_id": imported["portfolio_id"],
        "allocation_id": allocation["id"],
        "import_id": imported["import_id"],
        "position_id": position["id"],
        "recommendation_id": recommendation["id"],
    }
