//! From positions on the dimensions of a cube to addresses of zones, and back.
//!
//! Stores with several zone dimensions have no list of ids: the position itself tells the zone. A position that no zone is
//! placed at is padding.
//!
//! - [`Placement::Address`]: the three dimensions number face, x and y of an [`Address`], such as DGGRID's Q2DI (quad, i, j).
//! - with [`Linear`] conversions after it (GDAL's geotransform, from positions to x and y, whose pixels are counted from
//!   their corner): a zone is placed in the pixel that its address lies in. With several of them side by side a fourth
//!   dimension tells which one; a zone takes the one in which it lies nearest to the pixel's centre.
//! - [`Placement::Penta`]: the five matrices of DGGS.jl 2, each two quads of ISEA4D beside each other.
//!
//! ```
//! use gdal_dggs::convention::Linear;
//!
//! let half = Linear::new([-0.25, 0.5, 0.0, -0.25, 0.0, 0.5])?;
//! assert_eq!(half.centre(3.0, 4.0), (1.5, 2.0));
//! assert_eq!(half.pixel(1.5, 2.0), (3.5, 4.5));
//! # Ok::<(), gdal_dggs::error::Error>(())
//! ```

use crate::error::{Error, Result};
use crate::grid::Address;

/// A position on up to four dimensions: face, x, y, and which linear conversion; what is not there is 0.
pub type Position = [u64; 4];

/// GDAL's geotransform: `x = gt0 + column gt1 + row gt2`, `y = gt3 + column gt4 + row gt5`.
/// <https://gdal.org/en/stable/tutorials/geotransforms_tut.html>
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Linear {
    gt: [f64; 6],
}

impl Linear {
    /// From gt0 to gt5.
    ///
    /// # Errors
    /// Numbers that are not finite, or a conversion that cannot be inverted.
    pub fn new(gt: [f64; 6]) -> Result<Self> {
        let determinant = gt[1] * gt[5] - gt[2] * gt[4];
        if !gt.iter().all(|number| number.is_finite()) || determinant == 0.0 {
            return Err(Error::corrupt(format!("the linear conversion {gt:?} has no inverse")));
        }
        Ok(Self { gt })
    }

    /// The conversion that does `next` first (nearer to the array), then `self`.
    #[must_use]
    pub fn after(&self, next: &Self) -> Self {
        let (a, b) = (&self.gt, &next.gt);
        let row = |c: f64, x: f64, y: f64| [c + x * b[0] + y * b[3], x * b[1] + y * b[4], x * b[2] + y * b[5]];
        let ([g0, g1, g2], [g3, g4, g5]) = (row(a[0], a[1], a[2]), row(a[3], a[4], a[5]));
        Self { gt: [g0, g1, g2, g3, g4, g5] }
    }

    fn apply(&self, column: f64, row: f64) -> (f64, f64) {
        let [g0, g1, g2, g3, g4, g5] = self.gt;
        (g0 + column * g1 + row * g2, g3 + column * g4 + row * g5)
    }

    /// x and y at the centre of a pixel.
    pub fn centre(&self, column: f64, row: f64) -> (f64, f64) {
        self.apply(column + 0.5, row + 0.5)
    }

    /// Column and row, with fractions, of x and y.
    pub fn pixel(&self, x: f64, y: f64) -> (f64, f64) {
        let [g0, g1, g2, g3, g4, g5] = self.gt;
        let (x, y, determinant) = (x - g0, y - g3, g1 * g5 - g2 * g4);
        ((x * g5 - y * g2) / determinant, (y * g1 - x * g4) / determinant)
    }
}

/// How close to a pixel's edge, in pixels, a place is on it: metadata have some ten digits.
const ON_EDGE: f64 = 1e-6;

/// How the positions along the zone dimensions tell the zone.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Placement {
    /// One dimension: an id array, or the whole globe in the order of the ids.
    #[default]
    Line,
    /// Dimensions (face, x, y), or (face, x, y, conversion) with several conversions.
    Address {
        /// From positions to x and y; none: positions are x and y.
        linear: Vec<Linear>,
        /// True when x and y count zones (`Q2DI`).
        whole: bool,
    },
    /// DGGS.jl 2's (n, i, j) of ISEA4D: n = (q - 1) mod 5, and quads 6 to 10 follow 1 to 5 along i.
    Penta,
}

