"""Photographs and screenshots: decoded and written anew, so that only the picture itself remains.

Nothing of the old file survives: no EXIF, GPS, XMP, maker notes, thumbnails, comments, text chunks, colour profile or
bytes behind the end. Colours are turned into sRGB first, as the profile that described them names its maker. The
picture is turned upright. It is made smaller when its long side passes the limit.
"""

from __future__ import annotations

import io
import warnings
from typing import Final

from PIL import Image, ImageCms, ImageOps

from domain.cleaning.errors import FileIsDamaged, FileIsEncrypted, ImageHasTooManyPixels
from domain.cleaning.values import Cleaned, FileKind, Limits
from domain.errors import DomainError, refuse

_QUALITY: Final = 88
_PREVIEW_QUALITY: Final = 70
_OF_KIND: Final = {FileKind.JPEG: "JPEG", FileKind.PNG: "PNG", FileKind.HEIC: "HEIF"}

# The limit of pixels is ours, below; Pillow's own would only warn.
Image.MAX_IMAGE_PIXELS = None


def clean_image(content: bytes, *, kind: FileKind, limits: Limits) -> Cleaned:
    """Write an image anew. Raises `Refused` for too many pixels and for what cannot be read to its end."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        picture = _read(content, kind=kind, limits=limits)
        as_kind = FileKind.PNG if kind is FileKind.PNG else FileKind.JPEG
        clean = _write(picture, as_kind)
        small = picture.copy()
        small.thumbnail((limits.preview_side, limits.preview_side))
        preview = _write(_without_alpha(small), FileKind.JPEG, quality=_PREVIEW_QUALITY)
    return Cleaned(kind=as_kind, content=clean, preview=preview, width=picture.width, height=picture.height)


def _read(content: bytes, *, kind: FileKind, limits: Limits) -> Image.Image:
    if kind is FileKind.HEIC:
        import pillow_heif  # Loading it takes longer than cleaning a small JPEG.

        pillow_heif.register_heif_opener(thumbnails=False)
    try:
        opened = Image.open(io.BytesIO(content), formats=[_OF_KIND[kind]])
        refuse(too_many_pixels(opened.width, opened.height, limits=limits))
        opened.draft("RGB", (limits.side_max, limits.side_max))
        opened.load()
        upright = ImageOps.exif_transpose(opened)
        colours = _in_srgb(upright, profile=opened.info.get("icc_profile"))
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, RuntimeError) as fault:
        refuse([FileIsEncrypted(kind=kind.value) if "ncrypt" in str(fault) else FileIsDamaged(kind=kind.value)])
        raise AssertionError from fault
    colours.thumbnail((limits.side_max, limits.side_max))
    return colours


def too_many_pixels(width: int, height: int, *, limits: Limits) -> list[DomainError]:
    """Find fault with an image that has more pixels than the limit, before any of them is decoded."""
    if width * height <= limits.pixels_max:
        return []
    return [ImageHasTooManyPixels(width=width, height=height, pixels_max=limits.pixels_max)]


def _in_srgb(picture: Image.Image, *, profile: bytes | None) -> Image.Image:
    has_alpha = "A" in picture.getbands() or "transparency" in picture.info
    wanted = "RGBA" if has_alpha else "L" if picture.mode in {"1", "L"} else "RGB"
    if profile and picture.mode in {"RGB", "CMYK"} and wanted == "RGB":
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            turned = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            turned = None  # A damaged profile costs the exact shade, not the paper.
        if turned is not None:
            return turned
    if picture.mode.startswith("I;16") or picture.mode in {"I", "F"}:
        return picture.point(lambda level: level / 256).convert("L")
    return picture.convert(wanted)


def _without_alpha(picture: Image.Image) -> Image.Image:
    if picture.mode != "RGBA":
        return picture
    ground = Image.new("RGB", picture.size, "white")
    ground.paste(picture, mask=picture.getchannel("A"))
    return ground


def _write(picture: Image.Image, kind: FileKind, *, quality: int = _QUALITY) -> bytes:
    """Write the pixels alone: they are put into a new image, which has no memory of the old one's file."""
    bare = Image.new(picture.mode, picture.size)
    bare.paste(picture)
    out = io.BytesIO()
    if kind is FileKind.PNG:
        bare.save(out, "PNG", compress_level=6)
    else:
        _without_alpha(bare).save(out, "JPEG", quality=quality)
    return out.getvalue()
