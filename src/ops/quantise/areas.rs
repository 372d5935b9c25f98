//! The areas of a raster's pixels on the grid's surface.

use super::axis::Axis;
use super::lattice::{Axes, Lattice, Mapped, unit};
use super::lines::Lines;
use crate::error::Result;
use crate::grid::LonLat;
use crate::grid::healpix::latitude::Latitude;

/// Areas of pixels on the sphere of radius 1.
#[derive(Debug)]
pub(super) enum Areas {
    /// The product of a column's and a row's.
    Axes { widths: Vec<f64>, heights: Vec<f64> },
    /// At every `step`-th pixel, in between by its neighbours.
    Sampled(Sampled),
}

/// Areas of pixels in a grid of nodes.
#[derive(Debug)]
pub(super) struct Sampled {
    step: usize,
    columns: usize,
    rows: usize,
    areas: Vec<f64>,
}

impl Areas {
    /// The area of a pixel.
    #[inline]
    pub(super) fn of(&self, row: u32, column: u32) -> f64 {
        match self {
            Areas::Axes { widths, heights } => widths[column as usize] * heights[row as usize],
            Areas::Sampled(sampled) => sampled.of(row, column),
        }
    }

    /// Areas of parts of pixels, from a column on in a row.
    #[inline]
    pub(super) fn weigh(&self, row: u32, column: u32, parts: &[f64], areas: &mut [f64]) {
        match self {
            Areas::Axes { widths, heights } => {
                let (height, widths) = (heights[row as usize], &widths[column as usize..]);
                for ((area, part), width) in areas.iter_mut().zip(parts).zip(widths) {
                    *area = part * (width * height);
                }
            }
            Areas::Sampled(sampled) => sampled.weigh(row, column, parts, areas),
        }
    }
}

impl Sampled {
    /// The area of a pixel; not inlined, so that no part of it is done where it is not needed.
    #[inline(never)]
    fn of(&self, row: u32, column: u32) -> f64 {
        let mut area = [0.0];
        self.weigh(row, column, &[1.0], &mut area);
        area[0]
    }

    /// See [`Areas::weigh`]; between nodes the areas of a row's pixels are evenly spaced.
    fn weigh(&self, row: u32, column: u32, parts: &[f64], areas: &mut [f64]) {
        let Self { step, columns, rows, areas: nodes } = self;
        let upper = (row as usize / step).min(rows - 2);
        let down = (row as usize - upper * step) as f64 / *step as f64;
        let node = |column: usize| {
            let at = upper * columns + column;
            nodes[at] + down * (nodes[at + columns] - nodes[at])
        };
        let mut column = column as usize;
        let mut rest = parts.iter().zip(areas);
        while rest.len() > 0 {
            let left = (column / step).min(columns - 2);
            let first = node(left);
            let more = (node(left + 1) - first) / *step as f64;
            // The pixels of the last node are all there are.
            let until = if left == columns - 2 { usize::MAX } else { (left + 1) * step };
            for (part, area) in rest.by_ref().take(until - column) {
                *area = part * (first + more * (column - left * step) as f64);
                column += 1;
            }
        }
    }
}

/// Columns in degrees, no more than a turn of them; rows in sines of authalic latitudes, cut at the poles.
pub(super) fn of_axes(axes: &Axes, latitude: &Latitude) -> (Lines, Lines, Areas) {
    let columns = axes.lon().clone().truncated(axes.turn_columns());
    let first = columns.edge(0);
    let (low, high) = columns.ends();
    let columns = if high - low > 360.0 || axes.is_whole_turn() {
        // The last line is the first one, a turn on.
        let last = first + if columns.ascends() { 360.0 } else { -360.0 };
        let mut edges: Vec<f64> = (0..=columns.count()).map(|index| columns.edge(index)).collect();
        *edges.last_mut().expect("an axis has edges") = last;
        Axis::Edges(edges)
    } else {
        columns
    };
    // Rows wholly beyond a pole have no height; they keep their place by a hair, so that lines still ascend.
    let rows = axes.lat().map(|lat| match lat.abs() > 90.0 {
        true => (1.0 + (lat.abs() - 89.0) * 4.0 * f64::EPSILON).copysign(lat),
        false => latitude.sin_authalic(lat),
    });
    let clipped = |z: f64| z.clamp(-1.0, 1.0);
    let widths = (0..columns.count()).map(|k| (columns.edge(k + 1) - columns.edge(k)).abs().to_radians()).collect();
    let heights = (0..rows.count()).map(|k| (clipped(rows.edge(k + 1)) - clipped(rows.edge(k))).abs()).collect();
    (Lines::new(&columns), Lines::new(&rows), Areas::Axes { widths, heights })
}

