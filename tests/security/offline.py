"""Uses all of Exhibit on a machine without a network, and counts what wanted to leave it.

`unshare -rn python -m tests.security.offline FOLDER`, with EXHIBIT_MODELS for the exported model,
leaves FOLDER/offline.json. The kernel counts
every packet and connection that had no way out, also those of libraries that are not Python.
"""

import asyncio
import fcntl
import json
import os
import socket
import struct
import sys
from pathlib import Path

from tests.ollama_double import OllamaDouble
from tests.page_client import Tab
from tests.security.household import Household, made

_SET_FLAGS, _UP_AND_RUNNING = 0x8914, 0x41


def main(folder: Path) -> None:
    """Ingest, ask, eval, chat and its MCP tools, with the real model and an Ollama double."""
    _raise_loopback()
    before = unroutable()
    told: dict[str, object] = {}
    with OllamaDouble(reply=["The harbour costs 10 crowns [1]."]) as double:
        given = {"EXHIBIT_MODELS": os.environ["EXHIBIT_MODELS"], "OLLAMA_HOST": double.url}
        house = made(folder, hashing=False, **given)
        told["codes"] = _commands(house)
        with house.served("--mcp", "--answerer", "auto") as url:
            told["page"] = asyncio.run(_asked(f"{url}/"))
            told["mcp"] = asyncio.run(_called(f"{url}/mcp"))
        told["chats"] = len(double.chats)
    told["unroutable"] = unroutable() - before
    told["off"] = [line for line in house.sockets() if line.startswith("off")]
    told["loopback"] = len(house.sockets())
    told["left_at_home"] = sorted(path.name for path in (house.home / "user").rglob("*"))
    told["noticed"] = _noticed()
    (folder / "offline.json").write_text(json.dumps(told), encoding="utf-8")


def unroutable() -> int:
    """How often something here wanted to leave this machine (or network namespace)."""
    old = [row.split() for row in Path("/proc/net/snmp").read_text().splitlines()]
    names, values = [row for row in old if row[0] == "Ip:"]
    new = dict(row.split() for row in Path("/proc/net/snmp6").read_text().splitlines())
    return int(values[names.index("OutNoRoutes")]) + int(new["Ip6OutNoRoutes"])


def _commands(house: Household) -> list[int]:
    suite = house.out / "suite.jsonl"
    case = {"id": "one", "question": "What does the harbour cost?", "type": "fact"}
    case |= {"gold_messages": [], "gold_mode": "any", "answer": "", "answer_any": []}
    suite.write_text(json.dumps(case) + "\n", encoding="utf-8")
    commands = [
        ["ingest", str(house.mailbox)],
        ["ask", "What does the harbour cost?", "--answerer", "extractive"],
        ["ask", "What does the harbour cost?", "--answerer", "ollama"],
        ["search", "harbour"],
        ["eval", str(suite)],
        ["doctor"],
    ]
    return [code for code, _, _ in house.run(*commands)]


async def _asked(url: str) -> str:
    async with Tab(url) as tab:
        return (await tab.ask("What does the harbour cost?")).error


async def _called(url: str) -> bool:
    import mcp

    async with mcp.Client(url) as client:
        result = await client.call_tool("ask", {"question": "What does the harbour cost?"})
        return bool(result.is_error)


def _noticed() -> int:
    """What the counter makes of one connection and one look-up that do want to leave."""
    before = unroutable()
    for host in ("192.0.2.1", "example.org"):
        try:
            socket.create_connection((host, 80), timeout=5).close()
        except OSError:
            continue
    return unroutable() - before


def _raise_loopback() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh", b"lo", _UP_AND_RUNNING)
        fcntl.ioctl(any_socket, _SET_FLAGS, request)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
