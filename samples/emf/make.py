"""EMF: what draws stays; all that could be more goes, and what draws nothing any more is held."""
import metafilemaker as meta
from sample import Sample


def samples():
    yield Sample("plain.emf", meta.EMF, verdict="unchanged", note="lines, text, pixels")
    yield Sample("more.emf", meta.EMF_MORE, verdict="unchanged", note="regions, masks, colours, short text")
    for name, (data, what) in meta.EMF_BAD.items():
        if what.startswith("picture.metafile"):
            yield Sample(f"{name}.emf", data, removals=[what], note="records that go")
        else:
            yield Sample(f"{name}.emf", data, verdict="blocked", reason=what, note="no drawing")
