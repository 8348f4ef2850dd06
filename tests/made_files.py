"""Files made for tests: photographs, papers, sounds and films that tell of a sender who does not exist.

Every telling value holds one of the canaries, so that a test can look for all of them in whatever comes out.
"""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from typing import Final

import pikepdf
import pillow_heif
from PIL import Image, ImageCms, PngImagePlugin, TiffImagePlugin

AUTHOR: Final = "ZhangCanaryAuthor"
DEVICE: Final = "CanaryPhone 15 Pro"
SERIAL: Final = "CANARYSN0042"
PLACE: Final = "CanaryHarbour"
CANARIES: Final = (AUTHOR, DEVICE, SERIAL, PLACE)

pillow_heif.register_heif_opener()


def a_picture(*, side: int = 320, seed: int = 1, mode: str = "RGB") -> Image.Image:
    """Make a picture with some detail in it, taller than wide."""
    noise = random.Random(seed)
    small = Image.frombytes("RGB", (16, 24), noise.randbytes(16 * 24 * 3))
    return small.resize((side, side * 3 // 2)).convert(mode)


def a_large_noise(size: int) -> bytes:
    """Make a JPEG of about `size` bytes, by noise that does not compress."""
    side = int((size / 1.6) ** 0.5) + 8
    picture = Image.frombytes("L", (side, side), random.Random(2).randbytes(side * side))
    content = _written(picture, "JPEG", quality=95)
    return content + bytes(max(0, size - len(content)))


def exif(*, turned: int = 1) -> Image.Exif:
    """Make EXIF with camera, owner, serial number, comment and a place on earth."""
    told = Image.Exif()
    told[0x010E], told[0x010F], told[0x0110], told[0x0112] = PLACE, "CanaryMaker", DEVICE, turned
    told[0x013B], told[0x8298], told[0x0131] = AUTHOR, f"(c) {AUTHOR}", "CanaryOS 1.0"
    told[0x9C9D] = AUTHOR.encode("utf-16-le")
    inner = told.get_ifd(0x8769)
    inner[0x9003], inner[0xA430], inner[0xA431] = "2026:10:01 08:30:00", AUTHOR, SERIAL
    inner[0xA434], inner[0x9286] = f"{DEVICE} lens", b"ASCII\0\0\0" + PLACE.encode()
    inner[0x927C] = b"CanaryMakerNote" + SERIAL.encode()
    degrees = (TiffImagePlugin.IFDRational(29), TiffImagePlugin.IFDRational(59), TiffImagePlugin.IFDRational(3, 1))
    gps = told.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4], gps[0x1C] = "N", degrees, "E", degrees, b"ASCII\0\0\0" + PLACE.encode()
    return told


def xmp() -> bytes:
    return (
        '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF'
        ' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
        f' xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator><rdf:Seq><rdf:li>{AUTHOR}</rdf:li></rdf:Seq>'
        "</dc:creator></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end='w'?>"
    ).encode()


def profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def a_jpeg(*, seed: int = 1, side: int = 320, turned: int = 1, mode: str = "RGB", told: bool = True) -> bytes:
    if not told:
        return _written(a_picture(seed=seed, side=side, mode=mode), "JPEG", quality=85)
    content = _written(
        a_picture(seed=seed, side=side, mode=mode),
        "JPEG",
        quality=85,
        exif=exif(turned=turned),
        xmp=xmp(),
        comment=AUTHOR.encode(),
        icc_profile=profile() if mode == "RGB" else None,
    )
    return content + b"behind the end: " + SERIAL.encode()


def a_png(*, seed: int = 1, mode: str = "RGB", side: int = 320) -> bytes:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Author", AUTHOR)
    notes.add_itxt("Software", DEVICE)
    notes.add_text("Comment", PLACE, zip=True)
    notes.add(b"prVt", SERIAL.encode())
    return _written(
        a_picture(seed=seed, mode=mode, side=side), "PNG", pnginfo=notes, exif=exif(), icc_profile=profile()
    )


def a_heic(*, seed: int = 1, side: int = 256, turned: int = 1) -> bytes:
    return _written(a_picture(seed=seed, side=side), "HEIF", quality=60, exif=exif(turned=turned).tobytes(), xmp=xmp())


def a_pdf(*, pages: int = 1, seed: int = 1, photograph: bool = True, password: str | None = None) -> bytes:
    """Make a PDF with an author, a script, an attached file, private data, and a photograph that has EXIF."""
    with pikepdf.new() as paper:
        for _ in range(pages):
            page = paper.add_blank_page(page_size=(300, 400))
            if photograph:
                _put_photograph(paper, page, seed=seed)
            page.obj.PieceInfo = pikepdf.Dictionary(Word=pikepdf.Dictionary(Private=AUTHOR))
            page.obj.AA = pikepdf.Dictionary(
                O=pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=f"app.alert('{SERIAL}')")
            )
            note = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Text, T=AUTHOR, Contents=PLACE)
            note.Rect = pikepdf.Array([0, 0, 10, 10])
            page.obj.Annots = pikepdf.Array([paper.make_indirect(note)])
        paper.docinfo["/Author"], paper.docinfo["/Producer"], paper.docinfo["/Title"] = AUTHOR, DEVICE, PLACE
        with paper.open_metadata() as described:
            described["dc:creator"] = [AUTHOR]
        paper.attachments["canary.txt"] = SERIAL.encode()
        paper.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=f"app.alert('{SERIAL}')")
        out = io.BytesIO()
        paper.save(out, encryption=pikepdf.Encryption(owner=password, user=password) if password else False)
        return out.getvalue()


