//! Z7: the septenary tree of ISEA7H and IGEO7 zones.
//!
//! Each of the twelve vertices is the root of a tree. A digit says where a zone's centre lies in its parent: 0 at its
//! centre, else in one of six directions, 60 degrees apart, of the child's lattice, which is turned by 19.1 degrees to the
//! left from an even level to an odd one, and back from an odd to an even one. Around a vertex one of six directions is
//! missing: the first digit that is not 0 is never 2 (bases 0 to 5) or 5 (bases 6 to 11). What follows the first digit
//! is in the frame of that first step. The directions of digits, and the frames of bases 0 and 11, were inferred from
//! DGGRID's answers.
//!
//! Numbers count the zones of a level in the order of their digits, without gaps. A base has [`per_base`] zones: its own
//! tree of the vertex, and 5 trees of 7^k zones for each level between.

use super::eisenstein::{Eisenstein, ROOT_7, ROOT_7_BAR, UNITS, e};
use super::quad::{BOTTOM, Cell, TOP, corner_vertex, fold, spokes};

/// The digit of the direction that is k turns of 60 degrees from the i axis.
const DIGIT: [u8; 6] = [4, 6, 2, 3, 1, 5];

/// The direction of a digit from 1 to 6; the inverse of [`DIGIT`].
const TURN: [u8; 7] = [0, 4, 2, 3, 0, 5, 1];

/// The direction of the child at an odd level by (4i + j) mod 7, 6 where the child is at its parent's centre.
const TURN_ODD: [u8; 7] = [6, 2, 4, 3, 0, 1, 5];

/// The most digits that 64 bits hold; also the most that this module works with but for SEQNUM's level 21.
pub(crate) const MAX_DIGITS: usize = 21;

/// A zone as base and digits, the digits as a number in base 7.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// 0 to 11.
    pub(crate) base: u8,
    /// `level` digits, the first one the highest.
    pub(crate) digits: u64,
}

/// The first digit that no zone of a base has.
fn missing(base: u8) -> u8 {
    if base <= 5 { 2 } else { 5 }
}

/// Powers of 7.
const POWERS: [u64; MAX_DIGITS + 1] = {
    let mut powers = [1; MAX_DIGITS + 1];
    let mut k = 1;
    while k <= MAX_DIGITS {
        powers[k] = 7 * powers[k - 1];
        k += 1;
    }
    powers
};

fn power(exponent: u8) -> u64 {
    POWERS[usize::from(exponent)]
}

/// Number of zones of one base: (5 * 7^level + 1) / 6.
pub(crate) fn per_base(level: u8) -> u64 {
    (5 * power(level) + 1) / 6
}

/// How far a base's frame is turned to the left of the quad's that sees it at a corner, in units of 60 degrees.
fn frame(quad: u8, base: u8) -> u8 {
    match base {
        TOP => [0, 1, 2, 4, 5][usize::from(quad - 1)],
        BOTTOM => [5, 4, 2, 1, 0][usize::from(quad - 6)],
        _ => 0,
    }
}

/// What two digits, the first to an odd level and the second to an even one, are for a position (i, j) of the even
/// level. As a position is 7 p + s with p its grandparent's, i mod 7 and j mod 7 say all.
#[derive(Clone, Copy, Debug)]
struct Pair {
    /// The two directions, 6 for none: 7 times the first, plus the second.
    turns: u8,
    /// The grandparent is at i / 7 + carry, 0 or 1.
    carry_i: u8,
    /// And at j / 7 + carry.
    carry_j: u8,
}

/// The unit of a direction, 0 for 6.
const fn step(turn: usize) -> Eisenstein {
    if turn < 6 { UNITS[turn] } else { e(0, 0) }
}

/// By 7 (i mod 7) + j mod 7.
const PAIRS: [Pair; 49] = {
    let mut pairs = [Pair { turns: 0, carry_i: 0, carry_j: 0 }; 49];
    let mut turns = 0;
    while turns < 49 {
        let (first, second) = (step(turns / 7), step(turns % 7));
        // s = (3 + w) first + second.
        let i = 3 * first.i - first.j + second.i;
        let j = first.i + 2 * first.j + second.j;
        let (rest_i, rest_j) = (i.rem_euclid(7), j.rem_euclid(7));
        pairs[(7 * rest_i + rest_j) as usize] =
            Pair { turns: turns as u8, carry_i: ((rest_i - i) / 7) as u8, carry_j: ((rest_j - j) / 7) as u8 };
        turns += 1;
    }
    pairs
};

