"""What may not stay in any OOXML document, one case for each: relationships by
their types, elements by their names. The three formats make a sample of each."""
from ooxmlmaker import MICROSOFT, TRANSITIONAL, declare

DRAWN = ('<w:p><w:r><w:drawing><wp:inline><wp:docPr id="1" name="p">{}</wp:docPr></wp:inline>'
         '</w:drawing></w:r></w:p>')
PICT = '<w:p><w:r><w:pict><v:shape id="s">{}</v:shape></w:pict></w:r></w:p>'
RUN = "<w:p><w:r>{}</w:r></w:p>"

# Last segment of the type, and what is reported when its part goes.
WORD_PARTS = {
    "vbaProjectSignature": "vba_project", "vbaProjectSignatureAgile": "vba_project",
    "vbaProjectSignatureV3": "vba_project", "userCustomization": "custom_commands",
    "model3d": "model_3d", "mailMergeHeaderSource": "mail_merge", "recipientData": "mail_merge",
    "mailMergeRecipientData": "mail_merge", "hdphoto": "opaque_data",
    "legacyDocTextInfo": "opaque_data", "certificate": "signature", "customData": "custom_data",
    "customDataProps": "custom_data", "informationRightsManagement": "rights",
    "frobnicate": "part_unknown"}
EXCEL_PARTS = {
    "attachedToolbars": "custom_commands", "xlIntlMacrosheet": "macro_sheet",
    "rdRichValueWebImage": "web_image", "tableSingleCells": "xml_map", "dataModel": "data_model",
    "workbookMetadata": "custom_data", "revisionHeaders": "custom_data",
    "usernames": "custom_data", "webextension": "web_extension"}
POINT_PARTS = {
    "slideUpdateInfo": "slide_update", "legacyDiagramText": "opaque_data",
    "htmlPubSaveAs": "web_publishing", "font": "embedded_font"}
# The same with targets outside.
EXCEL_LINKS = {
    "xlPathMissing": "external_workbook", "xlStartup": "external_workbook",
    "xlAlternateStartup": "external_workbook", "xlLibrary": "external_workbook",
    "externalLinkLongPath": "external_workbook", "connections": "connection",
    "frobnicate": "external_target"}

# Elements in the body of a Word document (or, SETTINGS, in its settings).
WORD_ELEMENTS = {
    "smartTagPr": ('<w:p><w:smartTag w:element="e"><w:smartTagPr/><w:r><w:t>甲</w:t></w:r>'
                   '</w:smartTag></w:p>', "smart_tag"),
    "customXmlPr": ('<w:customXml w:element="e"><w:customXmlPr/><w:p/></w:customXml>',
                    "custom_xml"),
    "webExtensionLinked": (f'<w:sdt><w:sdtPr><w15:webExtensionLinked{declare("w15")}/></w:sdtPr>'
                           '<w:sdtContent><w:p/></w:sdtContent></w:sdt>', "web_extension"),
    "webExtensionCreated": (f'<w:sdt><w:sdtPr><w15:webExtensionCreated{declare("w15")}/></w:sdtPr>'
                            '<w:sdtContent><w:p/></w:sdtContent></w:sdt>', "web_extension"),
    "objectEmbed": (RUN.format('<w:object><w:objectEmbed/></w:object>'), "ole_object"),
    "objectLink": (RUN.format('<w:object><w:objectLink/></w:object>'), "ole_object"),
    "movie": (RUN.format('<w:pict><w:movie/></w:pict>'), "media"),
    "binData": (RUN.format('<w:pict><w:binData w:name="x">0M8R4A</w:binData></w:pict>'),
                "opaque_data"),
    "audioCd": (DRAWN.format("<a:audioCd/>"), "media"),
    "audioFile": (DRAWN.format("<a:audioFile/>"), "media"),
    "wavAudioFile": (DRAWN.format("<a:wavAudioFile/>"), "media"),
    "quickTimeFile": (DRAWN.format("<a:quickTimeFile/>"), "media"),
    "imgProps": (DRAWN.format(f'<a14:imgProps{declare("a14")}/>'), "opaque_data"),
    "svgBlip": (DRAWN.format('<s:svgBlip xmlns:s="http://schemas.microsoft.com/office/drawing/'
                             '2016/SVG/main"/>'), "opaque_data"),
    "signatureline": (PICT.format("<o:signatureline/>"), "signature"),
    "ink": (PICT.format('<o:ink i="AAAA"/>'), "opaque_data"),
    "ScriptLanguage": (PICT.format(f'<x:ScriptLanguage{declare("x")}/>'), "script"),
    "ScriptLocation": (PICT.format(f'<x:ScriptLocation{declare("x")}/>'), "script"),
    "ScriptExtended": (PICT.format(f'<x:ScriptExtended{declare("x")}/>'), "script"),
    "DDE": (PICT.format(f'<x:DDE{declare("x")}/>'), "ole_object"),
}
SETTINGS = {"schemaLibrary": "schema", "useXSLTWhenSaving": "transform", "linkStyles": "template",
            "docVar": "document_variable"}
# Elements behind the cells of a sheet, and in the workbook.
SHEET_ELEMENTS = {
    "webPublishObjects": "web_publishing", "smartTags": "smart_tag", "olapPr": "connection",
    "dbPr": "connection", "textPr": "connection", "webPr": "connection",
    "xmlColumnPr": "xml_map", "oldFormula": "formula", "control": "control"}
BOOK_ELEMENTS = {
    "ddeLink": "external_workbook", "oleLink": "external_workbook",
    "webPublishing": "web_publishing", "smartTagPr": "smart_tag", "smartTagTypes": "smart_tag",
    "functionGroups": "macro_link"}
X15_ELEMENTS = {"dataModel": "data_model", "webExtensions": "web_extension",
                "connection": "connection"}
POINT_ELEMENTS = {"smartTags": "smart_tag", "embeddedFontLst": "embedded_font",
                  "htmlPubPr": "web_publishing", "webPr": "web_publishing", "sndAc": "media",
                  "custData": "custom_data", "audio": "media", "video": "media"}
# Of the properties.
EXTENDED = {"HLinks": "property", "DigSig": "signature", "HyperlinkBase": "property"}
VARIANTS = ("blob", "oblob", "stream", "ostream", "storage", "ostorage", "vstream", "cf")


def with_parts(package, source, cases):
    """Yields a name, a package and a kind for each type of part."""
    for segment, kind in cases.items():
        prefix = MICROSOFT if segment[0] == "v" else TRANSITIONAL
        one = package()
        one.part("rIdZ", prefix + segment, f"data/{segment}.bin", "application/octet-stream",
                 b"\x01\x02\x03", source=source)
        yield f"part-{segment}", one, kind


def with_links(package, source, cases):
    for segment, kind in cases.items():
        one = package()
        one.link("rIdZ", segment, "file:///\\\\203.0.113.9\\share\\a", source=source)
        yield f"link-{segment}", one, kind
