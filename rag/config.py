"""Settings: defaults < TOML file < environment < flags. The only module that reads the environment.

A tuned number carries its provenance beside it; all of them can be overridden in the TOML file.
"""

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Literal, TypeVar, get_args

from platformdirs import user_cache_path, user_config_path, user_data_path

from ingest.errors import UsageError
from ingest.limits import Limits

Answerer = Literal["auto", "ollama", "openai", "extractive"]

#: Settings that name places or secrets of this machine, not behaviour: left out of the hash.
_NOT_BEHAVIOUR = frozenset({"index", "cache", "models_dir", "people", "openai_api_key"})
#: Tokens of the rules, a question and one short message.
_LEAST_PROMPT = 1024


@dataclass(frozen=True, slots=True)
class Retrieval:
    """How passages are found. Measured on the dev split of eval/qa.jsonl (`make eval`)."""

    #: Passages taken from each list before fusion.
    pool: int = 200
    #: Messages an answer is read from.
    messages: int = 8
    dense: bool = True
    lexical: bool = True
    #: Raise messages that fit the who and when of the question.
    scope: bool = True
    #: Look at the replies around a hit when the question asks for a reply.
    thread: bool = True
    #: Name or folder of a sentence-transformers CrossEncoder; empty: no reranking.
    reranker: str = ""


