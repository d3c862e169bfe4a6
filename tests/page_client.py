"""Asks questions of the real page over HTTP, as a browser tab does: one session, one event stream.

gradio sends a frame whole once and then only what changed; `Asked.seen` is all that was sent.
"""

import json
import secrets
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import httpx


@dataclass(slots=True)
class Asked:
    """One question: what the server sent for it, and when (seconds since it was asked)."""

    seen: str = ""
    done_s: float = 0.0
    error: str = ""
    #: Time of each message.
    at: list[tuple[float, str]] = field(default_factory=list)

    def first(self, *words: str) -> float:
        """When the first message with one of the words came; infinity if none did."""
        times = (at for at, text in self.at if any(word in text for word in words))
        return next(times, float("inf"))


class Tab:
    """One browser tab. Open it with `async with`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = secrets.token_hex(6)
        self._http = httpx.AsyncClient(base_url=url, timeout=None, trust_env=False)
        self._function = self._stop = -1
        self._inputs: list[str | None] = []

    async def __aenter__(self) -> "Tab":
        config = (await self._http.get("/config")).raise_for_status().json()
        ids = {c["id"]: c["props"].get("elem_id") for c in config["components"]}
        for dependency in config["dependencies"]:
            targets = {(ids.get(target), event) for target, event in dependency["targets"]}
            if ("question", "submit") in targets:
                self._function = dependency["id"]
                self._inputs = [ids.get(i) for i in dependency["inputs"]]
            if ("stop", "click") in targets:
                self._stop = dependency["id"]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def ask(self, question: str) -> Asked:
        """Ask and read until the answer is whole; trouble is in `error`."""
        asked, started = Asked(), time.monotonic()
        # What is left out is the tab's state, which the server keeps.
        given = {"question": question, "from": [], "to": [], "since": "", "until": ""}
        joined = await self._join(self._function, [given.get(i or "") for i in self._inputs])
        if joined.status_code != 200:
            asked.error = f"{joined.status_code} {joined.text[:200]}"
            return asked
        own = joined.json()["event_id"]
        async for message in self._messages():
            if message.get("event_id") != own:
                continue
            now = time.monotonic() - started
            text = json.dumps(message.get("output", {}), ensure_ascii=False)
            asked.seen += text
            asked.at.append((now, text))
            if message["msg"] == "process_completed":
                asked.done_s = now
                asked.error = "" if message["success"] else text
        return asked

    async def stop(self) -> None:
        """Press Stop."""
        (await self._join(self._stop, [])).raise_for_status()

    async def show(self, message_id: str) -> str:
        """What the endpoint `/show` sends for a message."""
        call = await self._http.post("/gradio_api/call/show", json={"data": [message_id]})
        event = call.raise_for_status().json()["event_id"]
        return (await self._http.get(f"/gradio_api/call/show/{event}")).text

    async def _join(self, function: int, data: Sequence[object]) -> httpx.Response:
        sent = {"data": data, "fn_index": function, "session_hash": self.session}
        return await self._http.post("/gradio_api/queue/join", json=sent)

    async def _messages(self) -> AsyncIterator[dict[str, object]]:
        where = {"session_hash": self.session}
        async with self._http.stream("GET", "/gradio_api/queue/data", params=where) as stream:
            async for line in stream.aiter_lines():
                message = json.loads(line[5:]) if line.startswith("data:") else {}
                if message.get("msg") == "close_stream":
                    return
                if message:
                    yield message
