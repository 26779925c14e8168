"""An address to photograph."""

import io

import segno


def qr(text: str) -> bytes:
    """``text`` as a QR code (ISO/IEC 18004), SVG, black on white with its quiet zone."""
    image = io.BytesIO()
    code = segno.make(text, error="m", micro=False)
    code.save(image, kind="svg", scale=4, border=4, light="#fff", xmldecl=False, omitsize=True)
    return image.getvalue()
