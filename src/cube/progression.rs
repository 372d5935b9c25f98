//! An arithmetic progression of positions: one axis of a window.

use crate::error::{Error, Result};
use crate::hierarchy::AxisSelection;

/// `count` positions from `start`, `step` apart; all of them fit in 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Progression {
    /// First position.
    pub(super) start: u64,
    /// How many.
    pub(super) count: usize,
    /// From one to the next; any sign, zero only matters not when there is one.
    pub(super) step: i64,
}

impl Progression {
    /// A progression on an axis of `size` positions.
    ///
    /// # Errors
    /// Positions outside the axis.
    pub(super) fn on_axis(size: u64, start: u64, count: usize, step: i64) -> Result<Self> {
        let last = i128::from(start) + (count as i128 - 1).max(0) * i128::from(step);
        let inside = |position: i128| (0..i128::from(size)).contains(&position);
        if count > 0 && !(inside(start.into()) && inside(last)) {
            return Err(Error::invalid(format!("positions {start} to {last} lie outside the axis, which has {size}")));
        }
        Ok(Self { start, count, step })
    }

    /// The positions, in order.
    pub(super) fn iter(self) -> impl Iterator<Item = u64> {
        (0..self.count).map(move |at| self.start.wrapping_add_signed(self.step.wrapping_mul(at as i64)))
    }

    /// The same positions in ascending order, and whether that turned them round.
    pub(super) fn ascending(self) -> (Self, bool) {
        if self.step >= 0 || self.count <= 1 {
            return (self, false);
        }
        let last = self.start.wrapping_add_signed(self.step.wrapping_mul(self.count as i64 - 1));
        (Self { start: last, count: self.count, step: -self.step }, true)
    }

    /// `count` of its positions, from the one at `at`.
    #[must_use]
    pub(super) fn part(self, at: usize, count: usize) -> Self {
        Self { start: self.start.wrapping_add_signed(self.step.wrapping_mul(at as i64)), count, step: self.step }
    }
}

/// Stored positions along one axis, as [`AxisSelection`] but owned.
#[derive(Clone, Debug)]
pub(super) enum Chosen {
    /// Evenly spaced.
    Strided(Progression),
    /// Ascending.
    List(Vec<u64>),
}

impl Chosen {
    /// How many positions.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Strided(progression) => progression.count,
            Self::List(positions) => positions.len(),
        }
    }

    /// The positions, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        let (strided, listed) = match self {
            Self::Strided(progression) => (Some(progression.iter()), &[][..]),
            Self::List(positions) => (None, &positions[..]),
        };
        strided.into_iter().flatten().chain(listed.iter().copied())
    }

    /// As the hierarchy reads them.
    pub(super) fn selection(&self) -> AxisSelection<'_> {
        match self {
            Self::Strided(Progression { start, count, step }) => {
                AxisSelection::Strided { start: *start, count: *count, step: *step }
            }
            Self::List(positions) => AxisSelection::List(positions),
        }
    }

    /// All axes of a read.
    pub(super) fn selections(axes: &[Self]) -> Vec<AxisSelection<'_>> {
        axes.iter().map(Self::selection).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_descending_progression_turned_round_has_the_same_positions() {
        let down = Progression::on_axis(10, 9, 4, -3).unwrap();
        let (up, reversed) = down.ascending();
        assert!(reversed);
        let mut positions: Vec<u64> = up.iter().collect();
        positions.reverse();
        assert_eq!(positions, down.iter().collect::<Vec<_>>());
        assert_eq!(down.part(1, 2).iter().collect::<Vec<_>>(), [6, 3]);
    }

    #[test]
    fn positions_outside_the_axis_are_refused() {
        for (start, count, step) in [(10, 1, 1), (9, 2, 1), (0, 2, -1), (u64::MAX, 1, 1), (0, 3, i64::MAX)] {
            assert!(Progression::on_axis(10, start, count, step).is_err(), "{start} {count} {step}");
        }
        assert!(Progression::on_axis(0, 0, 0, 1).is_ok());
    }
}
