#include "sanitizers/picture/tiff_tags.h"

#include "base/banned.h"

/* TIFF 6.0, part 1 to 3, in order. */
static const uint16_t decoded[] = {
    256,   /* ImageWidth */
    257,   /* ImageLength */
    258,   /* BitsPerSample */
    259,   /* Compression */
    262,   /* PhotometricInterpretation */
    266,   /* FillOrder */
    273,   /* StripOffsets */
    277,   /* SamplesPerPixel */
    278,   /* RowsPerStrip */
    279,   /* StripByteCounts */
    284,   /* PlanarConfiguration */
    292,   /* T4Options */
    293,   /* T6Options */
    317,   /* Predictor */
    320,   /* ColorMap */
    322,   /* TileWidth */
    323,   /* TileLength */
    324,   /* TileOffsets */
    325,   /* TileByteCounts */
    332,   /* InkSet */
    338,   /* ExtraSamples */
    339,   /* SampleFormat */
    347,   /* JPEGTables */
    529,   /* YCbCrCoefficients */
    530,   /* YCbCrSubSampling */
    531,   /* YCbCrPositioning */
    532,   /* ReferenceBlackWhite */
    34675, /* ICC profile */
};

/* Written anew, or meaningless once the pixels are. */
static const uint16_t silent[] = {
    254, /* NewSubfileType */
    255, /* SubfileType */
    263, /* Threshholding */
    264, /* CellWidth */
    265, /* CellLength */
    274, /* Orientation: applied */
    280, /* MinSampleValue */
    281, /* MaxSampleValue */
    282, /* XResolution */
    283, /* YResolution */
    288, /* FreeOffsets */
    289, /* FreeByteCounts */
    290, /* GrayResponseUnit */
    291, /* GrayResponseCurve */
    296, /* ResolutionUnit */
    297, /* PageNumber */
    301, /* TransferFunction */
    318, /* WhitePoint */
    319, /* PrimaryChromaticities */
    326, /* BadFaxLines */
    327, /* CleanFaxData */
    328, /* ConsecutiveBadFaxLines */
    340, /* SMinSampleValue */
    341, /* SMaxSampleValue */
};

static const struct {
	uint16_t tag;
	enum removal_kind kind;
} named[] = {
    {269, REMOVAL_PICTURE_COMMENT},     /* DocumentName */
    {270, REMOVAL_PICTURE_COMMENT},     /* ImageDescription */
    {271, REMOVAL_PICTURE_COMMENT},     /* Make */
    {272, REMOVAL_PICTURE_COMMENT},     /* Model */
    {285, REMOVAL_PICTURE_COMMENT},     /* PageName */
    {305, REMOVAL_PICTURE_COMMENT},     /* Software */
    {306, REMOVAL_PICTURE_COMMENT},     /* DateTime */
    {315, REMOVAL_PICTURE_COMMENT},     /* Artist */
    {316, REMOVAL_PICTURE_COMMENT},     /* HostComputer */
    {330, REMOVAL_PICTURE_EXTRA_IMAGE}, /* SubIFDs */
    {700, REMOVAL_PICTURE_XMP},
    {33432, REMOVAL_PICTURE_COMMENT}, /* Copyright */
    {33723, REMOVAL_PICTURE_IPTC},
    {34377, REMOVAL_PICTURE_IPTC}, /* Photoshop */
    {34665, REMOVAL_PICTURE_EXIF},
    {34675, REMOVAL_PICTURE_ICC},
    {34853, REMOVAL_PICTURE_GPS},
};

static bool contains(const uint16_t *tags, size_t count, uint16_t tag)
{
	for (size_t i = 0; i < count; i++)
		if (tags[i] == tag)
			return true;
	return false;
}

bool tiff_tag_is_decoded(uint16_t tag)
{
	return contains(decoded, sizeof(decoded) / sizeof(decoded[0]), tag);
}

enum removal_kind tiff_tag_kind(uint16_t tag)
{
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++)
		if (named[i].tag == tag)
			return named[i].kind;
	if (tiff_tag_is_decoded(tag) ||
	    contains(silent, sizeof(silent) / sizeof(silent[0]), tag))
		return REMOVAL_NONE;
	return REMOVAL_PICTURE_TAG;
}
