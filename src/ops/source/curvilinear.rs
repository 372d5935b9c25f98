//! Pixels whose centres' longitudes and latitudes are given one by one, as of a swath or an ocean model.
//!
//! A pixel's corners lie midway between the centres around them; at the rim as far beyond the outermost centres as the next
//! ones are within. A point is looked for in a tree of boxes in space around ever smaller blocks of pixels, and its position
//! in a pixel is that of the bilinear map of the pixel's corners, in the plane that touches the globe at the point. Poles and
//! the antimeridian are nothing special.

use crate::error::{Error, Result};
use crate::grid::LonLat;
use crate::grid::authalic::Authalic;
use crate::ops::quantise::lattice::{Map, NOWHERE, Position, unit};

type Unit = [f64; 3];

/// The map of such pixels.
#[derive(Debug)]
pub struct Curvilinear {
    columns: usize,
    rows: usize,
    /// (rows + 1) x (columns + 1) corners; NaN where coordinates are missing.
    corners: Vec<Unit>,
    /// For each level of the tree, from single pixels on, its boxes: each holds 2 x 2 of the level before.
    levels: Vec<Level>,
}

#[derive(Debug)]
struct Level {
    columns: usize,
    rows: usize,
    boxes: Vec<Bounds>,
}

/// The corners of a box in space; nothing lies in one whose low corner is above the high one.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    low: [f32; 3],
    high: [f32; 3],
}

/// What single precision and the bend of a pixel's surface may put outside of its corners' box, beside a part of its size.
const SLACK: f32 = 1e-6;

/// Pixels of the tree's lowest boxes along a side.
const LEAF: usize = 4;

/// How far outside of a pixel, in pixels, rounding may put a point of its rim.
const RIM: f64 = 1e-9;

impl Bounds {
    const NOTHING: Self = Self { low: [f32::INFINITY; 3], high: [f32::NEG_INFINITY; 3] };

    fn with(self, other: Self) -> Self {
        Self {
            low: std::array::from_fn(|k| self.low[k].min(other.low[k])),
            high: std::array::from_fn(|k| self.high[k].max(other.high[k])),
        }
    }

    fn holds(&self, point: Unit) -> bool {
        (0..3).all(|k| self.low[k] <= point[k] as f32 && point[k] as f32 <= self.high[k])
    }
}

impl Curvilinear {
    /// Of centres, row by row.
    ///
    /// # Errors
    /// Fewer than two rows or columns; lists of different lengths.
    pub fn new(columns: usize, lon_deg: &[f64], lat_deg: &[f64]) -> Result<Self> {
        let rows = lon_deg.len().checked_div(columns).unwrap_or(0);
        if columns < 2 || rows < 2 || lon_deg.len() != lat_deg.len() || lon_deg.len() != rows * columns {
            return Err(Error::invalid(format!(
                "{} longitudes and {} latitudes of {columns} columns: at least 2 x 2 of each are needed",
                lon_deg.len(),
                lat_deg.len()
            )));
        }
        let sphere = Authalic::sphere();
        let place = |at: usize| match lat_deg[at].abs() <= 90.0 && lon_deg[at].is_finite() {
            true => unit(&sphere, LonLat { lon_deg: lon_deg[at], lat_deg: lat_deg[at] }),
            false => [f64::NAN; 3],
        };
        let centres: Vec<Unit> = (0..lon_deg.len()).map(place).collect();
        let corners = corners(columns, rows, &centres);
        let mut map = Self { columns, rows, corners, levels: Vec::new() };
        map.grow();
        Ok(map)
    }

    fn corner(&self, column: usize, row: usize) -> Unit {
        self.corners[row * (self.columns + 1) + column]
    }

    /// Makes the tree.
    fn grow(&mut self) {
        let leaves = |count: usize| count.div_ceil(LEAF);
        let (columns, rows) = (leaves(self.columns), leaves(self.rows));
        let mut boxes = Vec::with_capacity(columns * rows);
        for row in 0..rows {
            for column in 0..columns {
                let mut bounds = Bounds::NOTHING;
                for y in row * LEAF..=((row + 1) * LEAF).min(self.rows) {
                    for x in column * LEAF..=((column + 1) * LEAF).min(self.columns) {
                        let corner = self.corner(x, y).map(|x| x as f32);
                        if corner[0].is_finite() {
                            bounds = bounds.with(Bounds { low: corner, high: corner });
                        }
                    }
                }
                // The surface bends out of the box of its corners by less than an eighth of the square of its size.
                let size = (0..3).map(|k| bounds.high[k] - bounds.low[k]).fold(0.0, f32::max);
                let slack = SLACK + 0.125 * size * size;
                boxes.push(Bounds { low: bounds.low.map(|x| x - slack), high: bounds.high.map(|x| x + slack) });
            }
        }
        self.levels = vec![Level { columns, rows, boxes }];
        while let Some(below) = self.levels.last().filter(|level| level.boxes.len() > 1) {
            let (columns, rows) = (below.columns.div_ceil(2), below.rows.div_ceil(2));
            let mut boxes = vec![Bounds::NOTHING; columns * rows];
            for row in 0..below.rows {
                for column in 0..below.columns {
                    let into = &mut boxes[row / 2 * columns + column / 2];
                    *into = into.with(below.boxes[row * below.columns + column]);
                }
            }
            self.levels.push(Level { columns, rows, boxes });
        }
    }

