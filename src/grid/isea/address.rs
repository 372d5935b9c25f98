//! Zone id schemes: 64-bit ids and texts.
//!
//! | scheme | id | text |
//! | --- | --- | --- |
//! | `SEQNUM` | DGGRID's sequence number, from 1 | `level/number` |
//! | `Q2DI` | quad in the 4 highest bits, then i and j in 30 bits each | `level/quad i j` |
//! | `Q2DD` | as `Q2DI` | `level/quad x y`: the centre, x = i - j/2, y = j sqrt(3)/2, in sides of the quad |
//! | `PROJTRI` | as `Q2DI` | `level/triangle x y`: the centre on a triangle, in sides, see [`Triangle`] |
//! | `Z3` | quad in the 4 highest bits, then 2 bits a digit, unused digits 3 | two decimal digits of the quad, then the digits |
//! | `Z7` | base in the 4 highest bits, then 3 bits a digit, unused digits 7 | two decimal digits of the base, then the digits |
//!
//! DGGRID has no 64-bit form of Q2DI, Q2DD and PROJTRI; this packing is ours: as a hexadecimal number of the quad's digit,
//! ordered as the sequence numbers are. It limits i and j to below 2^30, Z3 has 30 digits, Z7 has 20: that is why a grid's
//! finest level depends on the scheme ([`Scheme::max_level`]). Ids and texts of Z3 and Z7 carry their level.

use super::eisenstein::e;
use super::icosahedron::Place;
use super::quad::{BOTTOM, Cell, TOP};
use super::tiling::Tiling;
use super::{z3, z7};
use crate::error::Error;
use crate::grid::{Address, Zone};

const SQRT_3_2: f64 = 0.866_025_403_784_438_6;

/// A zone id scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Seqnum,
    Q2di,
    Q2dd,
    Projtri,
    Z3,
    Z7,
}

/// Schemes of grids without digits, the default first.
pub(crate) const PLAIN: &[&str] = &["SEQNUM", "Q2DI", "Q2DD", "PROJTRI"];
/// Schemes of ISEA3H.
pub(crate) const WITH_Z3: &[&str] = &["SEQNUM", "Q2DI", "Q2DD", "PROJTRI", "Z3"];
/// Schemes of ISEA7H.
pub(crate) const WITH_Z7: &[&str] = &["SEQNUM", "Q2DI", "Q2DD", "PROJTRI", "Z7"];
/// Schemes of IGEO7.
pub(crate) const Z7_FIRST: &[&str] = &["Z7", "SEQNUM", "Q2DI", "Q2DD", "PROJTRI"];

