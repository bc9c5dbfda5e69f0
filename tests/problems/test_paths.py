"""Plug-ins by the path of a file."""

import sys

import pytest

from problems.plugins import BrokenPlugin, load_problems, module_of


@pytest.fixture(autouse=True)
def _clean(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    monkeypatch.chdir(tmp_path)


def test_a_file_is_found_by_its_path_and_by_its_name_here(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "far_one.py").write_text("from near_one import NUMBER\nPROBLEMS = {}")
    (tmp_path / "sub" / "near_one.py").write_text("NUMBER = 1")
    (tmp_path / "here_one.py").write_text("PROBLEMS = {}")
    assert module_of("sub/far_one.py").NUMBER == 1
    assert module_of("sub/far_one.py") is module_of(str(tmp_path / "sub" / "far_one.py"))
    assert module_of("here_one").PROBLEMS == {}
    assert sys.path[-2:] == [str(tmp_path / "sub"), str(tmp_path)]  # last: they hide nothing


def test_a_file_that_is_not_there_or_not_to_be_told_apart_is_one_line(tmp_path):
    with pytest.raises(BrokenPlugin, match=r'"no.py" cannot be loaded .*there is no file .*/no.py'):
        load_problems(["no.py"])
    (tmp_path / "results.py").write_text("PROBLEMS = {}")
    with pytest.raises(BrokenPlugin, match=r"a module results is there already, not .*/results.py; rename the file"):
        load_problems(["./results.py"])
