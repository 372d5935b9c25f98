//! Edges as parabolas through three of their points.

use crate::ops::quantise::coverage::{Corner, Coverer, Point};

/// The coverer sees not where a parabola crosses a line that its chord does not: chords are so many that a parabola has no more
/// than this part of a pixel beyond its chord, or of a zone where that is smaller.
const MOST_BEND: f64 = 1e-3;

/// The most chords of a parabola.
const MOST_CHORDS: f64 = 64.0;

/// What an edge has beyond its chord.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bend {
    /// Beyond each of the chords that it is drawn with, signed for the zone on its left.
    area: f64,
    /// How many more than one these are.
    joints: u32,
}

impl Bend {
    /// Of a parabola that has this area beyond the chord between its ends; `per_area` is one by the area of a pixel or of a zone,
    /// the smaller of them.
    #[inline]
    pub(super) fn new(area: f64, per_area: f64) -> Self {
        // Equal parts of a parabola have equal areas beyond their chords: of n chords each a part of n^3.
        match area.abs() * per_area / MOST_BEND {
            ..=1.0 => Self { area, joints: 0 },
            ..=8.0 => Self { area: area / 8.0, joints: 1 },
            cubed => {
                let chords = cubed.cbrt().ceil().min(MOST_CHORDS);
                Self { area: area / (chords * chords * chords), joints: chords as u32 - 1 }
            }
        }
    }

    /// Number of corners that [`Bend::joints`] adds.
    #[inline]
    pub(super) fn count(self) -> usize {
        self.joints as usize
    }

    /// Appends the corners between the chords of an edge through three points.
    pub(super) fn joints(self, [a, b, c]: [Point; 3], coverer: &Coverer<'_>, corners: &mut Vec<Corner>) {
        let half = f64::from(self.joints + 1) / 2.0;
        // From -1 at one end to 1 at the other: the same points whichever way the edge runs.
        let along = (1..=self.joints).map(|at| (f64::from(at) - half) / half);
        corners.extend(along.map(|s| {
            coverer.corner([0, 1].map(|k| b[k] + s * (0.5 * (c[k] - a[k]) + s * (0.5 * (a[k] + c[k]) - b[k]))))
        }));
    }

    /// Draws an edge with its joints.
    #[inline]
    pub(super) fn draw(
        self,
        from: &Corner,
        joints: &[Corner],
        to: &Corner,
        sides: [u32; 2],
        coverer: &mut Coverer<'_>,
    ) {
        let mut begin = from;
        for joint in joints {
            coverer.edge(begin, joint, self.area, sides);
            begin = joint;
        }
        coverer.edge(begin, to, self.area, sides);
    }
}
