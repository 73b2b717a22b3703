"""The process that computes methods."""

import subprocess
import sys

LOADS = """
import sys
from analytics.optimization.methods import FITS
from bootstrap.optimizer import load

load()
print(*(name for name, module in FITS.items() if f"analytics.optimization.{module}" not in sys.modules))
"""


def test_the_first_job_waits_for_no_method_to_be_imported() -> None:
    late = subprocess.run([sys.executable, "-c", LOADS], capture_output=True, text=True, check=True)
    assert late.stdout.split() == []
