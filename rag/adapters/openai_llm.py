"""Answers written by any server with the OpenAI chat route (vLLM, llama.cpp, LM Studio, ...)."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ingest.errors import LLMError
from rag.adapters.faults import Limits, Server, StreamFault, one_line
from rag.adapters.served import DEFAULT_CONTEXT, MAX_CONTEXT, ServedModel, local_url
from rag.ports import Prompt, Usage

if TYPE_CHECKING:
    import httpx

    from rag.adapters.stream import Piece
    from rag.adapters.wire import Connection

#: How an address is written.
_EXAMPLE = "http://127.0.0.1:8000/v1"
_ASK = Limits(first_token_s=2.0, read_s=2.0, total_s=3.0, connect_s=1.0, max_bytes=4 << 20)


class OpenAILLM(ServedModel):
    """Implements the LLM port over `{base_url}/chat/completions`; the key is never shown.

    `base_url` ends in /v1 as a rule. Raises LLMError at once for another machine unless
    `allow_remote`.
    """

    def __init__(
        self,
        model: str,
        base_url: str,
        api_key: str | None = None,
        context_length: int | None = None,
        *,
        limits: Limits | None = None,
        allow_remote: bool = False,
    ) -> None:
        port = 443 if base_url.startswith("https:") else 80
        url = local_url(base_url, port, example=_EXAMPLE, allow_remote=allow_remote)
        if not model.strip():
            raise LLMError(f"no model is named for {url}: set one with --model")
        super().__init__(Server("The OpenAI-compatible server", url, model), limits)
        self._key = api_key or ""
        self._context = context_length

    def context_length(self) -> int:
        """Tokens the model can read at once: as set, else as /models says, else 4096."""
        if self._context is None:
            self._context = min(_context_in(self._models(), self.name), MAX_CONTEXT)
        return self._context

    def _models(self) -> object:
        from rag.adapters import stream, wire

        try:
            with wire.Wire(self._server.url, _ASK, slack_s=0.0).client(self._headers()) as client:
                return stream.ask_json(client, "GET", "/models")
        except stream.CAUGHT as error:
            raise self._explain(error, limits=_ASK) from error

    def _events(self, prompt: Prompt, connection: "Connection") -> "Iterator[Piece | Usage]":
        from rag.adapters import stream, wire

        sender = wire.Wire(self._server.url, self._limits, connection)
        body = _request(self.name, prompt)
        with (
            sender.client(self._headers()) as client,
            client.stream("POST", "/chat/completions", json=body) as response,
        ):
            if response.status_code >= 400:
                detail = stream.error_text(response.read().decode("utf-8", "replace"))
                raise StreamFault(stream.reason_of_status(response.status_code), detail)
            yield from _completion(response)

    def _headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self._key}"} if self._key else {}

    def _explain(
        self, error: BaseException, partial: str = "", *, limits: Limits | None = None
    ) -> LLMError:
        from rag.adapters import stream

        limits = limits or self._limits
        made = stream.fault(error, self._server, limits, partial)
        if not self._key or self._key not in str(made):
            return made
        # A server may repeat the key it refused; it must not reach a log or a screen.
        detail = stream.diagnose(error)[1].replace(self._key, "***")
        hidden = StreamFault(stream.diagnose(error)[0], detail)
        return stream.fault(hidden, self._server, limits, partial)


def _request(model: str, prompt: Prompt) -> dict[str, object]:
    return {
        "model": model,
        "messages": [
            {"role": "system", "content": prompt.system},
            {"role": "user", "content": prompt.user},
        ],
        "max_tokens": prompt.num_predict,
        "temperature": 0.0,
        "seed": 7,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def _completion(response: "httpx.Response") -> "Iterator[Piece | Usage]":
    """Events of a server-sent stream (WHATWG HTML, section 9.2), closed by `data: [DONE]`."""
    from rag.adapters.stream import Piece

    reason = ""
    usage: tuple[int | None, int | None] = (None, None)
    for line in response.iter_lines():
        if not line.startswith("data:"):
            _check_other(line)
            continue
        data = line.removeprefix("data:").strip()
        if data == "[DONE]":
            break
        event = _event(data)
        usage = _tokens(event.get("usage")) or usage
        piece, finish = _choice(event.get("choices"))
        reason = finish or reason
        yield piece or Piece("")
    if reason:
        yield Usage(*usage, reason)


def _check_other(line: str) -> None:
    """Blank lines, comments and other fields belong to the format; anything else does not."""
    if line and not line.startswith((":", "event:", "id:", "retry:")):
        event = _event(line)
        raise StreamFault("bad_line", str(sorted(event)))


def _event(data: str) -> dict[str, object]:
    event = json.loads(data)
    if not isinstance(event, dict):
        raise StreamFault("not_object")
    if error := event.get("error"):
        words = error.get("message") if isinstance(error, dict) else error
        raise StreamFault("error_line", one_line(str(words)))
    return event


def _choice(choices: object) -> tuple["Piece | None", str]:
    """The piece of text and the finish reason of one event; a usage event has no choices."""
    from rag.adapters.stream import Piece

    if choices is None or choices == []:
        return None, ""
    choice = choices[0] if isinstance(choices, list) else None
    delta = choice.get("delta") if isinstance(choice, dict) else None
    if not isinstance(choice, dict) or not isinstance(delta, dict):
        raise StreamFault("wrong_types")
    finish = choice.get("finish_reason") or ""
    content = delta.get("content") or ""
    thinking = delta.get("reasoning_content") or delta.get("reasoning")
    if not isinstance(content, str) or not isinstance(finish, str):
        raise StreamFault("wrong_types")
    if thinking and not content:
        return Piece(str(thinking), thinking=True), finish
    return Piece(content), finish


def _tokens(usage: object) -> tuple[int | None, int | None] | None:
    if not isinstance(usage, dict):
        return None
    counts = (usage.get("prompt_tokens"), usage.get("completion_tokens"))
    prompt, answer = (count if isinstance(count, int) else None for count in counts)
    return prompt, answer


def _context_in(listing: object, model: str) -> int:
    """vLLM's `max_model_len` or llama.cpp's `meta.n_ctx_train` of the model in /models."""
    rows = listing.get("data") if isinstance(listing, dict) else None
    rows = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    row = next((row for row in rows if row.get("id") == model), rows[0] if len(rows) == 1 else {})
    meta = row.get("meta")
    trained = meta.get("n_ctx_train") if isinstance(meta, dict) else None
    size = row.get("max_model_len") or trained
    return size if isinstance(size, int) and size >= 256 else DEFAULT_CONTEXT
