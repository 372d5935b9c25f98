//! Which elements to read, and how they fall into chunks.

use crate::error::{Error, Kind, Result};
use crate::store::{Run, Target};

/// The positions to read along one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AxisSelection<'a> {
    /// `count` positions from `start` on, `step` apart; `step` may be negative, and is ignored when `count` is 1.
    Strided {
        /// First position.
        start: u64,
        /// Number of positions.
        count: usize,
        /// Positions between one and the next.
        step: i64,
    },
    /// These positions, ascending; repeats are allowed.
    List(&'a [u64]),
}

impl AxisSelection<'_> {
    /// Number of positions.
    pub fn count(&self) -> usize {
        match self {
            Self::Strided { count, .. } => *count,
            Self::List(positions) => positions.len(),
        }
    }

    /// All positions of an axis of `extent` positions.
    ///
    /// # Errors
    /// More than can be addressed.
    pub fn all(extent: u64) -> Result<Self> {
        let count = usize::try_from(extent).map_err(|_| Error::invalid(format!("{extent} positions")))?;
        Ok(Self::Strided { start: 0, count, step: 1 })
    }
}

/// Ascending positions along one axis.
#[derive(Clone, Copy, Debug)]
pub(super) enum Positions<'a> {
    Strided { start: u64, count: usize, step: u64 },
    List(&'a [u64]),
}

/// Checks `selection` against `shape`; the axes that run backwards come out ascending, and are named.
pub(super) fn check<'a>(shape: &[u64], selection: &[AxisSelection<'a>]) -> Result<(Vec<Positions<'a>>, Vec<usize>)> {
    if selection.len() != shape.len() {
        return Err(Error::invalid(format!("a selection of {} axes for {} axes", selection.len(), shape.len())));
    }
    let (mut positions, mut reversed) = (Vec::with_capacity(shape.len()), Vec::new());
    for (axis, (&extent, selection)) in shape.iter().zip(selection).enumerate() {
        let outside = || Error::invalid(format!("positions outside of axis {axis}, which has {extent}"));
        positions.push(match *selection {
            AxisSelection::Strided { start, count: 0 | 1, .. } => {
                let count = selection.count();
                if count > 0 && start >= extent {
                    return Err(outside());
                }
                Positions::Strided { start, count, step: 1 }
            }
            AxisSelection::Strided { step: 0, .. } => {
                return Err(Error::invalid(format!("a step of 0 along axis {axis}")));
            }
            AxisSelection::Strided { start, count, step } => {
                let last = i128::from(start) + i128::from(step) * (count as i128 - 1);
                if start >= extent || last < 0 || last >= i128::from(extent) {
                    return Err(outside());
                }
                if step < 0 {
                    reversed.push(axis);
                }
                let first = if step < 0 { last as u64 } else { start };
                Positions::Strided { start: first, count, step: step.unsigned_abs() }
            }
            AxisSelection::List(list) => {
                if list.last().is_some_and(|&last| last >= extent) {
                    return Err(outside());
                }
                if !list.is_sorted() {
                    return Err(Error::invalid(format!("a list of positions along axis {axis} that does not ascend")));
                }
                Positions::List(list)
            }
        });
    }
    Ok((positions, reversed))
}

impl<'a> Positions<'a> {
    pub(super) fn count(&self) -> usize {
        match self {
            Self::Strided { count, .. } => *count,
            Self::List(list) => list.len(),
        }
    }

    fn at(&self, index: usize) -> u64 {
        match self {
            Self::Strided { start, step, .. } => start + step * index as u64,
            Self::List(list) => list[index],
        }
    }

    /// The first and the last position; there must be one.
    pub(super) fn ends(&self) -> (u64, u64) {
        (self.at(0), self.at(self.count() - 1))
    }

    /// How many lie before `position`.
    fn before(&self, position: u64) -> usize {
        match self {
            Self::Strided { start, count, step } => usize::try_from(position.saturating_sub(*start).div_ceil(*step))
                .map_or(*count, |index| index.min(*count)),
            Self::List(list) => list.partition_point(|&other| other < position),
        }
    }

