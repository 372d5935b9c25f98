//! Z3: the ternary tree of ISEA3H zones, as DGGRID 9 numbers them.
//!
//! Within a quad, two digits in base 3 say one digit in base 3 of i and one of j: the first digit chooses one of three
//! zones of the odd level between (at (0, 0), (2, 1) and (1, 2) thirds), the second one of three zones around it. The
//! table was inferred from DGGRID's answers; it is complete, since each of its nine rows occurs in them.
//!
//! | i, j | 0,0 | 1,0 | 1,1 | 2,1 | 2,2 | 2,0 | 1,2 | 0,2 | 0,1 |
//! | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
//! | digits | 00 | 01 | 02 | 10 | 11 | 12 | 20 | 21 | 22 |

use super::eisenstein::{Eisenstein, e};

/// The digit pair as a number, by 3 i + j.
const PAIR: [u8; 9] = [0, 8, 7, 1, 2, 6, 5, 3, 4];

/// 3 i + j by digit pair; the inverse of [`PAIR`].
const IJ: [u8; 9] = [0, 3, 4, 7, 8, 6, 5, 2, 1];

/// The number of a position within its quad, below 3^level; i and j are below 3^ceil(level / 2).
pub(crate) fn number(level: u8, z: Eisenstein) -> u64 {
    let (mut i, mut j) = (z.i as u64, z.j as u64);
    let (mut number, mut weight) = (0, 1);
    for _ in 0..level.div_ceil(2) {
        number += weight * u64::from(PAIR[(3 * (i % 3) + j % 3) as usize]);
        (i, j) = (i / 3, j / 3);
        weight *= 9;
    }
    // At an odd level the last pair is one of the three whose second digit is 0.
    if level % 2 == 1 { number / 3 } else { number }
}

/// The position of a number; the inverse of [`number`].
pub(crate) fn position(level: u8, number: u64) -> Eisenstein {
    let mut number = if level % 2 == 1 { u128::from(number) * 3 } else { u128::from(number) };
    let mut z = e(0, 0);
    let mut weight = 1;
    for _ in 0..level.div_ceil(2) {
        let ij = i64::from(IJ[(number % 9) as usize]);
        z = z + e(ij / 3, ij % 3) * weight;
        number /= 9;
        weight *= 3;
    }
    z
}

/// Z3's 64 bits: the quad, two bits a digit from the top, every unused digit 3.
pub(crate) fn pack(level: u8, quad: u8, number: u64) -> u64 {
    let mut id = 0;
    let mut rest = number;
    for digit in 0..30u32 {
        let value = if digit < 30 - u32::from(level) {
            3
        } else {
            let value = rest % 3;
            rest /= 3;
            value
        };
        id |= value << (2 * digit);
    }
    id | u64::from(quad) << 60
}

/// Level, quad and number of 64 bits; `None` for a digit 3 before a smaller one or a quad above 11.
pub(crate) fn unpack(id: u64) -> Option<(u8, u8, u64)> {
    let quad = (id >> 60) as u8;
    let (mut level, mut number) = (0, 0);
    for digit in (0..30u32).rev() {
        let value = id >> (2 * digit) & 3;
        if value < 3 {
            if u32::from(level) + digit + 1 != 30 {
                return None;
            }
            level += 1;
            number = 3 * number + value;
        }
    }
    (quad <= 11).then_some((level, quad, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_inverse() {
        for ij in 0..9u8 {
            assert_eq!(IJ[usize::from(PAIR[usize::from(ij)])], ij);
        }
    }

    #[test]
    fn bits_are_dggrids() {
        // Point "San Francisco" of the reference answers at level 5: Q2DI 1 17 10, Z3 0102121.
        let number = number(5, e(17, 10));
        assert_eq!(pack(5, 1, number), 0x1267_ffff_ffff_ffff);
        assert_eq!(unpack(0x1267_ffff_ffff_ffff), Some((5, 1, number)));
        assert_eq!(position(5, number), e(17, 10));
        assert_eq!(unpack(0x13c0_0000_0000_0000), None);
        assert_eq!(unpack(u64::MAX), None);
    }
}
