"""What an H.264 sequence parameter set says (ITU-T H.264 7.3.2.1.1)."""

from dataclasses import dataclass

from edgecam.annexb import SPS, nal_type
from edgecam.encode.bits import BitReader

MOST_PIXELS_A_SIDE = 16_880
"""The highest level, 6.2, allows sqrt(8 * MaxFS) macroblocks a side (ITU-T H.264 A.3.1)."""

_WITH_CHROMA_FORMAT = {44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244}
"""The profile_idc after which chroma_format_idc and the scaling matrices follow."""

_EXTENDED_SAR = 255
"""The aspect_ratio_idc of a ratio written out (table E-1)."""


@dataclass(frozen=True, slots=True)
class Sps:
    """``constraints``: the byte after profile_idc, constraint_set0_flag its most significant bit.

    Width and height are in pixels, after cropping. ``max_num_reorder_frames`` is None where the
    VUI has no bitstream_restriction.
    """

    profile_idc: int
    constraints: int
    level_idc: int
    width: int
    height: int
    max_num_ref_frames: int
    max_num_reorder_frames: int | None

    @property
    def profile_level_id(self) -> str:
        """Six hexadecimal digits, as in SDP (RFC 6184 section 8.1)."""
        return f"{self.profile_idc:02x}{self.constraints:02x}{self.level_idc:02x}"


def parse(unit: bytes) -> Sps:
    """The SPS in a NAL unit, its header byte included. ValueError for anything else."""
    if not unit or nal_type(unit) != SPS:
        raise ValueError("this NAL unit is no sequence parameter set")
    reader = BitReader(unit[1:])
    profile_idc, constraints, level_idc = reader.bits(8), reader.bits(8), reader.bits(8)
    reader.unsigned()  # seq_parameter_set_id
    chroma_format = 1
    if profile_idc in _WITH_CHROMA_FORMAT:
        chroma_format = _chroma_format(reader)
    reader.unsigned()  # log2_max_frame_num_minus4
    _skip_picture_order(reader)
    references = reader.unsigned()
    reader.flag()  # gaps_in_frame_num_value_allowed_flag
    width, height = _size(reader, chroma_format)
    reorder = _reorder_frames(reader) if reader.flag() else None
    return Sps(profile_idc, constraints, level_idc, width, height, references, reorder)


def _chroma_format(reader: BitReader) -> int:
    """chroma_format_idc, or 0 for separate planes, which are cropped alike (ChromaArrayType)."""
    chroma_format = reader.unsigned()
    if chroma_format > 3:
        raise ValueError(f"chroma_format_idc {chroma_format} does not exist")
    separate = chroma_format == 3 and reader.flag()
    reader.unsigned()  # bit_depth_luma_minus8
    reader.unsigned()  # bit_depth_chroma_minus8
    reader.flag()  # qpprime_y_zero_transform_bypass_flag
    if reader.flag():
        for index in range(8 if chroma_format != 3 else 12):
            if reader.flag():
                _skip_scaling_list(reader, 16 if index < 6 else 64)
    return 0 if separate else chroma_format


def _skip_scaling_list(reader: BitReader, size: int) -> None:
    """ITU-T H.264 7.3.2.1.1.1: differences until one leads to 0."""
    scale = 8
    for _ in range(size):
        scale = (scale + reader.signed()) % 256
        if scale == 0:
            return


def _skip_picture_order(reader: BitReader) -> None:
    kind = reader.unsigned()
    if kind > 2:
        raise ValueError(f"pic_order_cnt_type {kind} does not exist")
    if kind == 0:
        reader.unsigned()  # log2_max_pic_order_cnt_lsb_minus4
    if kind == 1:
        reader.flag()  # delta_pic_order_always_zero_flag
        reader.signed()  # offset_for_non_ref_pic
        reader.signed()  # offset_for_top_to_bottom_field
        for _ in range(reader.unsigned()):
            reader.signed()  # offset_for_ref_frame


def _size(reader: BitReader, chroma_format: int) -> tuple[int, int]:
    """Width and height in pixels, less the cropping (equations 7-13 to 7-22)."""
    width = 16 * (reader.unsigned() + 1)
    map_units = reader.unsigned() + 1
    fields = 1 if reader.flag() else 2  # frame_mbs_only_flag
    height = 16 * map_units * fields
    if fields == 2:
        reader.flag()  # mb_adaptive_frame_field_flag
    reader.flag()  # direct_8x8_inference_flag
    if reader.flag():
        left, right, top, bottom = (reader.unsigned() for _ in range(4))
        width -= (left + right) * (2 if chroma_format in (1, 2) else 1)
        height -= (top + bottom) * (2 if chroma_format == 1 else 1) * fields
    if not (0 < width <= MOST_PIXELS_A_SIDE and 0 < height <= MOST_PIXELS_A_SIDE):
        raise ValueError(f"a picture of {width}x{height} cannot be")
    return width, height


def _reorder_frames(reader: BitReader) -> int | None:
    """Reads the VUI (ITU-T H.264 E.1.1) as far as max_num_reorder_frames, if that is there."""
    _skip_appearance(reader)
    if reader.flag():
        reader.bits(65)  # num_units_in_tick, time_scale, fixed_frame_rate_flag
    if nal := reader.flag():
        _skip_hrd(reader)
    if vcl := reader.flag():
        _skip_hrd(reader)
    if nal or vcl:
        reader.flag()  # low_delay_hrd_flag
    reader.flag()  # pic_struct_present_flag
    if not reader.flag():
        return None
    reader.flag()  # motion_vectors_over_pic_boundaries_flag
    for _ in range(4):  # max_bytes_per_pic_denom to log2_max_mv_length_vertical
        reader.unsigned()
    return reader.unsigned()


def _skip_appearance(reader: BitReader) -> None:
    """The VUI's beginning: what the samples look like."""
    if reader.flag() and reader.bits(8) == _EXTENDED_SAR:
        reader.bits(32)
    if reader.flag():
        reader.flag()  # overscan_appropriate_flag
    if reader.flag():
        reader.bits(4)  # video_format, video_full_range_flag
        if reader.flag():
            reader.bits(24)  # colour_primaries, transfer_characteristics, matrix_coefficients
    if reader.flag():
        reader.unsigned()  # chroma_sample_loc_type_top_field
        reader.unsigned()  # chroma_sample_loc_type_bottom_field


def _skip_hrd(reader: BitReader) -> None:
    """ITU-T H.264 E.1.2."""
    count = reader.unsigned() + 1
    if count > 32:
        raise ValueError(f"cpb_cnt_minus1 {count - 1} is above 31")
    reader.bits(8)  # bit_rate_scale, cpb_size_scale
    for _ in range(count):
        reader.unsigned()  # bit_rate_value_minus1
        reader.unsigned()  # cpb_size_value_minus1
        reader.flag()  # cbr_flag
    reader.bits(20)  # four lengths of five bits
