"""The flags that several commands share, declared once."""

from pathlib import Path
from typing import Annotated, Literal

import typer

IndexFlag = Annotated[
    Path | None,
    typer.Option("--index", metavar="DIR", help="Index folder (default: EXHIBIT_INDEX, or yours)."),
]
JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
AnswererFlag = Annotated[
    Literal["auto", "ollama", "openai", "extractive"] | None,
    typer.Option("--answerer", help="Who phrases the answer; extractive quotes the mail itself."),
]
ModelFlag = Annotated[
    str | None, typer.Option("--model", metavar="NAME", help="Language model, such as llama3.2.")
]
FromFlag = Annotated[
    list[str] | None,
    typer.Option("--from", metavar="PERSON", help="Only mail written by PERSON; may be repeated."),
]
ToFlag = Annotated[
    list[str] | None,
    typer.Option("--to", metavar="PERSON", help="Only mail sent to PERSON; may be repeated."),
]
SinceFlag = Annotated[
    str | None, typer.Option("--since", metavar="DATE", help="From this day, month or year on.")
]
UntilFlag = Annotated[
    str | None, typer.Option("--until", metavar="DATE", help="Up to this day, month or year.")
]
RemoteFlag = Annotated[
    bool | None,
    typer.Option("--allow-remote", help="Let a model on another machine read passages of mail."),
]
