import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.servers import reachable_folder

from infrastructure.embedded.errors import EmbeddedServerError
from infrastructure.embedded.identity import ServerUser, closed_folder, must_reach, server_user

SOMEBODY = ServerUser("somebody", 4_000_000, 4_000_000)


def open_folder(path: Path, mode: int = 0o711) -> Path:
    path.mkdir()
    path.chmod(mode)
    return path


@pytest.fixture
def top() -> Iterator[Path]:
    """A folder that everybody may pass through, unlike pytest's own."""
    with reachable_folder() as folder:
        yield folder


def test_the_first_closed_folder_on_the_way_is_named(top: Path) -> None:
    shut = open_folder(top / "shut", 0o700)
    inside = open_folder(shut / "inside")
    assert closed_folder(SOMEBODY, top) is None
    assert closed_folder(SOMEBODY, inside) == shut
    with pytest.raises(EmbeddedServerError, match=rf"`somebody`, who may not enter {shut}: set TRIMTAB_HOME"):
        must_reach(SOMEBODY, inside)


@pytest.mark.parametrize(
    ("mode", "may_enter"), [(0o710, True), (0o701, False), (0o711, True), (0o700, False)]
)
def test_for_a_member_of_the_group_the_groups_right_counts(top: Path, mode: int, may_enter: bool) -> None:
    folder = open_folder(top / "folder", mode)
    colleague = ServerUser("colleague", 4_000_000, folder.stat().st_gid)
    assert (closed_folder(colleague, folder) is None) == may_enter


def test_we_reach_whatever_is_ours() -> None:
    ourselves = ServerUser("ourselves", os.geteuid(), os.getegid())
    assert closed_folder(ourselves, Path("/")) is None


def test_data_that_belongs_to_somebody_stays_with_them(tmp_path: Path) -> None:
    user = server_user(tmp_path / "not-there-yet")
    assert user.uid == os.geteuid() if os.geteuid() else user.name in {"postgres", "nobody"}
    if os.geteuid() == 0:
        os.chown(tmp_path, 4_000_000, 4_000_001)
        assert server_user(tmp_path) == ServerUser("4000000", 4_000_000, 4_000_001)
