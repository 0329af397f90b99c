"""WMF: what draws stays; all that could be more goes, and what draws nothing any more is held."""
import metafilemaker as meta
from sample import Sample


def samples():
    yield Sample("plain.wmf", meta.WMF, verdict="unchanged", note="lines")
    yield Sample("unplaced.wmf", meta.wmf(*meta.WMF_LINES), verdict="unchanged", note="without the header that places it")
    yield Sample("checksum.wmf", meta.placed(meta.wmf(*meta.WMF_LINES), checksum=False, handle=7), verdict="unchanged",
                 note="a checksum that is wrong is written anew")
    yield Sample("picture.wmf", meta.placed(meta.wmf(*meta.WMF_LINES, meta.wmf_picture(bytes(range(16))))),
                 verdict="unchanged", note="plain pixels")
    for name, (data, what) in meta.WMF_BAD.items():
        if what.startswith("picture.metafile"):
            yield Sample(f"{name}.wmf", data, removals=[what], note="records that go")
        else:
            yield Sample(f"{name}.wmf", data, verdict="blocked", reason=what, note="no drawing")
