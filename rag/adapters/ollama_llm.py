"""Answers written by a local Ollama server: its own client, with the limits that one lacks."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ingest.errors import LLMError
from rag.adapters.faults import Limits, Server, StreamFault, one_line
from rag.ports import Prompt, Usage

if TYPE_CHECKING:
    import ollama

    from rag.adapters.stream import Piece
    from rag.adapters.wire import Connection, Wire

DEFAULT_HOST = "http://127.0.0.1:11434"
DEFAULT_PORT = 11434
#: What is assumed when the server does not tell: Ollama's own default below 24 GiB of VRAM.
DEFAULT_CONTEXT = 4096
MAX_CONTEXT = 131_072
#: Doctor and `auto` wait for these together less than 1.5 s.
_PROBE = Limits(first_token_s=0.4, read_s=0.4, total_s=0.6, connect_s=0.4, max_bytes=4 << 20)
_SHOW = Limits(first_token_s=4.0, read_s=4.0, total_s=5.0, max_line=8 << 20, max_bytes=32 << 20)
_PULL = Limits(first_token_s=60.0, read_s=300.0, total_s=24 * 3600.0)


@dataclass(frozen=True, slots=True)
class ModelState:
    """What a quick look at the server found. `fix` is "" when an answer can be asked for."""

    reachable: bool
    version: str | None
    models: tuple[str, ...]
    model_present: bool
    nearest: str | None
    fix: str


@dataclass(frozen=True, slots=True)
class PullProgress:
    """One line of a running download; bytes, None where the server does not say."""

    status: str
    completed: int | None
    total: int | None


class OllamaLLM:
    """Implements the LLM port. Mail goes to this host only, and only to a loopback one unless
    `allow_remote`; raises LLMError at once for a remote host or a cloud model."""

    def __init__(
        self,
        model: str,
        *,
        host: str = DEFAULT_HOST,
        first_token_timeout_s: float = 120,
        read_timeout_s: float = 60,
        allow_remote: bool = False,
    ) -> None:
        url = loopback_url(host, DEFAULT_PORT, allow_remote=allow_remote)
        if not model.strip():
            raise LLMError("no Ollama model is named: set one with --model, e.g. llama3.2")
        if is_cloud_name(model) and not allow_remote:
            raise LLMError(_CLOUD.format(model=one_line(model)))
        self._allow_remote = allow_remote
        self._model = model
        self._limits = Limits(first_token_s=first_token_timeout_s, read_s=read_timeout_s)
        self._server = Server("Ollama", url, model, "ollama serve", f"ollama pull {model}")
        self._context: int | None = None
        self._think: bool | None = None

    def __repr__(self) -> str:
        return f"OllamaLLM({self._model!r}, host={self._server.url!r})"

    @property
    def name(self) -> str:
        """Model name as given."""
        return self._model

    def context_length(self) -> int:
        """Tokens the model can read at once, asked once from /api/show; raises LLMError."""
        if self._context is None:
            shown = self._ask("POST", "/api/show", {"model": self._model}, _SHOW)
            if not self._allow_remote and (shown.get("remote_host") or shown.get("remote_model")):
                raise LLMError(_CLOUD.format(model=one_line(self._model)))
            # Reasoning costs minutes on a small machine and is not shown: off where it can be.
            self._think = False if "thinking" in _strings(shown.get("capabilities")) else None
            self._context = _context_in(shown.get("model_info"))
        return self._context

    def stream(self, prompt: Prompt) -> Iterator[str | Usage]:
        """Pieces of the answer, then one Usage; "" each 0.25 s while nothing arrives.

        Raises LLMError, or LLMCutOff (with `partial`) after the first words. Closing the
        generator shuts the socket down, which makes the server stop.
        """
        from rag.adapters import stream

        def source(connection: "Connection") -> "Iterator[Piece | Usage]":
            return self._events(prompt, connection)

        return stream.answer(source, self._limits, self._explain)

    def probe(self) -> ModelState:
        """Whether the server answers and has the model, within 1.5 s; never raises."""
        try:
            version = self._ask("GET", "/api/version", None, _PROBE).get("version")
            models = _model_names(self._ask("GET", "/api/tags", None, _PROBE).get("models"))
        except LLMError as error:
            return ModelState(False, None, (), False, None, str(error))
        present = full_tag(self._model) in {full_tag(model) for model in models}
        nearest = None if present else nearest_model(self._model, models)
        fix = (
            "" if present else f"Ollama has no model {self._model!r}: {_pull(self._model, nearest)}"
        )
        number = version if isinstance(version, str) else None
        return ModelState(True, number, models, present, nearest, fix)

    def pull(self, model: str | None = None) -> Iterator[PullProgress]:
        """Have the server download a model (this one by default); raises LLMError."""
        from rag.adapters import stream, wire

        wanted = model or self._model
        server = replace(self._server, model=wanted)
        try:
            with self._client(wire.Wire(server.url, _PULL)) as client:
                status = ""
                for line in client.pull(wanted, stream=True):
                    status = line.status or ""
                    yield PullProgress(one_line(status), line.completed, line.total)
            if status != "success":
                raise StreamFault("no_done")
        except stream.CAUGHT as error:
            raise stream.fault(error, server, _PULL) from error

    def _events(self, prompt: Prompt, connection: "Connection") -> "Iterator[Piece | Usage]":
        from rag.adapters import stream, wire

        with self._client(wire.Wire(self._server.url, self._limits, connection)) as client:
            for part in client.chat(
                model=self._model,
                messages=[
                    {"role": "system", "content": prompt.system},
                    {"role": "user", "content": prompt.user},
                ],
                stream=True,
                think=self._think,
                options=_options(prompt),
                keep_alive="30m",
            ):
                if part.message.thinking:
                    yield stream.Piece(part.message.thinking, thinking=True)
                yield stream.Piece(part.message.content or "")
                if part.done:
                    yield Usage(part.prompt_eval_count, part.eval_count, part.done_reason or "")
                    return

    def _client(self, wire: "Wire") -> "ollama.Client":
        import ollama

        return ollama.Client(
            host=self._server.url,
            timeout=wire.timeout(),
            verify=wire.verify(),
            event_hooks=wire.hooks(),
            trust_env=False,
            follow_redirects=False,
        )

    def _ask(self, method: str, path: str, payload: object, limits: Limits) -> dict[str, object]:
        from rag.adapters import stream, wire

        try:
            with wire.Wire(self._server.url, limits, slack_s=0.0).client() as client:
                value = stream.ask_json(client, method, path, payload)
            if not isinstance(value, dict):
                raise StreamFault("not_object")
            return value
        except stream.CAUGHT as error:
            raise self._explain(error) from error

    def _explain(self, error: BaseException, partial: str = "") -> LLMError:
        from rag.adapters import stream

        if stream.diagnose(error)[0] != "not_found":
            return stream.fault(error, self._server, self._limits, partial)
        state = self.probe()
        server = replace(self._server, pull=_pull(self._model, state.nearest))
        return stream.fault(StreamFault("not_found"), server, self._limits, partial)


def loopback_url(host: str, default_port: int, *, allow_remote: bool) -> str:
    """`scheme://host:port[/path]`; raises LLMError for another machine unless `allow_remote`."""
    try:
        parts = urlsplit(host if "://" in host else f"http://{host}")
        name, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise LLMError(f"{one_line(host)!r} is not an address: write {DEFAULT_HOST}") from error
    if parts.scheme not in {"http", "https"} or not name:
        raise LLMError(f"{one_line(host)!r} is not an address: write {DEFAULT_HOST}")
    if name in {"0.0.0.0", "::"}:  # noqa: S104  # what a server listens on, not where it is
        name = "127.0.0.1"
    if not (allow_remote or _is_loopback(name)):
        raise LLMError(
            f"{one_line(name)} is another machine and would be sent your mail: "
            "use a local server, or allow it with --allow-remote"
        )
    shown = f"[{name}]" if ":" in name else name
    return f"{parts.scheme}://{shown}:{port or default_port}{parts.path.rstrip('/')}"


def _is_loopback(name: str) -> bool:
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def is_cloud_name(model: str) -> bool:
    """True for names like `gpt-oss:120b-cloud` and `glm-4.6:cloud`: they run at ollama.com."""
    return model.strip().lower().removesuffix(":latest").endswith(("-cloud", ":cloud"))


def full_tag(model: str) -> str:
    """The name Ollama stores: `llama3.2` is `llama3.2:latest`."""
    name = model.strip().lower()
    return name if ":" in name.rpartition("/")[2] else f"{name}:latest"


def nearest_model(model: str, models: tuple[str, ...]) -> str | None:
    """The installed model most like the wanted one: same family first, then like spelling."""
    family = full_tag(model).partition(":")[0]
    for installed in models:
        if full_tag(installed).partition(":")[0] == family:
            return installed
    close = get_close_matches(full_tag(model), [full_tag(name) for name in models], 1, 0.6)
    return next((name for name in models if close and full_tag(name) == close[0]), None)


_CLOUD = (
    "{model} runs on another machine (a cloud model) and would be sent your mail: "
    "use a local model, or allow it with --allow-remote"
)


def _pull(model: str, nearest: str | None) -> str:
    offer = f", or use the installed {nearest!r}" if nearest else ""
    return f"run `ollama pull {model}`{offer}"


def _options(prompt: Prompt) -> dict[str, int | float]:
    """Sampling is off: the same prompt gives the same answer."""
    sizes = {"num_ctx": prompt.num_ctx, "num_predict": prompt.num_predict}
    return {**sizes, "temperature": 0.0, "seed": 7}


def _strings(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _model_names(value: object) -> tuple[str, ...]:
    rows = [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
    names = [row.get("name") or row.get("model") for row in rows]
    return tuple(one_line(name) for name in names if isinstance(name, str))


def _context_in(model_info: object) -> int:
    """`<architecture>.context_length` of /api/show, at most MAX_CONTEXT."""
    info = model_info if isinstance(model_info, dict) else {}
    own = f"{info.get('general.architecture')}.context_length"
    keys = [own, *sorted(key for key in info if str(key).endswith(".context_length"))]
    sizes = (info.get(key) for key in keys)
    size = next((n for n in sizes if isinstance(n, int) and n >= 256), DEFAULT_CONTEXT)
    return min(size, MAX_CONTEXT)
