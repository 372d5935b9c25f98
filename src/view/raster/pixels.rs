//! Which pixels a caller wants.

use super::lookup::{BATCH, Sampling};

/// Evenly spaced pixels: the centre of column i lies (`first_column` + i + 0.5) * `column_step` columns of the raster from
/// its left edge, and rows likewise.
///
/// With a step above 1 they are pixels of a reduced raster. With a step below 1 each shows the raster's pixel that holds
/// its centre.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pixels {
    /// The first column, counted in steps.
    pub first_column: f64,
    /// The first row, counted in steps.
    pub first_row: f64,
    /// Columns of the raster from one to the next.
    pub column_step: f64,
    /// Rows of the raster from one to the next.
    pub row_step: f64,
    /// How many columns.
    pub columns: usize,
    /// How many rows.
    pub rows: usize,
}

impl Pixels {
    /// The part of `columns` by `rows` pixels from (`column`, `row`) on.
    #[must_use]
    pub(super) fn part(&self, column: usize, row: usize, columns: usize, rows: usize) -> Self {
        Self {
            first_column: self.first_column + column as f64,
            first_row: self.first_row + row as f64,
            columns,
            rows,
            ..*self
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.columns.saturating_mul(self.rows)
    }

    /// The larger step.
    pub(super) fn step(&self) -> f64 {
        self.column_step.max(self.row_step)
    }

    /// Rows that one thread looks up at a time.
    pub(super) fn rows_a_batch(&self) -> usize {
        (BATCH / self.columns.max(1)).max(1)
    }

    /// The columns of `side` points evenly spread across each pixel, of all pixels of a row.
    pub(super) fn across(&self, side: usize) -> Vec<f64> {
        along(self.first_column, self.column_step, self.columns, side)
    }

    /// The rows of `side` points evenly spread down each pixel, of all pixels of a column.
    pub(super) fn down(&self, side: usize) -> Vec<f64> {
        along(self.first_row, self.row_step, self.rows, side)
    }

    /// The points that `sampling` looks at, pixel by pixel: columns and rows of the raster from its upper left corner.
    pub(super) fn points(&self, sampling: Sampling) -> (Vec<f64>, Vec<f64>) {
        let side = match sampling {
            Sampling::Spread(side) => side,
            Sampling::Centre | Sampling::Interpolated => 1,
        };
        let (across, down) = (self.across(side), self.down(side));
        let mut xs = Vec::with_capacity(across.len() * down.len());
        let mut ys = Vec::with_capacity(across.len() * down.len());
        for row in down.chunks(side) {
            if side == 1 {
                xs.extend_from_slice(&across);
                ys.resize(xs.len(), row[0]);
                continue;
            }
            for column in across.chunks(side) {
                for y in row {
                    xs.extend_from_slice(column);
                    ys.resize(xs.len(), *y);
                }
            }
        }
        (xs, ys)
    }
}

fn along(first: f64, step: f64, count: usize, side: usize) -> Vec<f64> {
    // The pixel that is shown is never smaller than one of the raster's.
    let width = step.max(1.0);
    let mut places = Vec::with_capacity(count * side);
    for at in 0..count {
        let centre = (first + at as f64 + 0.5) * step;
        let centre = if step < 1.0 { centre.floor() + 0.5 } else { centre };
        places.extend((0..side).map(|k| centre + ((k as f64 + 0.5) / side as f64 - 0.5) * width));
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: Pixels =
        Pixels { first_column: 3.0, first_row: 0.0, column_step: 2.0, row_step: 1.0, columns: 2, rows: 1 };

    #[test]
    fn points_lie_in_the_middle_or_spread_over_the_pixel() {
        assert_eq!(TWO.points(Sampling::Centre), (vec![7.0, 9.0], vec![0.5, 0.5]));
        let (xs, ys) = TWO.points(Sampling::Spread(2));
        assert_eq!(xs, [6.5, 7.5, 6.5, 7.5, 8.5, 9.5, 8.5, 9.5]);
        assert_eq!(ys, [0.25, 0.25, 0.75, 0.75, 0.25, 0.25, 0.75, 0.75]);
    }

    #[test]
    fn parts_have_the_points_of_the_whole() {
        let whole = Pixels { column_step: 1.7, columns: 10, rows: 4, row_step: 0.3, ..TWO };
        let (xs, ys) = whole.points(Sampling::Centre);
        let (part_xs, part_ys) = whole.part(4, 2, 3, 2).points(Sampling::Centre);
        assert_eq!(part_xs[..3], xs[24..27]);
        assert_eq!(part_xs[3..], xs[34..37]);
        assert_eq!(part_ys[3..], ys[34..37]);
        // Enlarged pixels show the raster's own.
        assert!(ys.iter().all(|y| y.fract() == 0.5));
    }
}
