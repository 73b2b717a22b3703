from api.limits import headers_of, nearest, seconds_of, sentence
from application.limits.month import month_of
from application.limits.ports import Decision, Standing
from application.limits.rules import Limit, Quota

NOW = 1_748_735_000.4  # 1,000 seconds before June 2025
READ = Limit(name="read", key="r", quota=60)
DEAR = Limit(name="write", key="w", quota=30, cost=10)
MONTH = Quota(tenant="acme", month=month_of(NOW), calls=100)


def a_standing(
    limit: Limit | Quota, remaining: int, *, seconds: float = 1.5, allowed: bool = True
) -> Standing:
    return Standing(limit, allowed, limit.quota - remaining, remaining, seconds)


def headers(*standings: Standing) -> dict[str, str]:
    decision = Decision(all(standing.allowed for standing in standings), standings)
    return {name.decode(): value.decode() for name, value in headers_of(decision, NOW)}


def test_all_limits_are_told_and_the_nearest_in_the_form_that_clients_know() -> None:
    assert headers(a_standing(READ, 59), a_standing(MONTH, 3)) == {
        "x-ratelimit-limit": "100",
        "x-ratelimit-remaining": "3",
        "x-ratelimit-reset": "1748736000",
        "ratelimit-policy": '"read";q=60;w=60, "month";q=100;w=2678400',
        "ratelimit": '"read";r=59;t=2, "month";r=3;t=1000',
    }


def test_what_refuses_is_the_nearest_and_its_reset_is_when_the_request_would_pass() -> None:
    found = headers(a_standing(READ, 4, seconds=7.2, allowed=False), a_standing(MONTH, 1))
    assert (found["x-ratelimit-limit"], found["x-ratelimit-remaining"]) == ("60", "4")
    assert found["x-ratelimit-reset"] == str(int(NOW) + 8)


def test_a_dear_request_is_nearer_to_being_refused_than_a_cheap_one() -> None:
    assert nearest([a_standing(READ, 5), a_standing(DEAR, 20)]).limit is DEAR


def test_of_two_that_refuse_the_month_takes_longer() -> None:
    refused = [a_standing(READ, 0, seconds=50, allowed=False), a_standing(MONTH, 0, allowed=False)]
    assert nearest(refused).limit is MONTH


def test_of_two_with_as_much_left_the_month_is_the_nearer() -> None:
    assert nearest([a_standing(READ, 0, seconds=60), a_standing(MONTH, 0)]).limit is MONTH
    assert nearest([a_standing(DEAR, 0, seconds=60), a_standing(MONTH, 0)]).limit is MONTH


def test_of_two_that_refuse_the_longer_one_says_when_to_come_back() -> None:
    short, long = (a_standing(READ, 0, seconds=wait, allowed=False) for wait in (1, 50))
    assert nearest([short, long]) is long


def test_nobody_is_told_to_come_back_at_once() -> None:
    assert seconds_of(a_standing(READ, 0, seconds=0.0, allowed=False), NOW) == 1
    assert seconds_of(a_standing(READ, 60, seconds=0.0), NOW) == 0


def test_the_sentence_of_a_month_names_the_tier_and_the_next() -> None:
    assert sentence(MONTH, 1000, "free") == (
        "Rate limit exceeded. Free tier: 100 calls/mo. Pro: 50,000 calls/mo."
    )
    assert sentence(MONTH, 1000, "quant") == (
        "Rate limit exceeded. Quant tier: 500,000 calls/mo. Enterprise: unlimited."
    )


def test_the_sentence_of_a_class_says_how_many_and_when_again() -> None:
    assert sentence(READ, 3, "free") == (
        "Rate limit exceeded: 60 requests in 60 s (`read`). Try again in 3 s."
    )
