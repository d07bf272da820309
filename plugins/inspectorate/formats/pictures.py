"""Pictures that people hand in, of which only what paper can show is let in, and small ones of kept pictures."""

import io
import struct
from pathlib import Path

from docx.image.exceptions import InvalidImageStreamError, UnexpectedEndOfFileError, UnrecognizedImageError
from docx.image.image import Image
from PIL import Image as Raster

MOST_BYTES = 2_000_000
KINDS = ("image/png", "image/jpeg")
SMALL = (760, 644)  # pixels of a small picture at the most
QUALITY = 70


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


def small(body: bytes) -> bytes | None:
    """The upper part of a kept picture as a small JPEG, as wide as the box and no higher; None: it is no picture."""
    try:
        with Raster.open(io.BytesIO(body), formats=["PNG", "JPEG"]) as kept:
            width, height = kept.size
            upper = kept.crop((0, 0, width, min(height, max(1, width * SMALL[1] // SMALL[0])))).convert("RGB")
    except (OSError, SyntaxError, ValueError, Raster.DecompressionBombError):
        return None
    upper.thumbnail(SMALL, Raster.Resampling.LANCZOS)
    made = io.BytesIO()
    upper.save(made, "JPEG", quality=QUALITY, optimize=True)
    return made.getvalue()
