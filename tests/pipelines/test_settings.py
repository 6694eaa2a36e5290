"""Settings come from the environment, then from [server] of the project's file, beside what else it holds."""

from lithoscope.pipelines.settings import Settings


def test_the_projects_file_is_shared_with_sources(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lithoscope.toml").write_text('[[source]]\nname = "starter"\n[server]\napi_rows = 7\n')
    assert Settings().api_rows == 7
    monkeypatch.setenv("LITHOSCOPE_API_ROWS", "9")
    assert Settings().api_rows == 9


def test_a_file_without_server_leaves_the_defaults(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lithoscope.toml").write_text('[[source]]\nname = "starter"\n')
    assert Settings().api_rows == 100
