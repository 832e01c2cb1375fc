//! GGML's blocks become plain numbers: of every format, 32 elements are unpacked to `scale · quant + min` with quants in
//! 0..=255. The formats are those of llama.cpp's `ggml-common.h`; each is unpacked here and nowhere else.

/// Elements unpacked at once.
pub(super) const PART: usize = 32;
/// Elements that have the same scale in every format.
pub(super) const HALF: usize = 16;

/// 32 elements: element `i` is `scales[i / 16] * quants[i] + mins[i / 16]`.
#[derive(Clone, Copy)]
pub(super) struct Part {
    pub(super) quants: [u8; PART],
    pub(super) scales: [f32; 2],
    pub(super) mins: [f32; 2],
}

/// A format's block: how long it is, and how it is unpacked.
pub(super) trait Block {
    /// Bytes of a block in the file.
    const BYTES: usize;
    /// Parts of 32 elements in a block.
    const PARTS: usize;
    /// Whether the two halves of a part have scales of their own.
    const HALVES: bool = false;

    /// Part number `part` of a block of [`Self::BYTES`] bytes.
    fn unpack(block: &[u8], part: usize) -> Part;
}

/// 4 bits and a scale.
pub(super) struct Q4_0;
/// 4 bits, a scale and a minimum.
pub(super) struct Q4_1;
/// 5 bits and a scale.
pub(super) struct Q5_0;
/// 5 bits, a scale and a minimum.
pub(super) struct Q5_1;
/// 8 bits and a scale.
pub(super) struct Q8_0;
/// 4 bits in blocks of 256; 8 scales and minima of 6 bits.
pub(super) struct Q4K;
/// 5 bits in blocks of 256; 8 scales and minima of 6 bits.
pub(super) struct Q5K;
/// 6 bits in blocks of 256; 16 scales of 8 bits.
pub(super) struct Q6K;

impl Block for Q4_0 {
    const BYTES: usize = 18;
    const PARTS: usize = 1;

    #[inline(always)]
    fn unpack(block: &[u8], _part: usize) -> Part {
        let scale = half(block, 0);
        Part::uniform(nibbles(&block[2..18]), scale, -8.0 * scale)
    }
}

impl Block for Q4_1 {
    const BYTES: usize = 20;
    const PARTS: usize = 1;

    #[inline(always)]
    fn unpack(block: &[u8], _part: usize) -> Part {
        Part::uniform(nibbles(&block[4..20]), half(block, 0), half(block, 2))
    }
}

impl Block for Q5_0 {
    const BYTES: usize = 22;
    const PARTS: usize = 1;

    #[inline(always)]
    fn unpack(block: &[u8], _part: usize) -> Part {
        let scale = half(block, 0);
        Part::uniform(with_fifth_bits(nibbles(&block[6..22]), &block[2..6]), scale, -16.0 * scale)
    }
}

impl Block for Q5_1 {
    const BYTES: usize = 24;
    const PARTS: usize = 1;

    #[inline(always)]
    fn unpack(block: &[u8], _part: usize) -> Part {
        let quants = with_fifth_bits(nibbles(&block[8..24]), &block[4..8]);
        Part::uniform(quants, half(block, 0), half(block, 2))
    }
}

impl Block for Q8_0 {
    const BYTES: usize = 34;
    const PARTS: usize = 1;

    #[inline(always)]
    fn unpack(block: &[u8], _part: usize) -> Part {
        let scale = half(block, 0);
        let mut quants = [0; PART];
        for (quant, &byte) in quants.iter_mut().zip(&block[2..34]) {
            *quant = byte ^ 0x80; // from -128..=127 to 0..=255
        }
        Part::uniform(quants, scale, -128.0 * scale)
    }
}

impl Block for Q4K {
    const BYTES: usize = 144;
    const PARTS: usize = 8;

    #[inline(always)]
    fn unpack(block: &[u8], part: usize) -> Part {
        let (scale, min) = six_bit_scales(block, part);
        Part::uniform(nibbles_of_pair(&block[16..144], part), scale, min)
    }
}

impl Block for Q5K {
    const BYTES: usize = 176;
    const PARTS: usize = 8;

