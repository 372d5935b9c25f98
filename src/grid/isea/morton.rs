//! Quadtree order within a quad: the bits of i and j interleaved, i's first.

/// Bits of `i` and `j`, both below 2^32, interleaved.
#[inline(always)]
pub(crate) fn join(i: u64, j: u64) -> u64 {
    spread(i) << 1 | spread(j)
}

/// The inverse of [`join`].
#[inline(always)]
pub(crate) fn part(number: u64) -> (u64, u64) {
    (gather(number >> 1), gather(number))
}

/// Moves bit k to bit 2k, for the lower 32 bits.
#[inline(always)]
fn spread(x: u64) -> u64 {
    let x = (x | x << 16) & 0x0000_ffff_0000_ffff;
    let x = (x | x << 8) & 0x00ff_00ff_00ff_00ff;
    let x = (x | x << 4) & 0x0f0f_0f0f_0f0f_0f0f;
    let x = (x | x << 2) & 0x3333_3333_3333_3333;
    (x | x << 1) & 0x5555_5555_5555_5555
}

/// Moves bit 2k to bit k and drops the odd bits.
#[inline(always)]
fn gather(x: u64) -> u64 {
    let x = x & 0x5555_5555_5555_5555;
    let x = (x | x >> 1) & 0x3333_3333_3333_3333;
    let x = (x | x >> 2) & 0x0f0f_0f0f_0f0f_0f0f;
    let x = (x | x >> 4) & 0x00ff_00ff_00ff_00ff;
    let x = (x | x >> 8) & 0x0000_ffff_0000_ffff;
    (x | x >> 16) & 0x0000_0000_ffff_ffff
}
