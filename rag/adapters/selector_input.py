"""How the answer selector reads a question and a sentence of the mail: as one row of tokens."""

from typing import TYPE_CHECKING

from ingest.errors import ModelMissing
from rag.adapters.onnx_model import valid_utf8

if TYPE_CHECKING:
    from tokenizers import Tokenizer

#: Most tokens of each part. Four of the 1,640 sentences of the released emails, in both texts, are
#: longer, no heading, and no question of the suites.
_QUESTION, _SENTENCE, _HEADING = 40, 70, 60
#: Most tokens of all, with those between.
WINDOW = _QUESTION + _SENTENCE + _HEADING + 4


def encode(
    tokenizer: "Tokenizer", question: str, sentence: str, heading: str
) -> tuple[list[int], list[int]]:
    """Token ids and token types: the question, the sentence (of type 1), who wrote it when.

    `tokenizer` neither cuts nor pads.
    """
    begin, between = _special(tokenizer, "[CLS]"), _special(tokenizer, "[SEP]")
    texts = ((question, _QUESTION), (" ".join(sentence.split()), _SENTENCE), (heading, _HEADING))
    asked, told, by = (
        tokenizer.encode(valid_utf8(text), add_special_tokens=False).ids[:most]
        for text, most in texts
    )
    ids = [begin, *asked, between, *told, between, *by, between]
    return ids, [0] * (len(asked) + 2) + [1] * (len(told) + 1) + [0] * (len(by) + 1)


def _special(tokenizer: "Tokenizer", token: str) -> int:
    number = tokenizer.token_to_id(token)
    if number is None:
        raise ModelMissing(f"the tokenizer of the answer selector has no {token}")
    return number
