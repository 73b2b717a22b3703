"""An optimisation ends once, and takes every method in once."""

from typing import Any
from uuid import UUID

import pytest
from tests.support.aggregates import NOW, new_facts

from domain.optimization import JobFailure, OptimizationAsked, OptimizationEnded, OptimizationJob

JOB = UUID("00000000-0000-4000-8000-0000000000aa")
FAILURE = JobFailure(code="dataset_gone", detail="The figures are gone.")


def a_job(*methods: str) -> OptimizationJob:
    asked = OptimizationAsked(
        methods=methods or ("HRP", "MVO"),
        request={"seed": 7},
        facts={"assets": ["A", "B"]},
        dataset_hash="d",
        inputs_hash="i",
        code_version="1",
    )
    job = OptimizationJob.request_one("acme", asked, id=JOB, at=NOW)
    new_facts(job)
    return job


def ended(how: str) -> OptimizationJob:
    job = a_job()
    if how == "completed":
        job.complete({}, at=NOW)
    elif how == "failed":
        job.fail(FAILURE, at=NOW)
    else:
        job.cancel(at=NOW)
    new_facts(job)
    return job


def test_a_job_starts_once_however_many_agents_take_it_over() -> None:
    job = a_job()
    job.begin(at=NOW)
    job.begin(at=NOW)
    [started] = new_facts(job)
    assert isinstance(started, OptimizationJob.Started)
    assert job.status == "running"


def test_the_first_outcome_of_a_method_counts() -> None:
    job = a_job()
    job.begin(at=NOW)
    job.finish("HRP", {"status": "completed"}, at=NOW)
    job.finish("HRP", {"status": "failed"}, at=NOW)
    assert job.outcomes == {"HRP": {"status": "completed"}}
    assert len(new_facts(job)) == 2


def test_what_is_left_to_compute_keeps_the_order_of_the_request() -> None:
    job = a_job("NCO", "HRP", "MVO")
    job.finish("HRP", {}, at=NOW)
    assert job.unfinished == ["NCO", "MVO"]


def test_a_method_that_nobody_asked_for_is_not_taken_in() -> None:
    job = a_job()
    job.finish("MinVol", {}, at=NOW)
    assert new_facts(job) == []


@pytest.mark.parametrize("how", ["completed", "failed", "cancelled"])
def test_after_the_end_nothing_is_taken_in(how: str) -> None:
    job = ended(how)
    job.begin(at=NOW)
    job.finish("HRP", {}, at=NOW)
    job.complete({}, at=NOW)
    job.fail(FAILURE, at=NOW)
    assert new_facts(job) == []
    assert job.status == how


@pytest.mark.parametrize("how", ["completed", "failed"])
def test_what_came_to_its_end_by_itself_cannot_be_cancelled(how: str) -> None:
    with pytest.raises(OptimizationEnded, match=how):
        ended(how).cancel(at=NOW)


def test_to_cancel_twice_is_to_cancel_once() -> None:
    job = ended("cancelled")
    job.cancel(at=NOW)
    assert new_facts(job) == []


def test_outcomes_are_let_go_at_the_end() -> None:
    job: Any = a_job()
    job.finish("HRP", {"weights": {}}, at=NOW)
    job.complete({}, at=NOW)
    assert (job.outcomes, job.asked) == ({}, {})