    fn split_at(self, index: usize) -> (Self, Self) {
        match self {
            Self::Strided { start, count, step } => (
                Self::Strided { start, count: index, step },
                Self::Strided { start: start + step * index as u64, count: count - index, step },
            ),
            Self::List(list) => {
                let (before, after) = list.split_at(index);
                (Self::List(before), Self::List(after))
            }
        }
    }

    /// Where to split these positions so that no chunk of `extent` is on both sides; `None` when they lie in one.
    pub(super) fn chunk_boundary(&self, extent: u64) -> Option<usize> {
        let count = self.count();
        if count == 0 {
            return None;
        }
        let (first, last) = self.ends();
        if first / extent == last / extent {
            return None;
        }
        // the middle chunk goes to the right, unless it is the first
        let middle = self.at(count / 2) / extent;
        let boundary = self.before(middle * extent);
        Some(if boundary > 0 { boundary } else { self.before((middle + 1) * extent) })
    }

    /// The positions as rows inside the chunk that begins at `origin`.
    pub(super) fn runs(&self, origin: u64) -> Vec<Run> {
        let inside = |position: u64| (position - origin) as usize;
        match self {
            Self::Strided { start, count, step } => {
                vec![Run { from: inside(*start), step: (*step) as usize, to: 0, count: *count }]
            }
            Self::List(list) => {
                let mut runs: Vec<Run> = Vec::new();
                for (to, &position) in list.iter().enumerate() {
                    match runs.last_mut() {
                        Some(run) if run.from + run.count == inside(position) => run.count += 1,
                        _ => runs.push(Run { from: inside(position), step: 1, to, count: 1 }),
                    }
                }
                runs
            }
        }
    }

    /// Whether no position comes twice.
    pub(super) fn are_distinct(&self) -> bool {
        match self {
            Self::Strided { .. } => true,
            Self::List(list) => list.windows(2).all(|pair| pair[0] < pair[1]),
        }
    }

    /// Whether these are all positions from `origin` to `end`.
    pub(super) fn covers(&self, origin: u64, end: u64) -> bool {
        let distinct = match self {
            Self::Strided { step, count, .. } => *step == 1 || *count == 1,
            Self::List(list) => list.windows(2).all(|pair| pair[0] + 1 == pair[1]),
        };
        distinct && self.count() as u64 == end - origin && self.at(0) == origin
    }
}

/// What is filled by a selection, and can be divided as the selection is.
pub(super) trait Divide: Sized + Send {
    fn divide(self, axis: usize, index: usize) -> (Self, Self);
    /// How far apart in memory two neighbours on an axis are, where that matters: the axis with the widest stride is
    /// divided first, so that two threads do not write to the same lines of memory.
    fn stride(&self, _axis: usize) -> usize {
        0
    }
    /// Whether the parts may be filled at the same time.
    fn is_divisible(&self) -> bool {
        true
    }
}

impl Divide for Target<'_> {
    fn divide(self, axis: usize, index: usize) -> (Self, Self) {
        self.split_at(axis, index)
    }

    fn stride(&self, axis: usize) -> usize {
        self.stride_bytes(axis)
    }

    fn is_divisible(&self) -> bool {
        self.is_disjoint()
    }
}

/// Nothing is filled; the chunks are only visited.
impl Divide for () {
    fn divide(self, _axis: usize, _index: usize) -> (Self, Self) {
        ((), ())
    }
}

/// The corner of a part inside the whole.
#[derive(Clone, Debug)]
pub(super) struct Corner(pub(super) Vec<usize>);

impl Divide for Corner {
    fn divide(self, axis: usize, index: usize) -> (Self, Self) {
        let mut after = self.clone();
        after.0[axis] += index;
        (self, after)
    }
}

/// What is done with a chunk: its indices, the positions in it, its part of the whole.
pub(super) type VisitChunk<'v, 'a, W> = &'v (dyn Fn(&[u64], &[Positions<'a>], W) -> Result<()> + Sync);

