"""Compressed bodies: unpacked within bounds, with what is wrong with them told and not raised."""

import zlib

GZIP = 31  # zlib's word for the format; 15 is zlib's own, -15 the bare stream
MAGIC = b"\x1f\x8b"
_STEP = 1 << 16


def unpacked(body: bytes, form: int, most: int) -> tuple[bytes, str]:
    """What could be unpacked, at most `most` bytes, and why that is not all; empty: it is all.

    Several gzip members one behind the other are one body (RFC 1952); other bytes behind the last are padding.
    """
    text = bytearray()
    while True:
        inflating = zlib.decompressobj(form)
        left = body
        try:
            while not inflating.eof:
                piece = inflating.decompress(left, min(_STEP, most + 1 - len(text)))
                text += piece
                if len(text) > most:
                    return bytes(text[:most]), f"解压后超过 {most >> 20} MB"
                left = inflating.unconsumed_tail
                if not piece and not left:  # zlib may hold the end of a text back when all of the body was taken in
                    break
        except zlib.error as error:
            return bytes(text), f"压缩数据损坏: {error}"
        if not inflating.eof:
            return bytes(text), "压缩数据不完整"
        body = inflating.unused_data
        if form != GZIP or body[:2] != MAGIC:
            return bytes(text), ""
