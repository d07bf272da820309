"""Pictures that people hand in: only what paper can show is let in."""

import struct
from pathlib import Path

from docx.image.exceptions import InvalidImageStreamError, UnexpectedEndOfFileError, UnrecognizedImageError
from docx.image.image import Image

MOST_BYTES = 2_000_000
KINDS = ("image/png", "image/jpeg")


def read_picture(file: Path) -> bytes | None:
    """The bytes of a picture; None: it is none that paper can show, or too large."""
    if file.stat().st_size > MOST_BYTES:
        return None
    body = file.read_bytes()
    try:
        shown = Image.from_blob(body)
        size = shown.px_width * shown.px_height
    except (
        UnrecognizedImageError, UnexpectedEndOfFileError, InvalidImageStreamError, AttributeError, IndexError,
        KeyError, ValueError, struct.error,
    ):  # fmt: skip
        return None
    return body if size and shown.content_type in KINDS else None