impl Scheme {
    /// The scheme of a name of `known`, in any case, and its canonical name.
    pub(crate) fn named(name: &str, known: &[&'static str]) -> Option<(Self, &'static str)> {
        let name = *known.iter().find(|known| known.eq_ignore_ascii_case(name))?;
        let scheme = match name {
            "SEQNUM" => Self::Seqnum,
            "Q2DI" => Self::Q2di,
            "Q2DD" => Self::Q2dd,
            "PROJTRI" => Self::Projtri,
            "Z3" => Self::Z3,
            _ => Self::Z7,
        };
        Some((scheme, name))
    }

    /// True when ids and texts tell their level, and follow the internal zone numbers.
    pub(crate) fn carries_level(self) -> bool {
        matches!(self, Self::Z3 | Self::Z7)
    }

    /// The finest level whose ids fit.
    pub(crate) fn max_level<T: Tiling>(self, tiling: &T) -> u8 {
        let deepest = match self {
            Self::Seqnum => tiling.max_level(),
            Self::Z3 => 30,
            Self::Z7 => 20,
            Self::Q2di | Self::Q2dd | Self::Projtri => {
                (0..=tiling.max_level()).take_while(|level| tiling.side(*level) <= 1 << COORDINATE_BITS).count() as u8
                    - 1
            }
        };
        deepest.min(tiling.max_level())
    }

    /// The id of a zone.
    pub(crate) fn id<T: Tiling>(self, tiling: &T, level: u8, Zone(number): Zone) -> u64 {
        match self {
            Self::Seqnum => tiling.sequence(level, tiling.cell(level, number)) + 1,
            Self::Q2di | Self::Q2dd | Self::Projtri => pack_q2di(tiling.cell(level, number)),
            Self::Z7 => z7::pack(level, z7::of_number(level, number)),
            Self::Z3 => {
                let Cell { quad, i, j } = tiling.cell(level, number);
                z3::pack(level, quad, z3::number(level, e(i, j)))
            }
        }
    }

    /// The zone of an id; `None` for an id that no zone of the level has.
    pub(crate) fn zone<T: Tiling>(self, tiling: &T, level: u8, id: u64) -> Option<Zone> {
        match self {
            Self::Seqnum => {
                let sequence = id.checked_sub(1).filter(|sequence| *sequence < tiling.zone_count(level))?;
                Some(Zone(tiling.number(level, tiling.of_sequence(level, sequence))))
            }
            Self::Q2di | Self::Q2dd | Self::Projtri => zone_of_cell(tiling, level, unpack_q2di(id)),
            Self::Z3 | Self::Z7 => {
                self.level_and_zone(tiling, id).filter(|found| found.0 == level).map(|found| found.1)
            }
        }
    }

    /// Level and zone of an id of Z3 or Z7.
    pub(crate) fn level_and_zone<T: Tiling>(self, tiling: &T, id: u64) -> Option<(u8, Zone)> {
        match self {
            Self::Z3 => {
                let (level, quad, number) = z3::unpack(id)?;
                let z = z3::position(level, number);
                Some((level, zone_of_cell(tiling, level, Cell { quad, i: z.i, j: z.j })?))
            }
            Self::Z7 => {
                let (level, address) = z7::unpack(id)?;
                Some((level, Zone(z7::number(level, address))))
            }
            _ => None,
        }
    }

    /// The text of a zone, unique over all levels.
    pub(crate) fn text<T: Tiling>(self, tiling: &T, level: u8, zone: Zone) -> String {
        let cell = tiling.cell(level, zone.0);
        match self {
            Self::Seqnum => format!("{level}/{}", self.id(tiling, level, zone)),
            Self::Q2di => format!("{level}/{} {} {}", cell.quad, cell.i, cell.j),
            Self::Q2dd | Self::Projtri => {
                let Address { face, x, y } = self.address(tiling, level, zone);
                format!("{level}/{face} {x} {y}")
            }
            Self::Z3 => digits(cell.quad, z3::number(level, cell.z()), 3, level),
            Self::Z7 => {
                let z7::Address { base, digits: number } = z7::of_number(level, zone.0);
                digits(base, number, 7, level)
            }
        }
    }

    /// The zone of a text without `level/`: an integer id, or the numbers of Q2DI, Q2DD or PROJTRI apart by spaces.
    pub(crate) fn zone_of_numbers<T: Tiling>(self, tiling: &T, level: u8, text: &str) -> Option<Zone> {
        let parts: Vec<&str> = text.split_whitespace().collect();
        let [first, second, third] = parts[..] else {
            return self.zone(tiling, level, integer(text)?);
        };
        let face = first.parse().ok()?;
        let (x, y) = match self {
            Self::Q2di => (second.parse::<u32>().ok()?.into(), third.parse::<u32>().ok()?.into()),
            _ => (second.parse().ok()?, third.parse().ok()?),
        };
        self.zone_of_address(tiling, level, Address { face, x, y })
    }

    /// True when ids are addresses of several numbers.
    pub(crate) fn has_addresses(self) -> bool {
        matches!(self, Self::Q2di | Self::Q2dd | Self::Projtri)
    }

    /// The address of a zone: of its centre, in Q2DD and PROJTRI.
    pub(crate) fn address<T: Tiling>(self, tiling: &T, level: u8, zone: Zone) -> Address {
        let cell = tiling.cell(level, zone.0);
        match self {
            Self::Q2dd => {
                // The zones of vertices 0 and 11 are at their quads' origin.
                let centre = if cell.quad == TOP || cell.quad == BOTTOM {
                    Place { quad: cell.quad, i: 0.0, j: 0.0 }
                } else {
                    tiling.centre(level, cell)
                };
                let (x, y) = cartesian(centre.i, centre.j);
                Address { face: centre.quad.into(), x, y }
            }
            Self::Projtri => {
                let Triangle { number, x, y } = Triangle::of(tiling.centre(level, cell));
                Address { face: number.into(), x, y }
            }
            _ => Address { face: cell.quad.into(), x: cell.i as f64, y: cell.j as f64 },
        }
    }

    /// The zone at an address; Q2DI takes whole numbers only.
    pub(crate) fn zone_of_address<T: Tiling>(self, tiling: &T, level: u8, address: Address) -> Option<Zone> {
        let Address { face, x, y } = address;
        let face = u8::try_from(face).ok()?;
        let near = |x: f64| x.abs() <= 2.0;
        let place = match self {
            Self::Q2di => {
                let whole = |x: f64| (x.fract() == 0.0 && (0.0..MAX_COORDINATE).contains(&x)).then_some(x as i64);
                return zone_of_cell(tiling, level, Cell { quad: face, i: whole(x)?, j: whole(y)? });
            }
            Self::Q2dd if near(x) && near(y) => {
                let j = y / SQRT_3_2;
                match face {
                    TOP => Place { quad: 1, i: 0.0, j: 1.0 },
                    BOTTOM => Place { quad: 6, i: 1.0, j: 0.0 },
                    _ => Place { quad: face, i: x + j / 2.0, j },
                }
            }
            Self::Projtri if near(x) && near(y) => Triangle { number: face, x, y }.place()?,
            _ => return None,
        };
        let inside = |x: f64| (-ROUNDING..=1.0 + ROUNDING).contains(&x);
        if !((1..=10).contains(&place.quad) && inside(place.i) && inside(place.j)) {
            return None;
        }
        let mut zone = [Zone(0)];
        tiling.zones_at(level, &[place], &mut zone);
        Some(zone[0])
    }

    /// Level and zone of a text of Z3 or Z7: two digits of the quad or base, then a digit a level.
    pub(crate) fn of_digits<T: Tiling>(self, tiling: &T, text: &str) -> Option<(u8, Zone)> {
        let radix = if self == Self::Z3 { 3 } else { 7 };
        if !text.bytes().all(|byte| byte.is_ascii_digit()) || text.len() < 2 {
            return None;
        }
        let (base, places) = text.split_at(2);
        let level = u8::try_from(places.len()).ok().filter(|level| *level <= self.max_level(tiling))?;
        let number = if level == 0 { 0 } else { u64::from_str_radix(places, radix).ok()? };
        let base = base.parse().ok()?;
        if base > BOTTOM {
            return None;
        }
        let id = if self == Self::Z3 {
            z3::pack(level, base, number)
        } else {
            z7::pack(level, z7::Address { base, digits: number })
        };
        self.level_and_zone(tiling, id)
    }
}

/// DGGRID prints six decimals: a centre may seem to lie outside by half of the last one.
const ROUNDING: f64 = 2e-6;

/// Bits of i and of j in a packed Q2DI.
const COORDINATE_BITS: u32 = 30;

/// One more than the largest i or j.
const MAX_COORDINATE: f64 = (1u64 << COORDINATE_BITS) as f64;

/// Quad, i and j in 64 bits: 4 for the quad, then 30 each.
pub(crate) fn pack_q2di(Cell { quad, i, j }: Cell) -> u64 {
    u64::from(quad) << 60 | (i as u64) << COORDINATE_BITS | j as u64
}

/// The inverse of [`pack_q2di`].
pub(crate) fn unpack_q2di(id: u64) -> Cell {
    let low = |x: u64| (x & ((1 << COORDINATE_BITS) - 1)) as i64;
    Cell { quad: (id >> 60) as u8, i: low(id >> COORDINATE_BITS), j: low(id) }
}

/// An integer id: decimal, hexadecimal after `0x`, or negative as signed storage shows ids of 2^63 and above.
pub(crate) fn integer(text: &str) -> Option<u64> {
    let text = text.trim();
    if let Some(hexadecimal) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return u64::from_str_radix(hexadecimal, 16).ok();
    }
    // Rust's own parser takes a plus sign.
    let number = Some(text).filter(|text| !text.starts_with('+'))?;
    number.parse().ok().or_else(|| number.parse::<i64>().ok().map(|id| id as u64))
}

