"""Office documents made for tests: with authors, comments, tracked changes, templates, printers and paths."""

from __future__ import annotations

from tests.made_files import AUTHOR, DEVICE, PLACE, SERIAL, a_jpeg, a_png, packed

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_S = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_CORE = (
    f'{_HEAD}<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator>{author}</dc:creator>'
    "<cp:lastModifiedBy>{author}</cp:lastModifiedBy><dc:description>{place}</dc:description></cp:coreProperties>"
).format(author=AUTHOR, place=PLACE)
_APP = (
    f'{_HEAD}<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties">'
    f"<Company>{PLACE}</Company><Manager>{AUTHOR}</Manager><Application>{DEVICE}</Application></Properties>"
)


def _types(kinds: dict[str, str]) -> str:
    told = "".join(f'<Override PartName="/{name}" ContentType="{kind}"/>' for name, kind in kinds.items())
    return (
        f'{_HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/><Default Extension="jpg" ContentType="image/jpeg"/>'
        f'<Default Extension="png" ContentType="image/png"/>{told}</Types>'
    )


def _relations(targets: dict[str, tuple[str, str]]) -> str:
    told = ""
    for id_, (kind, target) in targets.items():
        outside = ' TargetMode="External"' if ":" in target else ""
        told += f'<Relationship Id="{id_}" Type="{_REL}/{kind}" Target="{target}"{outside}/>'
    return f'{_HEAD}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{told}</Relationships>'


def _root(first: str) -> str:
    return _relations(
        {
            "rId1": ("officeDocument", first),
            "rId2": ("metadata/core-properties", "docProps/core.xml"),
            "rId3": ("extended-properties", "docProps/app.xml"),
        }
    )


def a_docx(*, words: str = "发现某医院虚记费用", more: dict[str, str | bytes] | None = None, types: str = "") -> bytes:
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    document = (
        f'{_HEAD}<w:document {_W} {_R} xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml"'
        ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" mc:Ignorable="w14"'
        ' xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"><w:body>'
        f'<w:p w:rsidR="00AB12CD" w14:paraId="3F2A1B0C"><w:r><w:t>{words}</w:t></w:r>'
        f'<w:ins w:id="1" w:author="{AUTHOR}" w:date="2026-10-01T08:00:00Z"><w:r><w:t>新增</w:t></w:r></w:ins>'
        f'<w:del w:id="2" w:author="{AUTHOR}"><w:r><w:delText>{PLACE}</w:delText></w:r></w:del>'
        '<w:commentRangeStart w:id="0"/><w:r><w:commentReference w:id="0"/></w:r>'
        f'<w:r><w:instrText>INCLUDEPICTURE "C:\\Users\\{AUTHOR}\\p.jpg"</w:instrText></w:r>'
        f'<wp:docPr id="1" name="{DEVICE}" descr="C:\\Users\\{AUTHOR}\\a.jpg"/>'
        '<w:hyperlink r:id="rId6"><w:r><w:t>网页</w:t></w:r></w:hyperlink></w:p></w:body></w:document>'
    )
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": _types({"word/document.xml": main, "word/comments.xml": "x/comments"}) + types,
        "_rels/.rels": _root("word/document.xml"),
        "docProps/core.xml": _CORE,
        "docProps/app.xml": _APP,
        "docProps/thumbnail.jpeg": a_jpeg(side=32),
        "word/document.xml": document,
        "word/_rels/document.xml.rels": _relations(
            {
                "rId1": ("comments", "comments.xml"),
                "rId2": ("image", "media/image1.jpg"),
                "rId3": ("settings", "settings.xml"),
                "rId6": ("hyperlink", "https://www.example.org/"),
                "rId7": ("attachedTemplate", f"file:///C:/Users/{AUTHOR}/Normal.dotm"),
            }
        ),
        "word/comments.xml": f'<w:comments {_W}><w:comment w:id="0" w:author="{AUTHOR}" w:initials="Z"/></w:comments>',
        "word/settings.xml": f'<w:settings {_W}><w:docVars><w:docVar w:name="sn" w:val="{SERIAL}"/></w:docVars>'
        "</w:settings>",
        "word/people.xml": f"<people>{AUTHOR}</people>",
        "word/media/image1.jpg": a_jpeg(side=48),
        "customXml/item1.xml": f"<item>{SERIAL}</item>",
    }
    return packed(parts | (more or {}))


def an_xlsx(*, more: dict[str, str | bytes] | None = None) -> bytes:
    main = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
    workbook = (
        f'{_HEAD}<workbook {_S} {_R} xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
        ' xmlns:x15ac="http://schemas.microsoft.com/office/spreadsheetml/2010/11/ac" mc:Ignorable="x15ac">'
        f'<fileVersion appName="xl"/><fileSharing userName="{AUTHOR}"/><mc:AlternateContent>'
        '<mc:Choice Requires="x15ac">'
        f'<x15ac:absPath url="C:\\Users\\{AUTHOR}\\Documents\\"/></mc:Choice></mc:AlternateContent>'
        '<sheets><sheet name="清单" sheetId="1" r:id="rId1"/></sheets>'
        '<externalReferences><externalReference r:id="rId9"/></externalReferences></workbook>'
    )
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": _types({"xl/workbook.xml": main, "xl/worksheets/sheet1.xml": sheet}),
        "_rels/.rels": _root("xl/workbook.xml"),
        "docProps/core.xml": _CORE,
        "docProps/app.xml": _APP,
        "xl/workbook.xml": workbook,
        "xl/_rels/workbook.xml.rels": _relations(
            {
                "rId1": ("worksheet", "worksheets/sheet1.xml"),
                "rId9": ("externalLink", "externalLinks/externalLink1.xml"),
            }
        ),
        "xl/worksheets/sheet1.xml": f'<worksheet {_S} {_R}><sheetData><row r="1"><c r="A1" t="inlineStr">'
        '<is><t>金额</t></is></c><c r="B1"><v>380000</v></c></row></sheetData><pageSetup r:id="rId1"/>'
        '<legacyDrawing r:id="rId2"/></worksheet>',
        "xl/worksheets/_rels/sheet1.xml.rels": _relations(
            {"rId1": ("printerSettings", "../printerSettings/p1.bin"), "rId2": ("vmlDrawing", "../drawings/v1.vml")}
        ),
        "xl/printerSettings/p1.bin": DEVICE.encode("utf-16-le"),
        "xl/comments1.xml": f"<comments {_S}><authors><author>{AUTHOR}</author></authors></comments>",
        "xl/drawings/v1.vml": f"<xml>{AUTHOR}</xml>",
        "xl/externalLinks/externalLink1.xml": f"<externalLink {_S}>{PLACE}</externalLink>",
        "xl/persons/person.xml": f"<personList>{AUTHOR}</personList>",
        "xl/media/image1.png": a_png(side=48),
    }
    return packed(parts | (more or {}))
