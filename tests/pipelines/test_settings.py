"""Settings: from the environment before the file, refused when they make no sense."""

import pytest
from pydantic import ValidationError

from lithoscope.domain.folders import DATA
from lithoscope.pipelines.settings import Settings


def test_without_anything_given_the_data_folder_is_the_checkouts_and_nothing_is_online(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LITHOSCOPE_DATA", raising=False)
    chosen = Settings()
    assert chosen.data == DATA
    assert chosen.online_style == ""
    assert chosen.coarsen_resolution is None


def test_the_environment_stands_before_the_file(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lithoscope.toml").write_text(
        '[server]\napi_rows = 7\nframe_ancestors = ["https://a.example"]\n'
    )
    monkeypatch.setenv("LITHOSCOPE_DATA", str(tmp_path / "register"))
    assert Settings().api_rows == 7
    assert Settings().frame_ancestors == ("https://a.example",)
    assert Settings().data == tmp_path / "register"
    monkeypatch.setenv("LITHOSCOPE_API_ROWS", "9")
    assert Settings().api_rows == 9


def test_a_word_that_is_no_setting_is_refused(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lithoscope.toml").write_text("[server]\napi_row = 7\n")
    with pytest.raises(ValidationError, match="api_row"):
        Settings()


@pytest.mark.parametrize("bad", [{"api_rows": 0}, {"api_rows_most": 10**6}, {"coarsen_resolution": 16}])
def test_a_setting_out_of_bounds_is_refused(bad):
    with pytest.raises(ValidationError):
        Settings(**bad)
