//! Decoded elements, and which of them go where.

use super::NumericType;

/// A row of positions along one axis: `count` elements from `from` on, `step` apart, to `to` and following.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// First position in the source.
    pub from: usize,
    /// Positions between one and the next in the source.
    pub step: usize,
    /// First position in the target.
    pub to: usize,
    /// Number of positions.
    pub count: usize,
}

impl Run {
    /// The rows that take `count` consecutive elements from `from` on.
    pub fn whole(from: usize, count: usize) -> Self {
        Self { from, step: 1, to: 0, count }
    }

    /// The last position in the source, `None` for an empty row or beyond what can be addressed.
    pub fn last(&self) -> Option<usize> {
        self.count.checked_sub(1)?.checked_mul(self.step)?.checked_add(self.from)
    }
}

/// A block of decoded elements in C order, native byte order.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The elements.
    pub bytes: &'a [u8],
    /// Their type.
    pub data_type: NumericType,
    /// Their number along each axis, slowest first.
    pub shape: &'a [usize],
}