    /// The position of a point in the first pixel, row by row within each box, that holds it.
    fn find(&self, point: Unit) -> Position {
        let mut open = vec![(self.levels.len() - 1, 0, 0)];
        while let Some((level, column, row)) = open.pop() {
            let boxes = &self.levels[level];
            if !boxes.boxes[row * boxes.columns + column].holds(point) {
                continue;
            }
            if level > 0 {
                let below = &self.levels[level - 1];
                for y in (2 * row..(2 * row + 2).min(below.rows)).rev() {
                    open.extend((2 * column..(2 * column + 2).min(below.columns)).rev().map(|x| (level - 1, x, y)));
                }
                continue;
            }
            for y in row * LEAF..((row + 1) * LEAF).min(self.rows) {
                for x in column * LEAF..((column + 1) * LEAF).min(self.columns) {
                    if let Some([u, v]) = self.within(x, y, point) {
                        return [x as f64 + u, y as f64 + v];
                    }
                }
            }
        }
        NOWHERE
    }

    /// Where in a pixel a point lies, in [0, 1); `None` outside.
    fn within(&self, column: usize, row: usize, point: Unit) -> Option<[f64; 2]> {
        let dot = |a: Unit, b: Unit| a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
        // Two directions across the point.
        let aside = if point[2].abs() < 0.7 { [0.0, 0.0, 1.0] } else { [1.0, 0.0, 0.0] };
        let cross = |a: Unit, b: Unit| -> Unit {
            std::array::from_fn(|k| a[(k + 1) % 3] * b[(k + 2) % 3] - a[(k + 2) % 3] * b[(k + 1) % 3])
        };
        let east = cross(aside, point);
        let north = cross(point, east);
        let corner = |x: usize, y: usize| {
            let corner = self.corner(x, y);
            let depth = dot(corner, point);
            // What is on the other side of the globe, and what is missing, is not near.
            (depth > 0.1).then(|| [dot(corner, east) / depth, dot(corner, north) / depth])
        };
        let (a, b) = (corner(column, row)?, corner(column + 1, row)?);
        let (d, c) = (corner(column, row + 1)?, corner(column + 1, row + 1)?);
        // a + u e + v f + u v g = 0
        let minus = |p: [f64; 2], q: [f64; 2]| [p[0] - q[0], p[1] - q[1]];
        let (e, f) = (minus(b, a), minus(d, a));
        let g = minus(minus(c, b), f);
        let (mut u, mut v) = (0.5, 0.5);
        for _ in 0..20 {
            let r = [0, 1].map(|k| a[k] + u * e[k] + v * f[k] + u * v * g[k]);
            let (du, dv) = ([0, 1].map(|k| e[k] + v * g[k]), [0, 1].map(|k| f[k] + u * g[k]));
            let determinant = du[0] * dv[1] - du[1] * dv[0];
            if determinant == 0.0 {
                return None;
            }
            let step = [(r[0] * dv[1] - r[1] * dv[0]) / determinant, (du[0] * r[1] - du[1] * r[0]) / determinant];
            (u, v) = (u - step[0], v - step[1]);
            if !(u.abs() < 10.0 && v.abs() < 10.0) {
                return None;
            }
            if step[0].abs() + step[1].abs() < 1e-14 {
                break;
            }
        }
        let inside = |x: f64| (-RIM..1.0 + RIM).contains(&x);
        let kept = |x: f64| x.clamp(0.0, 1f64.next_down());
        (inside(u) && inside(v)).then(|| [kept(u), kept(v)])
    }
}

/// The corners of pixels with these centres.
fn corners(columns: usize, rows: usize, centres: &[Unit]) -> Vec<Unit> {
    // A frame of centres beyond the rim, each as far out as the next is within.
    let at = |x: isize, y: isize| -> Unit {
        let inside = |x: isize, count: usize| x.clamp(0, count as isize - 1);
        let (cx, cy) = (inside(x, columns), inside(y, rows));
        let centre = |x: isize, y: isize| centres[y as usize * columns + x as usize];
        let (mirror_x, mirror_y) = (2 * cx - x, 2 * cy - y);
        let (near, far) = (centre(cx, cy), centre(mirror_x, mirror_y));
        std::array::from_fn(|k| 2.0 * near[k] - far[k])
    };
    let mut corners = Vec::with_capacity((columns + 1) * (rows + 1));
    for y in 0..=rows as isize {
        for x in 0..=columns as isize {
            let around = [at(x - 1, y - 1), at(x, y - 1), at(x - 1, y), at(x, y)];
            let sum: Unit = std::array::from_fn(|k| around.iter().map(|centre| centre[k]).sum());
            let length = sum.iter().map(|x| x * x).sum::<f64>().sqrt();
            corners.push(sum.map(|x| x / length));
        }
    }
    corners
}

