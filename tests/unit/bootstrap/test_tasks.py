import msgspec
import pytest

from bootstrap.tasks import CALCULATORS, OPTIMIZERS, TASKS, task_named


@pytest.mark.parametrize("name", [*CALCULATORS, *OPTIMIZERS, *TASKS])
def test_every_task_has_its_function_and_a_request_type(name: str) -> None:
    assert issubclass(task_named(name).request, msgspec.Struct)


def test_no_name_means_two_tasks() -> None:
    names = [*CALCULATORS, *OPTIMIZERS, *TASKS]
    assert len(set(names)) == len(names)
