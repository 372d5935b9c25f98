//! Numbers and names of rHEALPix zones.
//!
//! A zone is a square of a face's 3^level x 3^level: columns from left to right, rows from top to bottom. Each
//! refinement cuts a square into 3 x 3, numbered 0 to 8 row by row, so a zone's digits, coarsest first, are
//! 3 * (ternary digit of the row) + (ternary digit of the column). Text: the face's letter, then the digits (`Q4356`).
//! Number: the same digits in base 9 after the face, that is the zone's rank among all of its level.

use crate::grid::Zone;

/// The finest level whose ranks fit 64 bits: 6 * 9^19 zones, of 0.63 cm2 on the Earth.
pub(crate) const MAX_LEVEL: u8 = 19;

/// Letters of the faces, in order: the north polar square, four around the equator from west to east, the south.
pub(crate) const FACES: [u8; 6] = *b"NOPQRS";

/// A face and a square on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Square {
    /// Index into [`FACES`].
    pub(crate) face: u8,
    /// From the left, below 3^level.
    pub(crate) column: u64,
    /// From the top, below 3^level.
    pub(crate) row: u64,
}

/// Squares along a face's side.
#[inline]
pub(crate) const fn side(level: u8) -> u64 {
    3u64.pow(level as u32)
}

/// Zones of a face.
#[inline]
pub(crate) const fn face_count(level: u8) -> u64 {
    9u64.pow(level as u32)
}

/// Zones on the globe.
pub(crate) const fn zone_count(level: u8) -> u64 {
    6 * face_count(level)
}

/// Ternary digits that [`SPREAD`] takes at once, and squares along a side of so many refinements.
const SPREAD_DIGITS: u32 = 5;
const SPREAD_SIDE: u64 = 3u64.pow(SPREAD_DIGITS);

/// The ternary digits of an index, read in base 9.
static SPREAD: [u16; SPREAD_SIDE as usize] = {
    let mut table = [0; SPREAD_SIDE as usize];
    let mut index = 0;
    while index < table.len() {
        let (mut rest, mut place) = (index as u16, 1);
        while rest > 0 {
            table[index] += rest % 3 * place;
            rest /= 3;
            place *= 9;
        }
        index += 1;
    }
    table
};

/// Base-9 digits that [`GATHER`] takes at once, and zones of so many refinements.
const GATHER_DIGITS: u32 = 4;
const GATHER_COUNT: u64 = 9u64.pow(GATHER_DIGITS);

/// Column and row, each below 3^4, of four base-9 digits.
static GATHER: [[u8; 2]; GATHER_COUNT as usize] = {
    let mut table = [[0; 2]; GATHER_COUNT as usize];
    let mut index = 0;
    while index < table.len() {
        let (mut rest, mut place) = (index, 1);
        while rest > 0 {
            table[index][0] += (rest % 3 * place) as u8;
            table[index][1] += (rest / 3 % 3 * place) as u8;
            rest /= 9;
            place *= 3;
        }
        index += 1;
    }
    table
};

fn spread(mut index: u64) -> u64 {
    let (mut digits, mut place) = (0, 1);
    loop {
        digits += u64::from(SPREAD[(index % SPREAD_SIDE) as usize]) * place;
        index /= SPREAD_SIDE;
        if index == 0 {
            return digits;
        }
        place *= 9u64.pow(SPREAD_DIGITS);
    }
}

/// The number of a square.
#[inline]
pub(crate) fn join(level: u8, square: Square) -> Zone {
    Zone(u64::from(square.face) * face_count(level) + 3 * spread(square.row) + spread(square.column))
}

/// The square of a zone of `level`; the face is 6 or more where the zone is none.
#[inline]
pub(crate) fn part(level: u8, zone: Zone) -> Square {
    let face = (zone.0 / face_count(level)).min(6) as u8;
    let mut rest = zone.0 % face_count(level);
    let (mut column, mut row, mut place) = (0, 0, 1);
    while rest > 0 {
        let [c, r] = GATHER[(rest % GATHER_COUNT) as usize];
        column += u64::from(c) * place;
        row += u64::from(r) * place;
        rest /= GATHER_COUNT;
        place *= 3u64.pow(GATHER_DIGITS);
    }
    Square { face, column, row }
}

/// The text of a zone of `level`: `N`, `Q4356`.
pub(crate) fn text(level: u8, zone: Zone) -> String {
    let mut rest = zone.0;
    let mut letters = vec![b'0'; usize::from(level) + 1];
    for letter in letters[1..].iter_mut().rev() {
        *letter += (rest % 9) as u8;
        rest /= 9;
    }
    letters[0] = FACES[rest.min(5) as usize];
    letters.into_iter().map(char::from).collect()
}

/// Level and zone of a text, its letter in either case; none where it names no zone.
pub(crate) fn parse(text: &str) -> Option<(u8, Zone)> {
    let (letter, digits) = text.as_bytes().split_first()?;
    let face = FACES.iter().position(|known| known.eq_ignore_ascii_case(letter))?;
    let level = u8::try_from(digits.len()).ok().filter(|&level| level <= MAX_LEVEL)?;
    let rank = digits.iter().try_fold(face as u64, |rank, digit| match digit {
        b'0'..=b'8' => Some(9 * rank + u64::from(digit - b'0')),
        _ => None,
    })?;
    Some((level, Zone(rank)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squares_numbers_and_texts_are_one() {
        let square = Square { face: 3, column: 3 + 2, row: 9 + 2 * 3 };
        let zone = join(3, square);
        assert_eq!(text(3, zone), "Q372");
        assert_eq!(zone.0, 3 * 729 + 3 * 81 + 7 * 9 + 2);
        assert_eq!(part(3, zone), square);
        assert_eq!(parse("q372"), Some((3, zone)));
        for level in 0..=MAX_LEVEL {
            let last = zone_count(level) - 1;
            for zone in (0..50).map(|k| Zone(last / 49 * k)).chain([Zone(last)]) {
                assert_eq!(join(level, part(level, zone)), zone);
                assert_eq!(parse(&text(level, zone)), Some((level, zone)));
            }
            let end = side(level) - 1;
            assert_eq!(join(level, Square { face: 5, column: end, row: end }).0, last);
        }
    }

    #[test]
    fn texts_of_no_zone() {
        for text in ["", "T", "4", "N9", "N4 4", "N-1", "é1", "N4444444444444444444400"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
