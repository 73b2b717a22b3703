import pytest

from api.errors import body_of, problem_of, status_of
from api.pages.problem_pages import kinds
from api.problems import ParameterViolation, Problem, invalid
from domain.errors import (
    Conflict,
    DomainError,
    NotFound,
    PreconditionFailed,
    Refused,
    Unavailable,
    Violation,
    below,
)


class TooBold(Refused):
    """The plan is bolder than the tenant allows."""

    code = "too_bold"


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (NotFound("x"), 404, "not_found"),
        (Conflict("x"), 409, "conflict"),
        (PreconditionFailed("x"), 412, "precondition_failed"),
        (TooBold("x"), 422, "too_bold"),
        (DomainError("x"), 422, "refused"),
        (Unavailable("x"), 503, "service_unavailable"),
    ],
)
def test_a_refusal_is_answered_by_its_kind(error: DomainError, status: int, code: str) -> None:
    assert status_of(error) == status
    problem = problem_of(error)
    assert (problem.status, problem.code, problem.detail) == (status, code, "x")


def test_every_violation_of_a_refusal_is_told() -> None:
    refused = TooBold("No.", violations=[Violation("a.0", "one", "1"), Violation(None, "two", "2")])
    body = body_of(problem_of(refused), None, "/v1/plans", "https://trimtab.test")
    assert body["type"] == "https://trimtab.test/problems/too_bold"
    assert [(error["pointer"], error["code"]) for error in body["errors"]] == [("/a/0", "one"), (None, "two")]
    assert body["details"] == {"field": "a.0", "code": "one"}


@pytest.mark.parametrize(
    ("code", "status", "page"),
    [("no_rows", 422, "validation_failed"), ("too_large_to_say", 413, "content_too_large")],
)
def test_a_problem_without_a_page_of_its_own_leads_to_that_of_its_status(
    code: str, status: int, page: str
) -> None:
    body = body_of(Problem(code, "x", status=status), None, "/", "")
    assert (body["error"], body["type"], body["docs"]) == (code, f"/problems/{page}", f"/problems/{page}")
    assert page in kinds()


def test_a_refusal_of_one_field_names_it() -> None:
    assert problem_of(Conflict("taken", field="name")).violations == (Violation("name", "conflict", "taken"),)


def test_a_stale_version_comes_with_the_current_one() -> None:
    assert problem_of(PreconditionFailed("x", current_version=4)).headers == {"ETag": '"4"'}


def test_what_nobody_foresaw_tells_nothing() -> None:
    problem = problem_of(RuntimeError("password=hunter2"))
    assert problem.status == 500
    assert "hunter2" not in str(body_of(problem, None, "/", ""))


def test_a_parameter_has_a_name_but_no_place_in_the_body() -> None:
    body = body_of(invalid([ParameterViolation("limit", "out_of_range", "x")]), None, "/", "")
    assert body["errors"] == [{"pointer": None, "field": "limit", "code": "out_of_range", "detail": "x"}]


def test_pointers_escape_what_json_pointer_reserves() -> None:
    body = body_of(invalid([Violation("weights.a/b~c", "x", "x")]), None, "/", "")
    assert body["errors"][0]["pointer"] == "/weights/a~1b~0c"


def test_a_point_in_a_name_is_no_step_of_a_pointer() -> None:
    body = body_of(invalid([Violation(f"{below('factors', 'BRK.B')}.4", "x", "x")]), None, "/", "")
    assert (body["errors"][0]["pointer"], body["errors"][0]["field"]) == (
        "/factors/BRK.B/4",
        "factors.BRK.B.4",
    )


def test_the_message_is_the_detail_and_extra_members_stand_beside() -> None:
    body = body_of(Problem("rate_limit_exceeded", "Slow down.", extra={"limit": 10}), None, "/", "")
    assert body["message"] == body["detail"] == "Slow down."
    assert (body["status"], body["error"], body["limit"]) == (429, "rate_limit_exceeded", 10)


def test_every_refusal_has_a_page() -> None:
    assert kinds()["too_bold"].meaning == "The plan is bolder than the tenant allows."
    assert kinds()["conflict"].status == 409
