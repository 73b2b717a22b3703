import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from infrastructure.embedded.private_files import control_folder, private_folder, secret_in, write_private


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_private_file_is_replaced_whole_and_stays_private(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("old")
    file.chmod(0o644)
    write_private(file, "new")
    assert (file.read_text(), mode(file)) == ("new", 0o600)
    assert os.listdir(tmp_path) == ["file"]


def test_what_a_crash_left_behind_is_in_nobodys_way(tmp_path: Path) -> None:
    (tmp_path / f".file.{os.getpid()}").write_text("half")
    write_private(tmp_path / "file", "whole")
    assert (tmp_path / "file").read_text() == "whole"


def test_processes_that_make_a_secret_at_the_same_time_agree_on_one(tmp_path: Path) -> None:
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as processes:
        secrets = set(processes.map(secret_in, [tmp_path / "secret"] * 16))
    assert len(secrets) == 1
    assert len(secrets.pop()) == 64
    assert mode(tmp_path / "secret") == 0o600


def test_folders_are_made_closed_and_left_as_they_are_afterwards(tmp_path: Path) -> None:
    control = control_folder(tmp_path / "a" / "control")
    private = private_folder(control / "private", uid=os.geteuid(), gid=os.getegid())
    assert mode(control) == (0o711 if os.geteuid() == 0 else 0o700)
    assert mode(private) == 0o700
    control.chmod(0o755)
    assert mode(control_folder(control)) == 0o755