fn zone_of_cell<T: Tiling>(tiling: &T, level: u8, cell: Cell) -> Option<Zone> {
    tiling.contains(level, cell).then(|| Zone(tiling.number(level, cell)))
}

/// Two decimal digits of `base`, then `places` digits of `number` in base `radix`.
fn digits(base: u8, number: u64, radix: u64, places: u8) -> String {
    let mut rest = number;
    let mut text = vec![b'0'; usize::from(places)];
    for digit in text.iter_mut().rev() {
        *digit += (rest % radix) as u8;
        rest /= radix;
    }
    format!("{base:02}{}", text.iter().map(|digit| char::from(*digit)).collect::<String>())
}

/// Q2DD's x and y, in sides of the quad, of a position.
fn cartesian(i: f64, j: f64) -> (f64, f64) {
    (i - 0.5 * j, SQRT_3_2 * j)
}

/// A position as DGGRID's PROJTRI has it. Triangles 0 to 4 are the upper and 5 to 9 the lower faces of quads 1 to 5, 10
/// to 14 and 15 to 19 those of quads 6 to 10. On an upper face x goes from the quad's origin to its far corner, on a
/// lower one from the far corner to the origin; y is to its left. The side is 1. Positions on the diagonal are the
/// lower face's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Triangle {
    number: u8,
    x: f64,
    y: f64,
}

impl Triangle {
    fn of(place: Place) -> Self {
        let Place { quad, i, j } = place;
        let row = if quad <= 5 { quad - 1 } else { quad + 4 };
        let (number, a, b) = if j > i { (row, i, j - i) } else { (row + 5, 1.0 - i, i - j) };
        Self { number, x: a + 0.5 * b, y: SQRT_3_2 * b }
    }

    /// `None` where there is no such triangle, or the position is outside it.
    fn place(self) -> Option<Place> {
        let b = self.y / SQRT_3_2;
        let a = self.x - 0.5 * b;
        let (row, lower) = (self.number / 10, self.number % 10 >= 5);
        let quad = 5 * row + self.number % 5 + 1;
        let (i, j) = if lower { (1.0 - a, 1.0 - a - b) } else { (a, a + b) };
        let inside = a.min(b).min(1.0 - a - b) >= -ROUNDING;
        (self.number < 20 && inside).then_some(Place { quad, i, j })
    }
}

/// Why an id is no zone.
pub(crate) fn no_such_id(dggrs: &str, scheme: &str, level: u8, id: u64) -> Error {
    Error::invalid(format!("id {id} ({id:#x}) names no zone of {dggrs} level {level} in scheme {scheme}"))
}
