//! The nine signs of DE-9IM and the predicates that have names.

use std::fmt;

use geo::coordinate_position::CoordPos;
use geo::dimensions::Dimensions;
use geo::relate::IntersectionMatrix;

/// A DE-9IM matrix; its text form has nine signs, see the [module](super).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Relation([u8; 9]);

fn sign(dimension: Option<u8>) -> u8 {
    dimension.map_or(b'F', |dimension| b'0' + dimension)
}

impl Relation {
    /// Two areas that are one.
    pub(super) const EQUAL: Self = Self(*b"2FFF1FFF2");

    /// Two areas without a common inside, whose boundaries have this in common.
    pub(super) fn apart(common: Option<u8>) -> Self {
        Self([b'F', b'F', b'2', b'F', sign(common), b'1', b'2', b'1', b'2'])
    }

    /// An area that holds a smaller one, whose boundaries have this in common.
    pub(super) fn holding(common: Option<u8>) -> Self {
        Self([b'2', b'1', b'2', b'F', sign(common), b'1', b'F', b'F', b'2'])
    }

    /// Two areas of which each has a part inside and a part outside the other.
    pub(super) fn overlapping(common: u8) -> Self {
        Self([b'2', b'1', b'2', b'1', sign(Some(common)), b'1', b'2', b'1', b'2'])
    }

    pub(super) fn of_matrix(matrix: &IntersectionMatrix) -> Self {
        let parts = [CoordPos::Inside, CoordPos::OnBoundary, CoordPos::Outside];
        let sign = |dimensions| match dimensions {
            Dimensions::Empty => b'F',
            Dimensions::ZeroDimensional => b'0',
            Dimensions::OneDimensional => b'1',
            Dimensions::TwoDimensional => b'2',
        };
        Self(std::array::from_fn(|k| sign(matrix.get(parts[k / 3], parts[k % 3]))))
    }

    /// The relation where the second, an area, was cut off outside: area and outline are there.
    pub(super) fn with_more_outside(mut self) -> Self {
        (self.0[6], self.0[7]) = (b'2', b'1');
        self
    }

    /// The relation of the second to the first.
    #[must_use]
    pub fn transposed(self) -> Self {
        Self(std::array::from_fn(|k| self.0[3 * (k % 3) + k / 3]))
    }

    /// True when the matrix is of this pattern: nine of `T` (not `F`), `F`, `0`, `1`, `2` and `*` (any); lower case
    /// serves too. Another text is no pattern and matches nothing.
    pub fn matches(&self, pattern: &str) -> bool {
        pattern.len() == 9
            && self.0.iter().zip(pattern.bytes()).all(|(own, asked)| match asked.to_ascii_uppercase() {
                b'*' => true,
                b'T' => *own != b'F',
                sign => *own == sign,
            })
    }

    fn matches_any(&self, patterns: &[&str]) -> bool {
        patterns.iter().any(|pattern| self.matches(pattern))
    }

    /// Nothing outside the other, on either side.
    pub fn equals(&self) -> bool {
        self.matches("T*F**FFF*")
    }

    /// No point in common.
    pub fn disjoint(&self) -> bool {
        self.matches("FF*FF****")
    }

    /// At least a point in common.
    pub fn intersects(&self) -> bool {
        !self.disjoint()
    }

    /// Points in common, but not of both interiors.
    pub fn touches(&self) -> bool {
        self.matches_any(&["FT*******", "F**T*****", "F***T****"])
    }

    /// The first has no point outside the second, and their interiors meet.
    pub fn within(&self) -> bool {
        self.matches("T*F**F***")
    }

    /// The second is within the first.
    pub fn contains(&self) -> bool {
        self.transposed().within()
    }

    /// The first has no point outside the second.
    pub fn covered_by(&self) -> bool {
        self.matches_any(&["T*F**F***", "*TF**F***", "**FT*F***", "**F*TF***"])
    }

    /// The second has no point outside the first.
    pub fn covers(&self) -> bool {
        self.transposed().covered_by()
    }

    /// Two areas: interiors meet, and each has a part outside the other.
    pub fn overlaps(&self) -> bool {
        self.matches("2*T***T**")
    }

    /// An area with a line or points: interiors meet, and the second has a part outside.
    pub fn crosses(&self) -> bool {
        self.matches_any(&["0*****T**", "1*****T**"])
    }
}

impl fmt::Display for Relation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|sign| write!(formatter, "{}", char::from(*sign)))
    }
}

impl fmt::Debug for Relation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Relation({self})")
    }
}