    #[inline(always)]
    fn unpack(block: &[u8], part: usize) -> Part {
        let (scale, min) = six_bit_scales(block, part);
        let mut quants = nibbles_of_pair(&block[48..176], part);
        for (quant, &bits) in quants.iter_mut().zip(&block[16..48]) {
            *quant |= ((bits >> part) & 1) << 4;
        }
        Part::uniform(quants, scale, min)
    }
}

impl Block for Q6K {
    const BYTES: usize = 210;
    const PARTS: usize = 8;
    const HALVES: bool = true;

    #[inline(always)]
    fn unpack(block: &[u8], part: usize) -> Part {
        // Each 128 elements: 64 bytes of low nibbles, 32 bytes of high bits, 8 scales.
        let (side, quarter) = (part / 4, part % 4);
        let low = &block[64 * side + 32 * (quarter % 2)..][..PART];
        let high = &block[128 + 32 * side..][..PART];
        let (low_shift, high_shift) = (4 * (quarter / 2), 2 * quarter);
        let mut quants = [0; PART];
        for ((quant, &low), &high) in quants.iter_mut().zip(low).zip(high) {
            *quant = ((low >> low_shift) & 0x0f) | (((high >> high_shift) & 3) << 4);
        }
        let super_scale = half(block, 208);
        let scale = |index: usize| super_scale * f32::from(block[192 + 2 * part + index].cast_signed());
        let scales = [scale(0), scale(1)];
        Part { quants, scales, mins: [-32.0 * scales[0], -32.0 * scales[1]] }
    }
}

impl Part {
    #[inline(always)]
    fn uniform(quants: [u8; PART], scale: f32, min: f32) -> Self {
        Self { quants, scales: [scale; 2], mins: [min; 2] }
    }
}

/// 16 bytes: elements 0..16 are the low nibbles, 16..32 the high ones.
#[inline(always)]
fn nibbles(bytes: &[u8]) -> [u8; PART] {
    let mut quants = [0; PART];
    let (low, high) = quants.split_at_mut(16);
    for ((low, high), &byte) in low.iter_mut().zip(high).zip(&bytes[..16]) {
        *low = byte & 0x0f;
        *high = byte >> 4;
    }
    quants
}

/// Two parts share 32 bytes: the even one has the low nibbles, the odd one the high ones.
#[inline(always)]
fn nibbles_of_pair(bytes: &[u8], part: usize) -> [u8; PART] {
    let mut quants = [0; PART];
    let shift = 4 * (part % 2);
    for (quant, &byte) in quants.iter_mut().zip(&bytes[32 * (part / 2)..][..PART]) {
        *quant = (byte >> shift) & 0x0f;
    }
    quants
}

/// 4 bytes hold the fifth bit of each element.
#[inline(always)]
fn with_fifth_bits(mut quants: [u8; PART], bits: &[u8]) -> [u8; PART] {
    for (quants, &bits) in quants.chunks_exact_mut(8).zip(&bits[..4]) {
        for (index, quant) in quants.iter_mut().enumerate() {
            *quant |= ((bits >> index) & 1) << 4;
        }
    }
    quants
}

/// Scale and minimum of a part of a K-quant: 6 bits each, packed in 12 bytes, times two halves in front of them.
#[inline(always)]
fn six_bit_scales(block: &[u8], part: usize) -> (f32, f32) {
    let packed = &block[4..16];
    let (scale, min) = if part < 4 {
        (packed[part] & 63, packed[part + 4] & 63)
    } else {
        let low = packed[part + 4];
        ((low & 0x0f) | ((packed[part - 4] >> 6) << 4), (low >> 4) | ((packed[part] >> 6) << 4))
    };
    (half(block, 0) * f32::from(scale), -half(block, 2) * f32::from(min))
}

/// The 16-bit float at `at`, without a branch: sign, exponent and fraction are moved in place, and the exponent's bias is
/// made good by a product, which is exact. An infinity becomes 65,536; no sound file has one.
#[inline(always)]
fn half(block: &[u8], at: usize) -> f32 {
    let bits = i32::from(i16::from_le_bytes([block[at], block[at + 1]]));
    f32::from_bits((bits << 13).cast_unsigned() & 0x8fff_ffff) * f32::from_bits(0x7780_0000) // 2^112
}