/// Two digits as a number in base 7, by how far the frame is turned and [`Pair::turns`].
const DIGITS: [[u8; 49]; 6] = {
    let mut digits = [[0; 49]; 6];
    let mut n = 0;
    while n < 6 * 49 {
        let (turned, turns) = (n / 49, n % 49);
        digits[turned][turns] = 7 * digit(turns / 7, turned) + digit(turns % 7, turned);
        n += 1;
    }
    digits
};

/// The digit of a direction, 0 for 6, in a turned frame.
const fn digit(turn: usize, turned: usize) -> u8 {
    if turn < 6 { DIGIT[(turn + turned) % 6] } else { 0 }
}

/// Both directions are none.
const CENTRE: u8 = 48;

/// The address of a position on the lattice of ISEA7H (see [`super::hexagon`]); `None` for what is no zone.
pub(crate) fn address(level: u8, cell: Cell) -> Option<Address> {
    if let Some(vertex @ (TOP | BOTTOM)) = cell.vertex() {
        return Some(Address { base: vertex, digits: 0 });
    }
    let mut last = 6;
    let mut z = cell.z();
    if level % 2 == 1 {
        z = (z * ROOT_7_BAR).over(7);
        last = usize::from(TURN_ODD[(4 * z.i + z.j).rem_euclid(7) as usize]);
        z = ((z - step(last)) * ROOT_7).over(7);
    }
    // At even levels, ancestors' positions are not negative either: steps to them are by less than a position.
    let (mut i, mut j) = (u64::try_from(z.i).ok()?, u64::try_from(z.j).ok()?);
    let mut pairs = [CENTRE; MAX_DIGITS / 2];
    let pairs = &mut pairs[..usize::from(level / 2)];
    for pair in pairs.iter_mut().rev() {
        let found = PAIRS[(7 * (i % 7) + j % 7) as usize];
        *pair = found.turns;
        i = i / 7 + u64::from(found.carry_i);
        j = j / 7 + u64::from(found.carry_j);
    }
    let base = corner_vertex(cell.quad, e(i as i64, j as i64))?;
    let mut turned = usize::from(frame(cell.quad, base));
    let first = match pairs.iter().find(|pair| **pair != CENTRE) {
        Some(pair) if pair / 7 < 6 => usize::from(pair / 7),
        Some(pair) => usize::from(pair % 7),
        None => last,
    };
    if digit(first, turned) == missing(base) {
        turned += 1;
    }
    let turned = turned % 6;
    let mut digits = pairs.iter().fold(0, |digits, pair| 49 * digits + u64::from(DIGITS[turned][usize::from(*pair)]));
    if level % 2 == 1 {
        digits = 7 * digits + u64::from(digit(last, turned));
    }
    Some(Address { base, digits })
}

/// The position of an address; `None` for one that no zone has.
pub(crate) fn cell(level: u8, address: Address, side: i64) -> Option<Cell> {
    let Address { base, digits } = address;
    if base > 11 || digits >= power(level) {
        return None;
    }
    let mut places = [0u8; MAX_DIGITS];
    let mut rest = digits;
    for place in places[..level.into()].iter_mut().rev() {
        *place = (rest % 7) as u8;
        rest /= 7;
    }
    let Some(&first) = places.iter().find(|&&digit| digit != 0) else {
        return Some(Cell::of_vertex(base));
    };
    if first == missing(base) {
        return None;
    }
    // A quad that sees the first step, and the frame in which it does.
    let spoke = spokes(base).into_iter().find_map(|spoke| {
        let seen = (spoke.turn + frame(spoke.quad, base)) % 6;
        let skip = u8::from(DIGIT[usize::from(seen)] == missing(base));
        (DIGIT[usize::from((seen + skip) % 6)] == first).then_some((spoke, frame(spoke.quad, base) + skip))
    });
    let (spoke, turned) = spoke?;
    let mut z = e(0, 0);
    for (k, &digit) in places.iter().enumerate().take(level.into()) {
        z = z * if k % 2 == 1 { ROOT_7 } else { ROOT_7_BAR };
        if digit != 0 {
            z = z + UNITS[usize::from((TURN[usize::from(digit)] + 6 - turned % 6) % 6)];
        }
    }
    let z = if level % 2 == 1 { z * ROOT_7 } else { z };
    fold(spoke.quad, spoke.corner * side + z, side)
}

