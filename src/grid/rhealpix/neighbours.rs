//! Squares beside squares: the rHEALPix map folded into a cube.
//!
//! Seen from outside, with north up, the faces O, P, Q, R follow each other eastwards. N lies above and S below them,
//! each drawn so that its bottom (N) or top (S) side is O's. Three faces meet at a corner of the cube, so the square
//! there has seven neighbours; elsewhere it has eight.

use super::address::Square;

/// The squares that share a side or a corner with `square`, each once, in no order; `n` squares lie along a side.
pub(crate) fn around(square: Square, n: u64) -> Vec<Square> {
    let mut found = Vec::with_capacity(8);
    for (right, down) in [(-1, -1), (0, -1), (1, -1), (-1, 0), (1, 0), (-1, 1), (0, 1), (1, 1)] {
        if let Some(beside) = moved(square, right, down, n) {
            found.push(beside);
        }
    }
    found
}

/// The square one step to the `right` (or left, -1) and `down` (or up); none beyond a corner of the cube.
fn moved(square: Square, right: i64, down: i64, n: u64) -> Option<Square> {
    let step = |from: u64, by: i64| from.checked_add_signed(by).filter(|&to| to < n);
    match (step(square.column, right), step(square.row, down)) {
        (Some(column), Some(row)) => Some(Square { column, row, ..square }),
        (Some(column), None) => Some(over_side(Square { column, ..square }, (0, down), n)),
        (None, Some(row)) => Some(over_side(Square { row, ..square }, (right, 0), n)),
        (None, None) => None,
    }
}

/// The square beyond the side of `square`'s face that lies in direction (right, down); `square` touches that side.
fn over_side(square: Square, direction: (i64, i64), n: u64) -> Square {
    let Square { face, column, row } = square;
    let last = n - 1;
    // The face around the equator that is `turns` quarter turns east of O.
    let equatorial = |turns: u8, column: u64, row: u64| Square { face: 1 + turns % 4, column, row };
    let (north, south) = (
        |column, row| Square { face: 0, column, row },
        |column, row| Square { face: 5, column, row },
    );
    match (face, direction) {
        (0, (_, 1)) => equatorial(0, column, 0),
        (0, (1, _)) => equatorial(1, last - row, 0),
        (0, (_, -1)) => equatorial(2, last - column, 0),
        (0, _) => equatorial(3, row, 0),
        (5, (_, -1)) => equatorial(0, column, last),
        (5, (1, _)) => equatorial(1, row, last),
        (5, (_, 1)) => equatorial(2, last - column, last),
        (5, _) => equatorial(3, last - row, last),
        (_, (1, _)) => equatorial(face, 0, row),
        (_, (-1, _)) => equatorial(face + 2, last, row),
        (1, (_, -1)) => north(column, last),
        (2, (_, -1)) => north(last, last - column),
        (3, (_, -1)) => north(last - column, 0),
        (_, (_, -1)) => north(0, column),
        (1, _) => south(column, 0),
        (2, _) => south(last, column),
        (3, _) => south(last - column, last),
        (_, _) => south(0, last - column),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides_are_crossed_back() {
        let n = 9;
        for face in 0..6 {
            for along in 0..n {
                for (square, direction) in [
                    (Square { face, column: along, row: 0 }, (0, -1)),
                    (Square { face, column: along, row: n - 1 }, (0, 1)),
                    (Square { face, column: 0, row: along }, (-1, 0)),
                    (Square { face, column: n - 1, row: along }, (1, 0)),
                ] {
                    let beyond = over_side(square, direction, n);
                    assert_ne!(beyond.face, face);
                    assert!(around(beyond, n).contains(&square), "{square:?} {direction:?} {beyond:?}");
                }
            }
        }
    }

    #[test]
    fn eight_neighbours_seven_at_the_corners_four_on_faces() {
        for face in 0..6 {
            assert_eq!(around(Square { face, column: 0, row: 0 }, 1).len(), 4);
            for (column, row) in (0..27).flat_map(|column| (0..27).map(move |row| (column, row))) {
                let corner = [0, 26].contains(&column) && [0, 26].contains(&row);
                let around = around(Square { face, column, row }, 27);
                assert_eq!(around.len(), if corner { 7 } else { 8 });
            }
        }
    }
}
