//! Writing numbers that are computed: chunk by chunk, where they are compressed, so that they are never in memory together.

use std::ops::Range;
use std::sync::Arc;

use super::array::Array;
use super::selection::{self, AxisSelection, Divide};
use super::tiles::Wanted;
use super::types::Stored;
use super::write::{Block, Pieces};
use crate::error::{Context, Error, Result};
use crate::store::Call;

/// Makes the numbers at the given positions: elements of the array's type, in native byte order.
pub type Compute<'a> = &'a (dyn Fn(Range<u64>, &mut [u8]) -> Result<()> + Sync);

/// What is written to `size` bytes a position.
#[derive(Clone, Copy)]
struct Computed<'a> {
    compute: Compute<'a>,
    size: usize,
}

impl Divide for Computed<'_> {
    fn divide(self, _axis: usize, _index: usize) -> (Self, Self) {
        (self, self)
    }
}

impl Pieces for Computed<'_> {
    fn put(&self, block: &mut Block<'_>, wanted: &Wanted<'_, '_>, _extents: &[usize]) -> Result<()> {
        let (Block::Fixed(bytes), [positions]) = (block, wanted.positions) else {
            return Err(Error::invalid("computed numbers for an array of text, or on several axes"));
        };
        let (first, last) = positions.ends();
        let inside = |position: u64| (position - wanted.origin[0]) as usize * self.size;
        (self.compute)(first..last + 1, &mut bytes[inside(first)..inside(last + 1)])
    }
}

impl Array {
    /// Writes what `compute` makes to `positions` of an array of numbers on one axis. It is called in several threads, for
    /// a part of a chunk at a time.
    ///
    /// # Errors
    /// As [`Array::write`]; an array on other than one axis; what `compute` says.
    pub fn write_computed(&self, call: &Arc<Call>, positions: Range<u64>, compute: Compute<'_>) -> Result<()> {
        let write = || {
            let Stored::Number(stored) = self.metadata.stored else {
                return Err(Error::invalid("the elements are no numbers"));
            };
            let count = usize::try_from(positions.end.saturating_sub(positions.start));
            let count = count.map_err(|_| Error::invalid("more positions than can be addressed"))?;
            let selection = AxisSelection::Strided { start: positions.start, count, step: 1 };
            let (positions, _) = selection::check(self.shape(), &[selection])?;
            self.write_pieces(call, &positions, Computed { compute, size: stored.size() }, None)
        };
        write().context(|| format!("array {}", self.full_name))
    }
}
