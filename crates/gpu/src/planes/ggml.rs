//! One of ggml's blocks becomes codes and scales, in the order of its weights.
//!
//! The layouts are those of ggml's `block_q4_0` and its siblings; a K-quant's block has eight parts of 32 weights.
//! The callers hand in whole blocks, so that every index below is inside.

use super::{BLOCK, Format};

/// The f16 factor of a block that has one.
pub(super) fn factor(format: Format, block: &[u8]) -> u16 {
    match format {
        Format::Q6_K => u16_at(block, 208),
        _ => u16_at(block, 0),
    }
}

/// Two f16 that open a block: scale and offset, or the factors of scales and minima.
pub(super) fn factor_pair(block: &[u8]) -> u32 {
    u32_at(block, 0)
}

/// Words of a format whose codes already lie in order.
pub(super) fn wide_words(format: Format, block: &[u8], words: &mut [u32; BLOCK]) {
    let codes = if format == Format::Q8_0 { &block[2..] } else { block };
    for (word, bytes) in words.iter_mut().zip(codes.chunks_exact(4)) {
        *word = u32_at(bytes, 0);
    }
}

/// The two bytes of a K-quant's part.
pub(super) fn sub_scales(format: Format, block: &[u8], part: usize) -> Option<u16> {
    match format {
        Format::Q4_K | Format::Q5_K => Some(u16::from_le_bytes(scale_and_minimum(&block[4..16], part))),
        Format::Q6_K => Some(u16_at(block, 192 + 2 * part)),
        _ => None,
    }
}

/// The codes of a part, all their bits.
pub(super) fn codes(format: Format, block: &[u8], part: usize) -> [u8; BLOCK] {
    let low_half_first =
        |nibbles: &[u8], i: usize| if i < 16 { nibbles[i] & 15 } else { nibbles[i - 16] >> 4 };
    // Parts two by two share bytes: the even one has the low nibbles.
    let in_pairs = |nibbles: &[u8], i: usize| nibbles[part / 2 * 32 + i] >> (part % 2 * 4) & 15;
    let bit = |bits: u32, i: usize| ((bits >> i & 1) << 4) as u8;
    std::array::from_fn(|i| match format {
        Format::Q4_0 => low_half_first(&block[2..], i),
        Format::Q4_1 => low_half_first(&block[4..], i),
        Format::Q5_0 => low_half_first(&block[6..], i) | bit(u32_at(block, 2), i),
        Format::Q5_1 => low_half_first(&block[8..], i) | bit(u32_at(block, 4), i),
        Format::Q4_K => in_pairs(&block[16..], i),
        Format::Q5_K => in_pairs(&block[48..], i) | (block[16 + i] >> part & 1) << 4,
        Format::Q6_K => {
            // Each half of the block has four parts: two in the low nibbles of its 64 bytes, two in the high ones.
            let (half, quarter) = (part / 4, part % 4);
            let lo = block[half * 64 + quarter % 2 * 32 + i] >> (quarter / 2 * 4) & 15;
            let hi = block[128 + half * 32 + i] >> (quarter * 2) & 3;
            lo | hi << 4
        }
        Format::Q8_0 | Format::F16 | Format::F32 => 0,
    })
}

/// Eight scales and eight minima of 6 bits in 12 bytes: the first four of each whole, the others split up.
fn scale_and_minimum(packed: &[u8], part: usize) -> [u8; 2] {
    if part < 4 {
        return [packed[part] & 63, packed[part + 4] & 63];
    }
    let scale = packed[part + 4] & 15 | packed[part - 4] >> 6 << 4;
    let minimum = packed[part + 4] >> 4 | packed[part] >> 6 << 4;
    [scale, minimum]
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}