impl Map for Curvilinear {
    fn positions(&self, points: &[LonLat], positions: &mut [Position]) -> Result<()> {
        let sphere = Authalic::sphere();
        for (point, position) in points.iter().zip(positions) {
            *position = self.find(unit(&sphere, *point));
        }
        Ok(())
    }

    fn places(&self, positions: &[Position], points: &mut [LonLat]) -> Result<()> {
        for (&[column, row], point) in positions.iter().zip(points) {
            let (x, y) = ((column.max(0.0) as usize).min(self.columns - 1), (row.max(0.0) as usize).min(self.rows - 1));
            let (u, v) = (column - x as f64, row - y as f64);
            let weights = [(0, 0, (1.0 - u) * (1.0 - v)), (1, 0, u * (1.0 - v)), (0, 1, (1.0 - u) * v), (1, 1, u * v)];
            let [px, py, pz] = weights.iter().fold([0.0; 3], |sum: Unit, (dx, dy, weight)| {
                let corner = self.corner(x + dx, y + dy);
                std::array::from_fn(|k| sum[k] + weight * corner[k])
            });
            *point = LonLat { lon_deg: py.atan2(px).to_degrees(), lat_deg: pz.atan2(px.hypot(py)).to_degrees() };
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A lattice turned so that it holds the pole and the antimeridian.
    fn turned(columns: usize, rows: usize) -> (Vec<f64>, Vec<f64>) {
        let mut places = (Vec::new(), Vec::new());
        for row in 0..rows {
            for column in 0..columns {
                let (x, y) = (0.02 * (column as f64 - columns as f64 / 2.0), 0.02 * (row as f64 - rows as f64 / 3.0));
                places.0.push(y.atan2(x).to_degrees());
                places.1.push(90.0 - x.hypot(y).to_degrees());
            }
        }
        places
    }

    #[test]
    fn places_are_found_again_around_the_pole() {
        let (lon, lat) = turned(37, 23);
        let map = Curvilinear::new(37, &lon, &lat).unwrap();
        let positions: Vec<Position> = (0..37 * 23 * 4)
            .map(|at| [(at % 37) as f64 + 0.37, (at / 37 % 23) as f64 + 0.11 + 0.2 * (at / 851) as f64])
            .collect();
        let mut places = vec![LonLat::default(); positions.len()];
        map.places(&positions, &mut places).unwrap();
        let mut back = vec![NOWHERE; positions.len()];
        map.positions(&places, &mut back).unwrap();
        for (position, back) in positions.iter().zip(back) {
            let off = (position[0] - back[0]).abs().max((position[1] - back[1]).abs());
            assert!(off < 1e-3, "{position:?} {back:?}");
            assert_eq!((position[0] as usize, position[1] as usize), (back[0] as usize, back[1] as usize));
        }
    }

    #[test]
    fn centres_lie_in_the_middle_of_their_pixels_and_elsewhere_is_nowhere() {
        let (lon, lat) = turned(11, 9);
        let map = Curvilinear::new(11, &lon, &lat).unwrap();
        let points: Vec<LonLat> =
            lon.iter().zip(&lat).map(|(&lon_deg, &lat_deg)| LonLat { lon_deg, lat_deg }).collect();
        let mut found = vec![NOWHERE; points.len()];
        map.positions(&points, &mut found).unwrap();
        for (at, [column, row]) in found.into_iter().enumerate() {
            assert!((column - (at % 11) as f64 - 0.5).abs() < 0.02, "{at}: {column}");
            assert!((row - (at / 11) as f64 - 0.5).abs() < 0.02, "{at}: {row}");
        }
        let far = [LonLat { lon_deg: 0.0, lat_deg: 0.0 }, LonLat { lon_deg: 90.0, lat_deg: -89.0 }];
        let mut found = [[0.0; 2]; 2];
        map.positions(&far, &mut found).unwrap();
        assert!(found.iter().all(|position| position[0].is_nan()));
    }

    #[test]
    fn pixels_without_coordinates_are_nowhere_and_hide_no_others() {
        let (mut lon, mut lat) = turned(11, 9);
        let known = LonLat { lon_deg: lon[0], lat_deg: lat[0] };
        (lon[50], lat[50]) = (f64::NAN, f64::NAN);
        let map = Curvilinear::new(11, &lon, &lat).unwrap();
        let mut found = [NOWHERE];
        map.positions(&[known], &mut found).unwrap();
        assert!((found[0][0] - 0.5).abs() < 0.02);
        assert!(Curvilinear::new(1, &lon, &lat).is_err() && Curvilinear::new(11, &lon, &lat[1..]).is_err());
    }
}
