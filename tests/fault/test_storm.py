"""The promises of the design, tried on the real service with everything failing."""

import os
import sys
from random import SystemRandom

import pytest
from tests.fault.killer import FLUSH, PROCESSES
from tests.fault.storm import Storm, aftermath, rage, report
from tests.support.running import a_running_service

ROUNDS = int(os.environ.get("TRIMTAB_TEST_FAULT_ROUNDS", "0"))
SEED = int(os.environ.get("TRIMTAB_TEST_FAULT_SEED", "0")) or SystemRandom().randrange(1, 10**6)


def test_a_short_storm_loses_nothing_and_doubles_nothing() -> None:
    with a_running_service(api_processes=2) as service:
        storm = Storm(seed=SEED, blows=7, victims=(*PROCESSES, "api 2", FLUSH), pause_seconds=(0.5, 3.0))
        oracle, killer = rage(service, storm)
        wrong = aftermath(service, oracle)
    assert not wrong, "\n".join([report(storm, oracle, killer), *wrong])
    assert oracle.acknowledged.total() > 50, report(storm, oracle, killer)


@pytest.mark.fault
@pytest.mark.skipif(not ROUNDS, reason="`make fault ROUNDS=n` runs it")
def test_many_rounds_of_everything_failing_lose_nothing_and_double_nothing() -> None:
    for number in range(ROUNDS):
        api_processes = 1 + number % 2
        victims = (*PROCESSES, "postgres", FLUSH, *(["api 2"] if api_processes == 2 else []))
        with a_running_service(api_processes=api_processes) as service:
            storm = Storm(
                seed=SEED + number, blows=2 * len(victims), victims=victims, pause_seconds=(0.2, 3.0)
            )
            oracle, killer = rage(service, storm)
            wrong = aftermath(service, oracle)
        sys.stderr.write(f"round {number + 1} of {ROUNDS}: {report(storm, oracle, killer)}\n")
        assert not wrong, "\n".join([report(storm, oracle, killer), *wrong])