/// Calls `visit` for each chunk of `chunk_shape` that holds positions, with its indices, its positions and its part of
/// `whole`; in parallel where rayon's current pool has threads and `parallel` is set.
pub(super) fn for_each_chunk<'a, W: Divide>(
    chunk_shape: &[u64],
    positions: &[Positions<'a>],
    whole: W,
    parallel: bool,
    visit: VisitChunk<'_, 'a, W>,
) -> Result<()> {
    if positions.iter().any(|positions| positions.count() == 0) {
        return Ok(());
    }
    match divide(chunk_shape, positions, whole) {
        Err((chunk, whole)) => visit(&chunk, positions, whole),
        Ok([(left, left_whole), (right, right_whole)]) if parallel => {
            let (left, right) = rayon::join(
                || for_each_chunk(chunk_shape, &left, left_whole, true, visit),
                || for_each_chunk(chunk_shape, &right, right_whole, true, visit),
            );
            left.and(right)
        }
        Ok([(left, left_whole), (right, right_whole)]) => {
            for_each_chunk(chunk_shape, &left, left_whole, false, visit)?;
            for_each_chunk(chunk_shape, &right, right_whole, false, visit)
        }
    }
}

type Half<'a, W> = (Vec<Positions<'a>>, W);

/// Splits the selection in two between chunks, or, where it lies in one chunk, says in which.
pub(super) fn divide<'a, W: Divide>(
    chunk_shape: &[u64],
    positions: &[Positions<'a>],
    whole: W,
) -> std::result::Result<[Half<'a, W>; 2], (Vec<u64>, W)> {
    let boundaries = positions.iter().enumerate().rev().filter_map(|(axis, positions)| {
        let boundary = positions.chunk_boundary(chunk_shape[axis])?;
        Some((axis, boundary))
    });
    if let Some((axis, boundary)) = boundaries.max_by_key(|(axis, _)| whole.stride(*axis)) {
        let (before, after) = positions[axis].split_at(boundary);
        let (mut left, mut right) = (positions.to_vec(), positions.to_vec());
        (left[axis], right[axis]) = (before, after);
        let (left_whole, right_whole) = whole.divide(axis, boundary);
        return Ok([(left, left_whole), (right, right_whole)]);
    }
    Err((positions.iter().zip(chunk_shape).map(|(positions, extent)| positions.ends().0 / extent).collect(), whole))
}

/// The number of elements, checked.
pub(super) fn elements(counts: impl IntoIterator<Item = usize>) -> Result<usize> {
    let product = counts.into_iter().try_fold(1usize, |product, count| product.checked_mul(count));
    product.ok_or_else(|| Error::new(Kind::OutOfMemory, "more elements than can be addressed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_of_a_selection() {
        let list = [1, 2, 2, 9, 30];
        let visited = std::sync::Mutex::new(Vec::new());
        let (positions, reversed) =
            check(&[40, 7], &[AxisSelection::List(&list), AxisSelection::Strided { start: 6, count: 3, step: -3 }])
                .unwrap();
        assert_eq!(reversed, [1]);
        for_each_chunk(&[10, 4], &positions, Corner(vec![0, 0]), false, &|chunk, positions, corner| {
            visited.lock().unwrap().push((
                chunk.to_vec(),
                positions.iter().map(Positions::count).collect::<Vec<_>>(),
                corner.0,
            ));
            Ok(())
        })
        .unwrap();
        assert_eq!(
            visited.into_inner().unwrap(),
            [
                (vec![0, 0], vec![4, 2], vec![0, 0]),
                (vec![0, 1], vec![4, 1], vec![0, 2]),
                (vec![3, 0], vec![1, 2], vec![4, 0]),
                (vec![3, 1], vec![1, 1], vec![4, 2]),
            ]
        );
        assert_eq!(
            positions[0].runs(0)[..3],
            [
                Run { from: 1, step: 1, to: 0, count: 2 },
                Run { from: 2, step: 1, to: 2, count: 1 },
                Run { from: 9, step: 1, to: 3, count: 1 }
            ]
        );
        assert!(check(&[5], &[AxisSelection::Strided { start: 4, count: 2, step: i64::MIN }]).is_err());
        assert!(check(&[5], &[AxisSelection::Strided { start: 0, count: usize::MAX, step: i64::MAX }]).is_err());
    }
}
