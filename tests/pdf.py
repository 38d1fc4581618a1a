"""PDF files for tests, written by hand: pages of lines in one font.

Knows as much of ISO 32000 as that takes. Must never be taken for a writer of PDFs.
"""

from collections.abc import Sequence


def a_pdf(*pages: Sequence[str], broken: bool = False) -> bytes:
    """A file of these pages, each of these lines from its top."""
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b""]
    objects += [b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"]
    kids = []
    for lines in pages:
        shown = b" T* ".join(b"(%b) Tj" % _escaped(line) for line in lines)
        stream = b"BT /F1 11 Tf 14 TL 50 800 Td " + shown + b" ET"
        objects.append(b"<</Length %d>>stream\n%b\nendstream" % (len(stream), stream))
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>>>"
            b"/Contents %d 0 R>>" % len(objects)
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<</Type/Pages/Kids[%b]/Count %d>>" % (b" ".join(kids), len(kids))
    return _file(objects, broken=broken)


def _file(objects: Sequence[bytes], *, broken: bool) -> bytes:
    body, places = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"), []
    for number, each in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%b\nendobj\n" % (number, each)
    if broken:
        return bytes(body[: len(body) * 9 // 10])
    start = len(body)
    rows = b"".join(b"%010d 00000 n \n" % place for place in places)
    body += b"xref\n0 %d\n0000000000 65535 f \n%b" % (len(places) + 1, rows)
    body += b"trailer<</Size %d/Root 1 0 R>>\n" % (len(places) + 1)
    return bytes(body + b"startxref\n%d\n%%%%EOF\n" % start)


def _escaped(line: str) -> bytes:
    text = line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return text.encode("cp1252", "replace")