@dataclass(frozen=True, slots=True)
class Answering:
    """How answers are made from what was found."""

    #: Below this confidence (0..1) the answer is "not in this archive". Negative: as fitted.
    floor: float = -1.0
    #: Most sentences an extractive answer quotes.
    max_sentences: int = 3
    #: Have the answer selector read the best sentences beside the question.
    selector: bool = True
    #: Tokens a language model may write.
    num_predict: int = 512
    #: Most tokens that a prompt and its answer take, whatever more the model could read: on a CPU
    #: each thousand costs seconds before the first word. On the dev split (digest) 77 of 100
    #: prompts hold all 8 messages whole; of 800 messages 25 are shortened and 14 left out.
    context_tokens: int = 8192
    #: Seconds a local model may take to its first token; loading from disk is included.
    first_token_timeout_s: float = 120.0
    #: Seconds between two tokens before the stream counts as stalled.
    read_timeout_s: float = 60.0
    #: Seconds for the whole answer. 10 minutes: 512 tokens at the 1 token/s of a large model on a
    #: laptop.
    answer_timeout_s: float = 600.0
    #: Name or folder of a natural language inference CrossEncoder that judges sentences of a model
    #: beside the rules; empty: the rules alone.
    entailment: str = ""
    #: Seconds a local model may take to make a follow-up stand alone; the rules do it otherwise.
    rewrite_timeout_s: float = 20.0
    #: Answers that a language model may write at the same time; what more it can do is its own
    #: queue's matter. 32 sessions get their first word as if alone (tests/faults/test_sessions.py).
    llm_at_once: int = 32
    #: Questions that may wait for that, each told its place; further ones get quotes at once.
    llm_waiting: int = 96
    #: Show unsupported sentences struck through instead of dropping them.
    show_unsupported: bool = True


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be chosen. Paths are absolute."""

    index: Path = field(default_factory=lambda: user_data_path("exhibit") / "index")
    cache: Path = field(default_factory=lambda: user_cache_path("exhibit"))
    models_dir: Path = field(default_factory=lambda: user_cache_path("exhibit") / "models")
    #: People whose names and addresses you state yourself; need not exist. See README.md.
    people: Path = field(default_factory=lambda: user_config_path("exhibit") / "people.toml")
    #: Folder of another sentence-transformers model; empty: the pinned all-MiniLM-L6-v2.
    embedding_model: str = ""
    answerer: Answerer = "auto"
    model: str = "llama3.2"
    ollama_host: str = "http://127.0.0.1:11434"
    openai_base_url: str = ""
    openai_api_key: str = field(default="", repr=False)
    openai_context_length: int = 8192
    #: Allow a language model on another machine to read passages of the mail.
    allow_remote_llm: bool = False
    limits: Limits = field(default_factory=Limits)
    retrieval: Retrieval = Retrieval()
    answering: Answering = Answering()

    def behaviour_hash(self) -> str:
        """12 hex digits that change when a setting that can change an answer changes."""
        behaviour = {k: v for k, v in asdict(self).items() if k not in _NOT_BEHAVIOUR}
        text = json.dumps(behaviour, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


Target = TypeVar("Target", Settings, Limits, Retrieval, Answering)

#: Environment variable -> setting.
ENVIRONMENT = {
    "EXHIBIT_INDEX": "index",
    "EXHIBIT_CACHE": "cache",
    "EXHIBIT_MODELS": "models_dir",
    "EXHIBIT_PEOPLE": "people",
    "EXHIBIT_ANSWERER": "answerer",
    "EXHIBIT_MODEL": "model",
    "EXHIBIT_OPENAI_BASE_URL": "openai_base_url",
    "EXHIBIT_OPENAI_API_KEY": "openai_api_key",
    "OLLAMA_HOST": "ollama_host",
}


def load_settings(
    overrides: Mapping[str, object] | None = None,
    *,
    environ: Mapping[str, str],
    config_file: Path | None = None,
) -> Settings:
    """Settings from defaults, the TOML file, the environment and flags, each over the one before.

    `config_file` defaults to EXHIBIT_CONFIG, else `config.toml` in the user's config folder; a
    missing default file is fine. Raises UsageError for unknown keys or unusable values.
    """
    chosen = environ.get("EXHIBIT_CONFIG")
    named = config_file or (Path(chosen) if chosen else None)
    settings = _with_file(Settings(), named)
    found = {name: environ[var] for var, name in ENVIRONMENT.items() if environ.get(var)}
    if "cache" in found and "models_dir" not in found:
        found["models_dir"] = str(Path(found["cache"]) / "models")
    flags = {k: v for k, v in (overrides or {}).items() if v is not None}
    return _checked(_replace(settings, {**found, **flags}, where="settings"))


def _with_file(settings: Settings, named: Path | None) -> Settings:
    path = named or user_config_path("exhibit") / "config.toml"
    if not path.is_file():
        if named:
            raise UsageError(f"no config file {named}; unset EXHIBIT_CONFIG or create it")
        return settings
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: not valid TOML ({error}); fix or remove it") from error
    nested = {k: tables.pop(k) for k in ("limits", "retrieval", "answering") if k in tables}
    settings = _replace(settings, tables, where=str(path))
    for name, table in nested.items():
        if not isinstance(table, dict):
            raise UsageError(f"{path}: {name} must be a table, not {table!r}")
        inner = _replace(getattr(settings, name), table, where=f"{path} [{name}]")
        settings = replace(settings, **{name: inner})
    return settings


def _replace(target: Target, values: Mapping[str, object], *, where: str) -> Target:
    known = {f.name for f in fields(target)}
    unknown = sorted(set(values) - known)
    if unknown:
        raise UsageError(
            f"{where}: unknown setting {unknown[0]!r}; known: {', '.join(sorted(known))}"
        )
    converted = {
        name: _convert(getattr(target, name), value, f"{where}: {name}")
        for name, value in values.items()
    }
    # Each value has just been checked against the type of the field it replaces.
    return replace(target, **converted)  # type: ignore[arg-type]


def _convert(default: object, value: object, label: str) -> object:
    if isinstance(default, Path):
        return Path(str(value)).expanduser().absolute()
    if default is not None and type(value) is not type(default):
        if isinstance(default, float) and isinstance(value, int):
            return float(value)
        raise UsageError(f"{label} must be {type(default).__name__}, not {value!r}")
    return value


def _checked(settings: Settings) -> Settings:
    low = [name for name, bound in asdict(settings.limits).items() if bound < 1]
    if low:
        raise UsageError(f"limits: {low[0]} must be at least 1; raise it or leave it out")
    least = settings.answering.num_predict + _LEAST_PROMPT
    if settings.answering.context_tokens < least:
        raise UsageError(f"answering: context_tokens must be at least {least}; raise it")
    if settings.answerer not in get_args(Answerer):
        raise UsageError(
            f"unknown answerer {settings.answerer!r}; choose one of {', '.join(get_args(Answerer))}"
        )
    if settings.answerer == "openai" and not settings.openai_base_url:
        raise UsageError("answerer 'openai' needs a server: set EXHIBIT_OPENAI_BASE_URL")
    return settings
