"""How much of one message or archive is read, so that no mail can exhaust the machine.

Every limit that bites is reported: a line in `Draft.warnings`, or a `Skipped` entry.
"""

from dataclasses import dataclass

KIB = 1024
MIB = 1024 * KIB


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds for reading; pass another instance to raise or lower them.

    The first group bounds one message, the second one archive file.
    """

    #: Levels of multipart or attached mail. Dovecot allows 100 (message-parser.h); real mail stays
    #: below 10, and every level costs one pass over the text inside it.
    nesting_depth: int = 50
    #: Levels of mail inside encoded (base64) or signed parts, each of which is decoded in turn.
    encoded_depth: int = 8
    #: MIME parts. Dovecot allows 10,000; a thousand inline pictures is already generated mail.
    parts: int = 1_000
    #: One header field. A 560 kB RFC 2047 subject cost the standard library over 6 GB.
    header_bytes: int = 256 * KIB
    #: All header fields of one part (Dovecot CVE-2024-23184: 500,000 header lines took 18 minutes).
    headers_bytes: int = 1 * MIB
    #: Characters of decoded text per message: about 350,000 words, more than a long book.
    text_chars: int = 2 * MIB
    #: Bytes of HTML turned into text per part; the converter needs about 2 s for a MiB.
    html_bytes: int = 1 * MIB
    #: Addresses over To and Cc. The standard library needed 8 s for 20,000.
    addresses: int = 2_000
    #: One raw message; Gmail and Exchange Online refuse mail above 25 to 150 MB.
    message_bytes: int = 50 * MIB
    #: Characters of text taken from each attached file.
    attachment_chars: int = 256 * KIB
    #: Pages read from a PDF; the longest court exhibit seen has about 200.
    pdf_pages: int = 500
    #: Bytes of a PDF handed to the PDF library.
    pdf_bytes: int = 64 * MIB

    #: Expansion of an archive member above which it is a bomb: mail compresses 3 to 20 times,
    #: deflate at most 1,032 times. Only judged once `archive_free_bytes` have been read.
    archive_ratio: int = 150
    archive_free_bytes: int = 64 * MIB
    #: Bytes unpacked from one archive file in total.
    archive_bytes: int = 64 * 1024 * MIB
    #: Members of one archive; the standard library keeps about 0.5 kB for each in memory.
    archive_entries: int = 200_000
    #: Archives inside archives.
    archive_depth: int = 3
