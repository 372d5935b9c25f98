//! Eisenstein integers i + j w, w = exp(2 pi i / 3): the triangular lattice on which all these grids stand.
//!
//! The quads' axes are 120 degrees apart, so that a position (i, j) on a quad is the number i + j w. Multiplying by a
//! number of norm 3 or 7 turns and widens the lattice as one refinement by 3 or 7 does.

use std::ops::{Add, Mul, Neg, Sub};

/// i + j w. Components of lattice points stay below 2^53 in size: products with small numbers do not overflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Eisenstein {
    /// Along the axis of w^0.
    pub(crate) i: i64,
    /// Along the axis of w^1, 120 degrees counter-clockwise.
    pub(crate) j: i64,
}

/// i + j w.
pub(crate) const fn e(i: i64, j: i64) -> Eisenstein {
    Eisenstein { i, j }
}

/// The six neighbours of 0: the turns by k 60 degrees, counter-clockwise.
pub(crate) const UNITS: [Eisenstein; 6] = [e(1, 0), e(1, 1), e(0, 1), e(-1, 0), e(-1, -1), e(0, -1)];

/// Norm 3, at 30 degrees: the diagonal between two neighbours; a third of it is a vertex of 0's hexagon.
pub(crate) const ROOT_3: Eisenstein = e(2, 1);

/// Norm 7, at 19.1 degrees.
pub(crate) const ROOT_7: Eisenstein = e(3, 1);

/// Conjugate of [`ROOT_7`]; their product is 7.
pub(crate) const ROOT_7_BAR: Eisenstein = e(2, -1);

impl Eisenstein {
    /// The number turned by `k` 60 degrees.
    pub(crate) fn turned(self, k: u8) -> Self {
        self * UNITS[usize::from(k % 6)]
    }

    /// Both components divided by `n`, exactly where they are multiples of it.
    pub(crate) fn over(self, n: i64) -> Self {
        e(self.i / n, self.j / n)
    }
}

impl Add for Eisenstein {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        e(self.i + other.i, self.j + other.j)
    }
}

impl Sub for Eisenstein {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        e(self.i - other.i, self.j - other.j)
    }
}

impl Neg for Eisenstein {
    type Output = Self;
    fn neg(self) -> Self {
        e(-self.i, -self.j)
    }
}

impl Mul for Eisenstein {
    type Output = Self;
    /// By w^2 = -1 - w.
    fn mul(self, other: Self) -> Self {
        let jj = self.j * other.j;
        e(self.i * other.i - jj, self.i * other.j + self.j * other.i - jj)
    }
}

impl Mul<i64> for Eisenstein {
    type Output = Self;
    fn mul(self, n: i64) -> Self {
        e(self.i * n, self.j * n)
    }
}

/// 2^52 + 2^51: a number below 2^51 in size added to it is rounded to an integer.
const ROUNDER: f64 = 6_755_399_441_055_744.0;

/// The Eisenstein integer nearest to x + y w: each of the three coordinates x, -y, y - x, which sum to 0, is rounded, and
/// the one that moved most is set from the other two. `x` and `y` are below 2^50 in size.
#[inline(always)]
pub(crate) fn nearest(x: f64, y: f64) -> Eisenstein {
    // `f64::round` would be a call where the processor's baseline has no such instruction.
    let round = |v: f64| (v + ROUNDER) - ROUNDER;
    let (a, b, c) = (x, -y, y - x);
    let (ra, rb, rc) = (round(a), round(b), round(c));
    let (da, db, dc) = ((ra - a).abs(), (rb - b).abs(), (rc - c).abs());
    let i = if (da > db) & (da > dc) { -rb - rc } else { ra };
    let minus_j = if (db >= da) & (db > dc) { -ra - rc } else { rb };
    e(i as i64, -minus_j as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_multiply_to_their_norms() {
        assert_eq!(ROOT_7 * ROOT_7_BAR, e(7, 0));
        assert_eq!(ROOT_3 * ROOT_3, e(1, 1) * 3);
        assert_eq!(e(5, -2).turned(1).turned(5), e(5, -2));
        assert_eq!(-e(1, 0), e(1, 0).turned(3));
    }

    #[test]
    fn nearest_is_the_closest_of_all_around() {
        let square = |x: f64, y: f64| x * x - x * y + y * y;
        for step in 0..10_000 {
            let x = f64::from(step % 100).mul_add(0.0631, -3.0);
            let y = f64::from(step / 100).mul_add(0.0617, -2.9);
            let found = nearest(x, y);
            let distance = |p: Eisenstein| square(x - p.i as f64, y - p.j as f64);
            for unit in UNITS {
                assert!(distance(found) <= distance(found + unit) + 1e-12, "({x}, {y}) {found:?}");
            }
        }
    }
}