/// The number of an address among all of its level.
pub(crate) fn number(level: u8, Address { base, digits }: Address) -> u64 {
    let mut rank = 0;
    if digits != 0 {
        let places = (POWERS.partition_point(|power| *power <= digits) - 1) as u8;
        let weight = power(places);
        let first = digits / weight;
        let skipped = 1 + u64::from(first > u64::from(missing(base)));
        rank = per_base(places) + (first - skipped) * weight + digits % weight;
    }
    u64::from(base) * per_base(level) + rank
}

/// The address of a number below 10 * 7^level + 2; the inverse of [`number`].
pub(crate) fn of_number(level: u8, number: u64) -> Address {
    let base = (number / per_base(level)) as u8;
    let rank = number % per_base(level);
    let Some(places) = (0..level).rev().find(|&places| rank >= per_base(places)) else {
        return Address { base, digits: 0 };
    };
    let weight = power(places);
    let over = rank - per_base(places);
    let first = over / weight + 1;
    let first = first + u64::from(first >= u64::from(missing(base)));
    Address { base, digits: first * weight + over % weight }
}

/// Z7's 64 bits: the base, three bits a digit from the top, every unused digit 7.
pub(crate) fn pack(level: u8, Address { base, digits }: Address) -> u64 {
    let mut id = u64::from(base) << 60;
    let mut rest = digits;
    for digit in 0..20u32 {
        let value = if digit < 20 - u32::from(level) {
            7
        } else {
            let value = rest % 7;
            rest /= 7;
            value
        };
        id |= value << (3 * digit);
    }
    id
}

/// Level and address of 64 bits; `None` for a digit 7 before a smaller one, a base above 11, or a missing direction.
pub(crate) fn unpack(id: u64) -> Option<(u8, Address)> {
    let base = (id >> 60) as u8;
    let (mut level, mut digits) = (0, 0);
    for digit in (0..20u32).rev() {
        let value = id >> (3 * digit) & 7;
        if value < 7 {
            if u32::from(level) + digit + 1 != 20 || (digits == 0 && value == u64::from(missing(base))) {
                return None;
            }
            level += 1;
            digits = 7 * digits + value;
        }
    }
    (base <= 11).then_some((level, Address { base, digits }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_no_gaps() {
        for level in 0..=4 {
            let mut before = None;
            for n in 0..10 * 7u64.pow(level.into()) + 2 {
                let address = of_number(level, n);
                assert_eq!(number(level, address), n);
                assert_eq!(unpack(pack(level, address)), Some((level, address)));
                assert!(before.is_none_or(|before| before < (address.base, address.digits)));
                before = Some((address.base, address.digits));
            }
        }
    }

    #[test]
    fn addresses_and_positions_are_inverse() {
        for level in 0..=5u8 {
            let side = 7i64.pow(u32::from(level).div_ceil(2));
            for n in 0..10 * 7u64.pow(level.into()) + 2 {
                let wanted = of_number(level, n);
                let cell = cell(level, wanted, side).unwrap();
                assert_eq!(address(level, cell), Some(wanted), "{cell:?}");
            }
        }
    }

    #[test]
    fn the_documented_id_is_the_documented_text() {
        let address = Address { base: 0, digits: (3 * 7 + 4) * 49 + 6 * 7 + 3 };
        assert_eq!(pack(5, address), 0x00e6_7fff_ffff_ffff);
        assert_eq!(unpack(0x00e6_7fff_ffff_ffff), Some((5, address)));
        assert_eq!(unpack(0xc000_0000_0000_0000), None);
    }
}
