//! Edges as parabolas through three of their points.

use crate::ops::quantise::coverage::{Corner, Coverer, Point};

/// What a chord leaves of a parabola goes into the pixel of its middle, where most of it lies: at most so much of a pixel, or of
/// a zone where that is smaller.
const LEFT_TO_BEND: f64 = 2.5e-4;

/// The most chords of a parabola.
const MOST_CHORDS: f64 = 64.0;

/// What an edge has beyond its chord.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bend {
    /// Signed for the zone on its left.
    pub(super) area: f64,
    /// How many chords it is drawn with; none is a straight edge.
    chords: u16,
}

impl Bend {
    /// Of a parabola; `per_area` is one by the area of a pixel or of a zone, the smaller of them.
    #[inline]
    pub(super) fn new(area: f64, per_area: f64) -> Self {
        // Of n chords each leaves a part of n^3.
        let cubed = area.abs() * per_area / LEFT_TO_BEND;
        let chords = match cubed {
            ..=1.0 => 1,
            ..=8.0 => 2,
            ..=27.0 => 3,
            _ => cubed.cbrt().ceil().min(MOST_CHORDS) as u16,
        };
        Self { area, chords }
    }

    /// Number of corners that [`Bend::corners`] adds.
    #[inline]
    pub(super) fn count(self) -> usize {
        (2 * usize::from(self.chords)).saturating_sub(1)
    }

    /// Appends the corners between the ends of an edge through three points, as [`Coverer::curve`] takes them; `middle` is the
    /// second point.
    #[inline]
    pub(super) fn corners(
        self,
        [a, b, c]: [Point; 3],
        middle: impl FnOnce() -> Corner,
        coverer: &Coverer<'_>,
        corners: &mut Vec<Corner>,
    ) {
        match self.chords {
            0 => (),
            1 => corners.push(middle()),
            chords => {
                let chords = f64::from(chords);
                // From -1 at one end to 1 at the other: the same points whichever way the edge runs.
                corners.extend((1..=self.count()).map(|at| (at as f64 - chords) / chords).map(|s| {
                    coverer.corner([0, 1].map(|k| b[k] + s * (0.5 * (c[k] - a[k]) + s * (0.5 * (a[k] + c[k]) - b[k]))))
                }));
            }
        }
    }
}