impl Placement {
    /// The addresses of which one may be of the zone at `position`; [`Placement::position`] tells which. `side` is the
    /// number of zones along a quad's side.
    pub fn addresses(&self, side: u64, position: Position) -> Vec<Address> {
        let [face, x, y, which] = position;
        match self {
            Self::Line => Vec::new(),
            Self::Penta => {
                let lower = x / side;
                vec![Address { face: face + 1 + 5 * lower, x: (x % side) as f64, y: y as f64 }]
            }
            Self::Address { linear, whole } => {
                if linear.is_empty() {
                    return vec![Address { face, x: x as f64, y: y as f64 }];
                }
                let Some(linear) = linear.get(which as usize) else { return Vec::new() };
                let (x, y) = linear.centre(x as f64, y as f64);
                if !whole {
                    return vec![Address { face, x, y }];
                }
                let near =
                    |x: f64| if (x - x.round()).abs() < ON_EDGE { [x.round(); 2] } else { [x.floor(), x.ceil()] };
                let mut found = Vec::with_capacity(4);
                for x in near(x) {
                    for y in near(y) {
                        let address = Address { face, x, y };
                        if !found.contains(&address) {
                            found.push(address);
                        }
                    }
                }
                found
            }
        }
    }

    /// Where the zone of `address` is placed; `None` when nowhere on axes that start from 0.
    pub fn position(&self, side: u64, address: Address) -> Option<Position> {
        let Address { face, x, y } = address;
        match self {
            Self::Line => None,
            Self::Penta => {
                let quad = face.checked_sub(1)?;
                Some([quad % 5, x as u64 + side * (quad / 5), y as u64, 0])
            }
            Self::Address { linear, .. } if linear.is_empty() => Some([face, x as u64, y as u64, 0]),
            Self::Address { linear, .. } => {
                let from_centre = |place: f64| (place - (place + ON_EDGE).floor() - 0.5).abs();
                let distance = |pixel: (f64, f64)| from_centre(pixel.0).max(from_centre(pixel.1));
                let pixels = linear.iter().map(|linear| linear.pixel(x, y));
                let (which, (column, row)) =
                    pixels.enumerate().fold(None, |best: Option<(usize, (f64, f64))>, found| match best {
                        Some(best) if distance(best.1) <= distance(found.1) + ON_EDGE => Some(best),
                        _ => Some(found),
                    })?;
                let index =
                    |place: f64| Some((place + ON_EDGE).floor()).filter(|place| *place >= 0.0).map(|p| p as u64);
                Some([face, index(column)?, index(row)?, which as u64])
            }
        }
    }

    /// True when the address of a position needs no proof that its zone is placed there and nowhere else.
    pub fn is_exact(&self) -> bool {
        !matches!(self, Self::Address { linear, .. } if !linear.is_empty())
    }

    /// Number of dimensions.
    pub fn rank(&self) -> usize {
        match self {
            Self::Line => 1,
            Self::Penta => 3,
            Self::Address { linear, .. } => 3 + usize::from(linear.len() > 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversions_compose_in_the_order_of_the_sequence() {
        let first = Linear::new([1.0, 2.0, 0.5, -1.0, 0.0, 4.0]).unwrap();
        let second = Linear::new([10.0, 3.0, 0.0, 20.0, 1.0, -1.0]).unwrap();
        let (column, row) = (7.0, 9.0);
        let (x, y) = second.apply(column, row);
        assert_eq!(first.after(&second).apply(column, row), first.apply(x, y));
        assert!(Linear::new([0.0, 1.0, 2.0, 0.0, 2.0, 4.0]).is_err());
    }

    #[test]
    fn two_triangles_of_a_quad_are_two_conversions() {
        let linear = [-1.0, 0.0].map(|y| Linear::new([-0.5, 1.0, 0.0, y, 0.0, 2.0]).unwrap());
        let placement = Placement::Address { linear: linear.into(), whole: true };
        assert_eq!(placement.rank(), 4);
        for (y, expected) in [(0.0, [3, 5, 0, 0]), (1.0, [3, 5, 0, 1]), (6.0, [3, 5, 3, 0]), (7.0, [3, 5, 3, 1])] {
            let address = Address { face: 3, x: 5.0, y };
            assert_eq!(placement.position(8, address), Some(expected));
            assert!(placement.addresses(8, expected).contains(&address));
        }
    }
}
