import shutil

from scripts import release_check


def test_oldest_and_newest(tmp_path, monkeypatch):
    for version in ("3.10.2", "3.11.7", "3.13.0"):
        path = tmp_path / f".pyenv/versions/{version}/bin" / f"python{version.rpartition('.')[0]}"
        path.parent.mkdir(parents=True)
        path.touch()
    monkeypatch.setattr(release_check.Path, "home", lambda: tmp_path)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert [path.name for path in release_check.pythons()] == ["python3.10", "python3.13"]


def test_a_difference_and_a_missing_file_are_named():
    one, other = {"a": "1", "b": "2"}, {"a": "1", "b": "3", "c": "4"}
    assert list(release_check.differences(one, one)) == []
    found = list(release_check.differences(one, other))
    assert found == ["b: the two builds differ", "c: the two builds differ"]


def test_stated_figures_are_those_of_the_build(tmp_path):
    for name in ("training/metrics", "docs/measured"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "scorecard.json").write_text("{}")
    assert list(release_check.stated(tmp_path)) == []
    (tmp_path / "docs/measured/scorecard.json").write_text("[]")
    (found,) = release_check.stated(tmp_path)
    assert "run the command results" in found