def _put_photograph(paper: pikepdf.Pdf, page: pikepdf.Page, *, seed: int) -> None:
    photograph = pikepdf.Stream(paper, a_jpeg(seed=seed, side=64))
    photograph.stream_dict = pikepdf.Dictionary(
        Type=pikepdf.Name.XObject,
        Subtype=pikepdf.Name.Image,
        Width=64,
        Height=96,
        ColorSpace=pikepdf.Name.DeviceRGB,
        BitsPerComponent=8,
        Filter=pikepdf.Name.DCTDecode,
        Metadata=paper.make_stream(xmp(), Type=pikepdf.Name.Metadata),
    )
    page.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(A=photograph, Metadata=photograph))
    page.obj.Contents = paper.make_stream(b"q 200 0 0 300 50 50 cm /A Do Q q 20 0 0 30 5 5 cm /Metadata Do Q")


def a_pdf_bomb() -> bytes:
    """Make a small PDF with a stream that unpacks to more than half a gigabyte, packed twice."""
    inner = zlib.compressobj(9)
    zeros = b"".join(inner.compress(bytes(1024 * 1024)) for _ in range(600)) + inner.flush()
    with pikepdf.new() as paper:
        page = paper.add_blank_page()
        bomb = pikepdf.Stream(paper, b"")
        bomb.write(zeros, filter=pikepdf.Name.FlateDecode)
        page.obj.Contents = bomb
        out = io.BytesIO()
        paper.save(out, compress_streams=False)
        return out.getvalue()


def an_image_bomb(side: int = 10_000) -> bytes:
    """Make a PNG of side x side white pixels in a few kilobytes."""
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    rows = zlib.compressobj(9)
    line = b"\0" + b"\xff" * side * 3
    body = b"".join(rows.compress(line) for _ in range(side)) + rows.flush()
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def a_jpeg_that_claims(width: int, height: int) -> bytes:
    """Make a JPEG whose header claims another size than it has."""
    content = bytearray(a_jpeg(told=False))
    at = content.index(b"\xff\xc0")
    content[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(content)


def a_bill_in_xml(*, number: str = "0012345678") -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><?xml-stylesheet href="http://canary.test/{SERIAL}"?>'
        f"<!-- {AUTHOR} --><billInfo><elecSetlCertCode>33060126</elecSetlCertCode>"
        f"<elecSetlCertNo>{number}</elecSetlCertNo><billAmt>1234.50</billAmt></billInfo>"
    ).encode()


def an_ofd() -> bytes:
    name = 'xmlns:ofd="http://www.ofdspec.org/2016"'
    return packed(
        {
            "OFD.xml": f'<?xml version="1.0"?><ofd:OFD {name} Version="1.0" DocType="OFD"><ofd:DocBody><ofd:DocInfo>'
            f"<ofd:DocID>1</ofd:DocID><ofd:Author>{AUTHOR}</ofd:Author><ofd:Creator>{DEVICE}</ofd:Creator></ofd:DocInfo>"
            "<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>",
            "Doc_0/Document.xml": f"<ofd:Document {name}><ofd:Pages/><ofd:Actions><ofd:Action/></ofd:Actions>"
            "</ofd:Document>",
            "Doc_0/Pages/Page_0/Content.xml": f"<ofd:Page {name}><ofd:Content/></ofd:Page>",
            "Doc_0/Res/seal.jpg": a_jpeg(side=32),
            "Doc_0/Attachs/original.bin": SERIAL,
        }
    )


def packed(parts: dict[str, str | bytes], *, level: int = 6) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        archive.comment = AUTHOR.encode()
        for name, part in parts.items():
            archive.writestr(name, part)
    return out.getvalue()


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _written(picture: Image.Image, kind: str, **how: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **{name: value for name, value in how.items() if value is not None})
    return out.getvalue()
