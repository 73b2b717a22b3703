"""The loop of `examples/`: optimise, apply, be told what to trade, accept, against the real processes."""

import re
import subprocess
import sys

from tests.support.running import REPOSITORY, RunningService

EXAMPLE = REPOSITORY / "examples" / "python" / "optimise_and_rebalance.py"


def test_the_example_goes_from_an_optimisation_to_an_accepted_recommendation(
    running_service: RunningService,
) -> None:
    key = (running_service.home / "demo-key").read_text(encoding="utf-8").strip()
    redis_url = running_service.settings().redis_url
    done = subprocess.run(
        [sys.executable, str(EXAMPLE), running_service.address, key, str(redis_url)],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout
    assert re.search(r"^optimisation \S+ is completed$", said, re.MULTILINE)
    foretold = re.search(r"would make (\d+) trades", said)
    assert foretold
    trades = re.findall(r"^  buy \S+ (\S+) at about", said, re.MULTILINE)
    assert len(trades) == int(foretold[1]) >= 4
    targets = re.search(r"^targets (.*)$", said, re.MULTILINE)
    assert targets
    shares = [float(one) for one in re.findall(r"([\d.]+)%", targets[1])]
    assert abs(sum(shares) - 99) < 0.5  # the policy keeps one percent in cash
    assert max(shares) <= 30
    assert said.rstrip().endswith("recommendation is accepted")
