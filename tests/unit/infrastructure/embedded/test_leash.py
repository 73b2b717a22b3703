import os
import subprocess
import sys
from pathlib import Path
from signal import SIGTERM

from tests.support.waiting import eventually

from infrastructure.embedded.leash import CANNOT_START, leashed

STARTER = """
import os, subprocess, sys
from signal import SIGTERM
from infrastructure.embedded.leash import leashed
command = leashed(["/bin/sleep", "60"], signal=SIGTERM, uid=os.geteuid(), gid=os.getegid())
print(subprocess.Popen(command).pid, flush=True)
sys.stdin.read()
"""


def ours(*program: str) -> list[str]:
    return leashed(program, signal=SIGTERM, uid=os.geteuid(), gid=os.getegid())


def test_the_program_takes_the_place_of_the_leash_in_a_session_of_its_own() -> None:
    program = "import os; print(os.getpid(), os.getsid(0), os.getppid())"
    process = subprocess.Popen(ours(sys.executable, "-c", program), stdout=subprocess.PIPE, text=True)
    answer, _ = process.communicate()
    assert answer.split() == [str(process.pid), str(process.pid), str(os.getpid())]


def test_the_program_ends_when_whoever_started_it_is_killed() -> None:
    starter = subprocess.Popen([sys.executable, "-c", STARTER], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert starter.stdout is not None
    program = int(starter.stdout.readline())
    eventually(lambda: b"sleep" in Path(f"/proc/{program}/cmdline").read_bytes()[:12])
    starter.kill()
    starter.communicate()
    eventually(lambda: not Path(f"/proc/{program}").exists())


def test_a_program_whose_starter_is_gone_already_does_not_start(tmp_path: Path) -> None:
    proof = tmp_path / "started"
    command = ours("/usr/bin/touch", str(proof))
    command[4] = "1"  # the process that is no longer our parent
    assert subprocess.run(command, check=False).returncode == CANNOT_START
    assert not proof.exists()


def test_a_program_that_is_not_there_is_said_in_a_sentence() -> None:
    done = subprocess.run(ours("/nowhere/postgres"), capture_output=True, text=True, check=False)
    assert done.returncode == CANNOT_START
    assert done.stderr.startswith("cannot start /nowhere/postgres: ")
    assert done.stderr.count("\n") == 1
