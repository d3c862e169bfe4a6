"""Answers written by a local Ollama server: its own client, with the limits that one lacks."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from ingest.errors import LLMError
from rag.adapters.faults import Limits, Server, StreamFault, one_line
from rag.adapters.served import DEFAULT_CONTEXT, MAX_CONTEXT, ServedModel, local_url
from rag.ports import Prompt, PullProgress, Usage

if TYPE_CHECKING:
    import ollama

    from rag.adapters.stream import Piece
    from rag.adapters.wire import Connection, Wire

DEFAULT_HOST = "http://127.0.0.1:11434"
DEFAULT_PORT = 11434
#: Doctor and a question wait for these together less than 1.5 s; a server that is busy needs more
#: than a few tenths.
_PROBE = Limits(first_token_s=0.7, read_s=0.7, total_s=0.7, connect_s=0.7, max_bytes=4 << 20)
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


class OllamaLLM(ServedModel):
    """Implements the LLM port. Mail goes to this host only, and only to a loopback one unless
    `allow_remote`; raises LLMError at once for a remote host or a cloud model."""

    def __init__(
        self,
        model: str,
        *,
        host: str = DEFAULT_HOST,
        limits: Limits | None = None,
        allow_remote: bool = False,
    ) -> None:
        url = local_url(host, DEFAULT_PORT, example=DEFAULT_HOST, allow_remote=allow_remote)
        if not model.strip():
            raise LLMError("no Ollama model is named: set one with --model, e.g. llama3.2")
        if is_cloud_name(model) and not allow_remote:
            raise LLMError(_CLOUD.format(model=one_line(model)))
        server = Server("Ollama", url, model, "ollama serve", _pull(model, None))
        super().__init__(server, limits)
        self._allow_remote = allow_remote
        self._context: int | None = None
        self._think: bool | None = None

    def context_length(self) -> int:
        """Tokens the model can read at once, asked once from /api/show; raises LLMError."""
        if self._context is None:
            shown = self._ask("POST", "/api/show", {"model": self.name}, _SHOW)
            if not self._allow_remote and (shown.get("remote_host") or shown.get("remote_model")):
                raise LLMError(_CLOUD.format(model=one_line(self.name)))
            # Reasoning costs minutes on a small machine and is not shown: off where it can be.
            self._think = False if "thinking" in _strings(shown.get("capabilities")) else None
            self._context = _context_in(shown.get("model_info"))
        return self._context

    def probe(self) -> ModelState:
        """Whether the server answers and has the model, within 1.5 s; never raises."""
        try:
            version = self._ask("GET", "/api/version", None, _PROBE).get("version")
            models = _model_names(self._ask("GET", "/api/tags", None, _PROBE).get("models"))
        except LLMError as error:
            return ModelState(False, None, (), False, None, str(error))
        present = full_tag(self.name) in {full_tag(model) for model in models}
        nearest = None if present else nearest_model(self.name, models)
        fix = "" if present else f"Ollama has no model {self.name!r}: {_pull(self.name, nearest)}"
        number = version if isinstance(version, str) else None
        return ModelState(True, number, models, present, nearest, fix)

    def pull(self) -> Generator[PullProgress, None, None]:
        """Have the server download the model; raises LLMError."""
        from rag.adapters import stream, wire

        try:
            with self._client(wire.Wire(self._server.url, _PULL)) as client:
                status = ""
                for line in client.pull(self.name, stream=True):
                    status = line.status or ""
                    yield PullProgress(one_line(status), line.completed, line.total)
            if status != "success":
                raise StreamFault("no_done")
        except stream.CAUGHT as error:
            raise stream.fault(error, self._server, _PULL) from error

    def _events(self, prompt: Prompt, connection: "Connection") -> "Iterator[Piece | Usage]":
        from rag.adapters import stream, wire

        # A server loads the model again for another size: one that is loaded is used as it is.
        num_ctx = max(prompt.num_ctx, self._loaded_context())
        with self._client(wire.Wire(self._server.url, self._limits, connection)) as client:
            for part in client.chat(
                model=self.name,
                messages=[
                    {"role": "system", "content": prompt.system},
                    {"role": "user", "content": prompt.user},
                ],
                stream=True,
                think=self._think,
                options=_options(num_ctx, prompt.num_predict),
                keep_alive="30m",
            ):
                if part.message.thinking:
                    yield stream.Piece(part.message.thinking, thinking=True)
                yield stream.Piece(part.message.content or "")
                if part.done:
                    yield Usage(part.prompt_eval_count, part.eval_count, part.done_reason or "")
                    return

    def _loaded_context(self) -> int:
        """Tokens that the model has been loaded for, from /api/ps; 0 when it is not or not told."""
        try:
            loaded = self._ask("GET", "/api/ps", None, _PROBE).get("models")
        except LLMError:
            return 0
        rows = [row for row in loaded if isinstance(row, dict)] if isinstance(loaded, list) else []
        wanted = full_tag(self.name)
        sizes = [row.get("context_length") for row in rows if row.get("name") == wanted]
        return max((n for n in sizes if isinstance(n, int) and n <= MAX_CONTEXT), default=0)

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
            raise self._explain(error, limits=limits) from error

    def _explain(
        self, error: BaseException, partial: str = "", *, limits: Limits | None = None
    ) -> LLMError:
        from rag.adapters import stream

        limits = limits or self._limits
        if stream.diagnose(error)[0] != "not_found":
            return stream.fault(error, self._server, limits, partial)
        state = self.probe()
        server = replace(self._server, pull=_pull(self.name, state.nearest))
        return stream.fault(StreamFault("not_found"), server, limits, partial)


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
    return f"run `exhibit doctor --pull` or `ollama pull {model}`{offer}"


def _options(num_ctx: int, num_predict: int) -> dict[str, int | float]:
    """Sampling is off: the same prompt gives the same answer."""
    sizes = {"num_ctx": num_ctx, "num_predict": num_predict}
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