/// How many pixels along the longer axis have their area measured.
const MEASURED: usize = 256;

/// The areas of pixels of a mapped raster, by the quadrilaterals of their corners.
pub(super) fn sampled(lattice: &Lattice, mapped: &Mapped, latitude: &Latitude) -> Result<Areas> {
    let step = lattice.columns().max(lattice.rows()).div_ceil(MEASURED);
    let nodes = |count: usize| count.div_ceil(step) + 1;
    let (columns, rows) = (nodes(lattice.columns()), nodes(lattice.rows()));
    let mut areas = Vec::with_capacity(columns * rows);
    let mut positions = Vec::with_capacity(4 * columns);
    let mut places = vec![LonLat::default(); 4 * columns];
    for row in 0..rows {
        positions.clear();
        for column in 0..columns {
            // The last nodes lie beyond the raster; the pixel at its end stands for them.
            let x = (column * step).min(lattice.columns() - 1) as f64;
            let y = (row * step).min(lattice.rows() - 1) as f64;
            positions.extend([[x, y], [x + 1.0, y], [x + 1.0, y + 1.0], [x, y + 1.0]]);
        }
        mapped.map().places(&positions, &mut places)?;
        areas.extend(places.chunks(4).map(|corners| {
            let [a, b, c, d] = std::array::from_fn(|k| unit(latitude.authalic(), corners[k]));
            let minus = |p: [f64; 3], q: [f64; 3]| -> [f64; 3] { std::array::from_fn(|k| p[k] - q[k]) };
            let (u, v) = (minus(c, a), minus(d, b));
            let cross: [f64; 3] =
                std::array::from_fn(|k| u[(k + 1) % 3] * v[(k + 2) % 3] - u[(k + 2) % 3] * v[(k + 1) % 3]);
            0.5 * cross.iter().map(|x| x * x).sum::<f64>().sqrt()
        }));
    }
    // Corners that are not on the globe: the mean area stands for theirs.
    let (sum, known) =
        areas.iter().filter(|area| area.is_finite()).fold((0.0, 0), |(sum, n), area| (sum + area, n + 1));
    let mean = if known > 0 { sum / f64::from(known) } else { 1.0 };
    areas.iter_mut().filter(|area| !area.is_finite()).for_each(|area| *area = mean);
    Ok(Areas::Sampled(Sampled { step, columns, rows, areas }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_between_nodes_are_bilinear_along_a_row_and_one_by_one() {
        let (step, columns, rows) = (3, 5, 4);
        let areas: Vec<f64> = (0..columns * rows).map(|at| 1.0 + ((at * 7) % 11) as f64).collect();
        let sampled = Areas::Sampled(Sampled { step, columns, rows, areas: areas.clone() });
        let (width, height) = (step * (columns - 1), step * (rows - 1));
        for row in 0..height {
            let all: Vec<f64> = (0..width)
                .map(|column| {
                    let (c, r) = (column / step, row / step);
                    let (x, y) = ((column % step) as f64 / step as f64, (row % step) as f64 / step as f64);
                    let at = |r: usize, c: usize| areas[r * columns + c];
                    (1.0 - y) * ((1.0 - x) * at(r, c) + x * at(r, c + 1))
                        + y * ((1.0 - x) * at(r + 1, c) + x * at(r + 1, c + 1))
                })
                .collect();
            for first in 0..width {
                let parts: Vec<f64> = (first..width).map(|column| 0.25 + column as f64 / 64.0).collect();
                let mut weighed = vec![0.0; parts.len()];
                sampled.weigh(row as u32, first as u32, &parts, &mut weighed);
                for ((area, part), expected) in weighed.iter().zip(&parts).zip(&all[first..]) {
                    assert!((area - part * expected).abs() < 1e-13, "row {row}, from column {first}");
                }
                assert!((sampled.of(row as u32, first as u32) - all[first]).abs() < 1e-13);
            }
        }
    }
}
