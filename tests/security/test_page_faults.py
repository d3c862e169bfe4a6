"""A fault in the page's handlers shows neither the browser nor the terminal words of mail."""

import json
from urllib.request import Request, urlopen

import pytest

from tests.ui.fake_archive import FakeEngine
from tests.ui.page_server import served

CANARY = "maiden00canary"


class Broken(FakeEngine):
    """An engine that fails with words of mail in its message."""

    def search(self, *_: object, **__: object) -> None:  # type: ignore[override]
        raise ValueError(f"cannot parse {CANARY}")


# gradio 6.31 counts failed calls with what pandas 3.1 deprecates.
@pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning")
def test_an_unforeseen_fault_of_an_endpoint_is_one_line(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EXHIBIT_DEBUG", raising=False)
    with served(Broken()) as url:
        body = json.dumps({"data": ["harbour", 3]}).encode()
        call = Request(f"{url}gradio_api/call/search", body, {"Content-Type": "application/json"})
        event = json.load(urlopen(call))["event_id"]
        told = urlopen(f"{url}gradio_api/call/search/{event}").read().decode()
        err = capfd.readouterr().err
    assert CANARY not in told + err
    assert "unexpected ValueError" in told
    assert err.startswith("exhibit: unexpected ValueError at ")
    assert err.count("\n") == 1
