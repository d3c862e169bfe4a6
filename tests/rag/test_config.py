"""Settings: which source wins, what is refused, what is kept secret."""

from dataclasses import replace
from pathlib import Path

import pytest

from ingest.errors import UsageError
from ingest.limits import Limits
from rag.config import ENVIRONMENT, Answering, Retrieval, Settings, load_settings


def written(folder: Path, text: str = "") -> Path:
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


def load(
    folder: Path, toml: str = "", *, environ: dict[str, str] | None = None, **flags: object
) -> Settings:
    return load_settings(flags, environ=environ or {}, config_file=written(folder, toml))


def test_without_anything_the_defaults_hold(tmp_path: Path) -> None:
    assert load(tmp_path) == Settings()


def test_flag_beats_environment_beats_file_beats_default(tmp_path: Path) -> None:
    toml, environ = 'model = "from-file"', {"EXHIBIT_MODEL": "from-environment"}
    assert load(tmp_path).model == Settings().model
    assert load(tmp_path, toml).model == "from-file"
    assert load(tmp_path, toml, environ=environ).model == "from-environment"
    assert load(tmp_path, toml, environ=environ, model="from-flag").model == "from-flag"


def test_a_flag_not_given_and_an_empty_variable_leave_the_file(tmp_path: Path) -> None:
    settings = load(tmp_path, 'model = "mine"', environ={"EXHIBIT_MODEL": ""}, model=None)
    assert settings.model == "mine"


@pytest.mark.parametrize("variable", sorted(ENVIRONMENT))
def test_every_variable_is_read(tmp_path: Path, variable: str) -> None:
    value = "extractive" if variable == "EXHIBIT_ANSWERER" else "/somewhere"
    settings = load(tmp_path, environ={variable: value})
    assert str(getattr(settings, ENVIRONMENT[variable])) == value


def test_the_file_is_named_by_the_environment(tmp_path: Path) -> None:
    path = written(tmp_path, 'model = "mine"')
    assert load_settings(environ={"EXHIBIT_CONFIG": str(path)}).model == "mine"


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no config file .*none\.toml"):
        load_settings(environ={"EXHIBIT_CONFIG": str(tmp_path / "none.toml")})


def test_tables_of_the_file_set_tuned_numbers(tmp_path: Path) -> None:
    toml = "[retrieval]\npool = 7\ndense = false\n[answering]\nmax_sentences = 1\nfloor = 0.5\n"
    settings = load(tmp_path, toml + "read_timeout_s = 3\n")
    assert settings.retrieval == Retrieval(pool=7, dense=False)
    assert settings.answering == Answering(max_sentences=1, floor=0.5, read_timeout_s=3.0)
    assert settings.model == Settings().model


def test_models_are_kept_in_the_chosen_cache(tmp_path: Path) -> None:
    assert load(tmp_path, environ={"EXHIBIT_CACHE": "/c"}).models_dir == Path("/c/models")
    both = {"EXHIBIT_CACHE": "/c", "EXHIBIT_MODELS": "/m"}
    assert load(tmp_path, environ=both).models_dir == Path("/m")


def test_paths_become_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert load(tmp_path, index="here").index == tmp_path / "here"
    assert load(tmp_path, 'index = "~/there"').index == tmp_path / "there"


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("modle = 'x'", r"config\.toml: unknown setting 'modle'; known: .*model"),
        ("[retrieval]\npol = 1", r"\[retrieval\]: unknown setting 'pol'; known: .*pool"),
        ("model = 5", r"model must be str, not 5"),
        ("[retrieval]\npool = 'many'", r"pool must be int, not 'many'"),
        ("[retrieval]\npool = true", r"pool must be int, not True"),
        ("[retrieval]\ndense = 1", r"dense must be bool, not 1"),
        ("answerer = 'oracle'", r"unknown answerer 'oracle'; choose one of auto, ollama"),
        ("answerer = 'openai'", r"needs a server: set EXHIBIT_OPENAI_BASE_URL"),
        ("[answering]\ncontext_tokens = 1000", r"context_tokens must be at least 1536"),
        ("[answering]\nnum_predict = 8000", r"context_tokens must be at least 9024"),
        ("model = ", r"config\.toml: not valid TOML"),
    ],
)
def test_what_cannot_be_used_is_refused(tmp_path: Path, toml: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        load(tmp_path, toml)
    assert (caught.value.exit_code, "\n" in str(caught.value)) == (2, False)


@pytest.mark.parametrize("toml", ["retrieval = 5", "[answering]\nfloor = 'high'"])
def test_a_setting_of_the_wrong_shape_is_refused(tmp_path: Path, toml: str) -> None:
    with pytest.raises(UsageError):
        load(tmp_path, toml)


@pytest.mark.parametrize("name", ["."])
def test_a_config_file_that_is_a_folder_is_refused(name: str) -> None:
    with pytest.raises(UsageError):
        load_settings(environ={"EXHIBIT_CONFIG": name})


def test_an_unknown_flag_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="settings: unknown setting 'colour'"):
        load(tmp_path, colour="red")


def test_secrets_are_not_shown(tmp_path: Path) -> None:
    settings = load(tmp_path, environ={"EXHIBIT_OPENAI_API_KEY": "sk-hush"})
    assert settings.openai_api_key == "sk-hush"
    assert "hush" not in repr(settings) + str(settings)


def test_limits_of_reading_are_settings(tmp_path: Path) -> None:
    assert load(tmp_path, "[limits]\nparts = 7\n").limits == Limits(parts=7)
    with pytest.raises(UsageError, match="parts must be at least 1"):
        load(tmp_path, "[limits]\nparts = 0\n")


def test_the_behaviour_hash_tells_what_changes_answers() -> None:
    base = Settings()
    same = [
        replace(base, index=Path("/other")),
        replace(base, cache=Path("/other")),
        replace(base, people=Path("/other")),
        replace(base, openai_api_key="k"),
    ]
    other = [
        replace(base, model="m"),
        replace(base, answering=Answering(floor=0.1)),
        replace(base, retrieval=Retrieval(pool=1)),
    ]
    assert {s.behaviour_hash() for s in same} == {base.behaviour_hash()}
    assert len({s.behaviour_hash() for s in [base, *other]}) == 4
