"""The page on authentication is one shell session, and it works."""

import re
import subprocess

from tests.support.running import REPOSITORY, RunningService

PAGE = REPOSITORY / "docs" / "api" / "authentication.md"
LOCAL = "http://127.0.0.1:8321"


def the_session(address: str, person: str) -> str:
    """The session of the page at a service where others have accounts, too."""
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    session = "set -e\n" + "\necho\n".join(blocks).replace(LOCAL, address)
    return session.replace("ann@example.com", f"{person}@example.com")


def test_the_session_of_the_page_runs_to_its_end(running_service: RunningService) -> None:
    done = subprocess.run(
        ["bash", "-c", the_session(running_service.address, "reader")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    message = done.stdout.rstrip().splitlines()[-1]
    shown = " ".join(PAGE.read_text(encoding="utf-8").split())
    assert f"`{message}`" in shown


def test_the_key_that_was_revoked_on_the_way_opens_nothing(running_service: RunningService) -> None:
    session = the_session(running_service.address, "other-reader")
    told = subprocess.run(
        ["bash", "-c", f'{session}\ncurl -sS $URL/v1/api-keys -H "Authorization: Bearer $TOKEN"'],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout.splitlines()[-1]
    assert '"total":1' in told
