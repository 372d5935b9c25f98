//! How much of each pixel a polygon covers, exactly.
//!
//! The polygon's edges are cut at the lines between pixels. In a row each piece adds what it turns of the pixel it lies
//! in (`area`) and of all that lie to the right of it (`cover`), both signed; summed from left to right these are the
//! covered parts. The work is that of the outline, not of the interior: pixels covered alike come as runs.
//!
//! Pieces are cut from the lower end of an edge upwards, whichever way it runs, so that two polygons that share an edge
//! get the same pieces with opposite signs: the parts of a pixel that polygons without gaps cover add up to 1.

use super::axis::Axis;

/// A point of the raster's plane.
pub type Point = [f64; 2];

/// Pixels of a row that are covered alike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// The row.
    pub row: u32,
    /// First column.
    pub start: u32,
    /// Column after the last.
    pub end: u32,
    /// The covered part of each of these pixels, in [0, 1] but for what [`Coverer::bend`] adds.
    pub fraction: f64,
}

/// Parts smaller than this are rounding.
const NOTHING: f64 = 1e-13;

#[derive(Clone, Copy, Debug)]
struct Cell {
    row: u32,
    column: u32,
    cover: f64,
    area: f64,
}

/// Covers the pixels between two axes with polygons, one after the other.
#[derive(Debug)]
pub struct Coverer<'a> {
    columns: Lines<'a>,
    rows: Lines<'a>,
    cells: Vec<Cell>,
}

/// The lines of an axis, ascending: of a descending one with the opposite sign.
#[derive(Debug)]
struct Lines<'a> {
    axis: &'a Axis,
    sign: f64,
    count: usize,
}

impl<'a> Lines<'a> {
    fn new(axis: &'a Axis) -> Self {
        Self { axis, sign: if axis.ascends() { 1.0 } else { -1.0 }, count: axis.count() }
    }

    #[inline]
    fn at(&self, index: usize) -> f64 {
        self.sign * self.axis.edge(index)
    }

    /// The pixel that holds `x` (ascending sense), the first or last for what lies beyond.
    #[inline]
    fn pixel(&self, x: f64) -> usize {
        let found = (self.axis.position(self.sign * x).max(0.0) as usize).min(self.count - 1);
        // Rounding may have put it on the wrong side of a line.
        if x < self.at(found) {
            found.saturating_sub(1)
        } else if x >= self.at(found + 1) && found + 1 < self.count {
            found + 1
        } else {
            found
        }
    }
}

impl<'a> Coverer<'a> {
    /// For the pixels between `columns` and `rows`.
    pub fn new(columns: &'a Axis, rows: &'a Axis) -> Self {
        Self { columns: Lines::new(columns), rows: Lines::new(rows), cells: Vec::new() }
    }

    /// Adds an edge of the polygon.
    pub fn edge(&mut self, from: Point, to: Point) {
        let [from, to] = [from, to].map(|[x, y]| [self.columns.sign * x, self.rows.sign * y]);
        if from[1] == to[1] {
            return;
        }
        let (low, high, way) = if from[1] < to[1] { (from, to, 1.0) } else { (to, from, -1.0) };
        let (bottom, top) = (self.rows.at(0), self.rows.at(self.rows.count));
        if high[1] <= bottom || low[1] >= top {
            return;
        }
        let slope = (high[0] - low[0]) / (high[1] - low[1]);
        let (left, right) = (low[0].min(high[0]), low[0].max(high[0]));
        let x_at = |y: f64| match y {
            _ if y == low[1] => low[0],
            _ if y == high[1] => high[0],
            _ => (low[0] + (y - low[1]) * slope).clamp(left, right),
        };
        let mut row = self.rows.pixel(low[1].max(bottom));
        let mut y = low[1].max(bottom);
        loop {
            let (begin, end) = (self.rows.at(row), self.rows.at(row + 1));
            let next = end.min(high[1]);
            if next > y {
                self.piece(row as u32, x_at(y), x_at(next), way * (next - y) / (end - begin));
                y = next;
            }
            row += 1;
            if row >= self.rows.count || y >= high[1] {
                return;
            }
        }
    }

    /// A piece within a row, from `a` to `b`, that turns `cover` of the row's height.
    fn piece(&mut self, row: u32, a: f64, b: f64, cover: f64) {
        let (left, right) = (a.min(b), a.max(b));
        let (first, last) = (self.columns.at(0), self.columns.at(self.columns.count));
        if left >= last {
            return;
        }
        let column = self.columns.pixel(left.max(first));
        let (begin, end) = (self.columns.at(column), self.columns.at(column + 1));
        if left >= begin && right <= end {
            let middle = ((left + right) / 2.0 - begin) / (end - begin);
            self.cells.push(Cell { row, column: column as u32, cover, area: cover * middle });
            return;
        }
        let per_width = if right > left { cover / (right - left) } else { 0.0 };
        if left < first {
            // What lies to the left of the raster covers all of the row.
            let part = if right <= first { cover } else { per_width * (first - left) };
            self.cells.push(Cell { row, column: 0, cover: part, area: 0.0 });
        }
        let mut x = left.max(first);
        for column in column..self.columns.count {
            if x >= right {
                return;
            }
            let (begin, end) = (self.columns.at(column), self.columns.at(column + 1));
            let next = end.min(right);
            let part = per_width * (next - x);
            let middle = ((x + next) / 2.0 - begin) / (end - begin);
            self.cells.push(Cell { row, column: column as u32, cover: part, area: part * middle });
            x = next;
        }
    }

    /// Adds `area`, signed as [`shoelace`] signs the polygon's, to the pixel at `at`: what an edge that bends at `at` has
    /// beyond its chords.
    pub fn bend(&mut self, at: Point, area: f64) {
        let [x, y] = [self.columns.sign * at[0], self.rows.sign * at[1]];
        let inside = |lines: &Lines, x: f64| x >= lines.at(0) && x < lines.at(lines.count);
        if !inside(&self.columns, x) || !inside(&self.rows, y) {
            return;
        }
        let (column, row) = (self.columns.pixel(x), self.rows.pixel(y));
        let width = self.columns.at(column + 1) - self.columns.at(column);
        let height = self.rows.at(row + 1) - self.rows.at(row);
        // `area` counts against `cover`: see `finish`.
        let part = self.columns.sign * self.rows.sign * area / (width * height);
        self.cells.push(Cell { row: row as u32, column: column as u32, cover: 0.0, area: part });
    }

    /// The covered pixels of the polygon whose edges were added, counter-clockwise or, where `clockwise`, the other way,
    /// row by row; and forgets it.
    pub fn finish(&mut self, clockwise: bool, spans: &mut Vec<Span>) {
        // Upward edges of a counter-clockwise polygon lie on its right; a plane turned over has them on its left.
        let sign = -self.columns.sign * self.rows.sign * if clockwise { -1.0 } else { 1.0 };
        self.cells.sort_unstable_by_key(|cell| (cell.row, cell.column));
        let mut cells = self.cells.iter().peekable();
        let mut push = |row, start, end, fraction: f64| {
            if start < end && fraction.abs() > NOTHING {
                spans.push(Span { row, start, end, fraction });
            }
        };
        while let Some(first) = cells.peek() {
            let row = first.row;
            let (mut cover, mut next) = (0.0, 0);
            while let Some(cell) = cells.peek().filter(|cell| cell.row == row) {
                let column = cell.column;
                push(row, next, column, sign * cover);
                let mut area = 0.0;
                while let Some(cell) = cells.next_if(|cell| (cell.row, cell.column) == (row, column)) {
                    cover += cell.cover;
                    area += cell.area;
                }
                push(row, column, column + 1, sign * (cover - area));
                next = column + 1;
            }
            push(row, next, self.columns.count as u32, sign * cover);
        }
        self.cells.clear();
    }
}

/// The signed area of a ring, positive when it runs counter-clockwise.
pub fn shoelace(ring: &[Point]) -> f64 {
    let Some(origin) = ring.first() else { return 0.0 };
    let next = ring.iter().skip(1).chain(ring.first());
    let cross =
        |a: &Point, b: &Point| (a[0] - origin[0]) * (b[1] - origin[1]) - (b[0] - origin[0]) * (a[1] - origin[1]);
    0.5 * ring.iter().zip(next).map(|(a, b)| cross(a, b)).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cover(columns: &Axis, rows: &Axis, ring: &[Point]) -> Vec<Vec<f64>> {
        let mut coverer = Coverer::new(columns, rows);
        for (from, to) in ring.iter().zip(ring.iter().cycle().skip(1)) {
            coverer.edge(*from, *to);
        }
        let mut spans = Vec::new();
        coverer.finish(shoelace(ring) < 0.0, &mut spans);
        let mut parts = vec![vec![0.0; columns.count()]; rows.count()];
        for span in spans {
            for column in span.start..span.end {
                parts[span.row as usize][column as usize] += span.fraction;
            }
        }
        parts
    }

    #[test]
    fn a_box_covers_its_parts_whichever_way_axes_and_ring_run() {
        let ring = [[0.5, 0.25], [3.0, 0.25], [3.0, 2.0], [0.5, 2.0]];
        let expected = [[0.375, 0.75, 0.75, 0.0], [0.5, 1.0, 1.0, 0.0], [0.0; 4]];
        let up = Axis::index(3);
        let down = Axis::Regular { first: 3.0, step: -1.0, count: 3 };
        let east = Axis::index(4);
        let west = Axis::Regular { first: 4.0, step: -1.0, count: 4 };
        for reversed in [false, true] {
            let mut ring = ring.to_vec();
            if reversed {
                ring.reverse();
            }
            assert_eq!(cover(&east, &up, &ring), expected);
            let mut turned = expected;
            turned.reverse();
            assert_eq!(cover(&east, &down, &ring), turned);
            let mut mirrored = expected;
            mirrored.iter_mut().for_each(|row| row.reverse());
            assert_eq!(cover(&west, &up, &ring), mirrored);
        }
    }

    #[test]
    fn a_triangle_on_uneven_axes_has_the_areas_of_geometry() {
        let columns = Axis::Edges(vec![0.0, 1.0, 3.0]);
        let rows = Axis::Edges(vec![0.0, 2.0, 3.0]);
        // y < x / 3 * 3: the triangle below the diagonal of a square of side 3
        let parts = cover(&columns, &rows, &[[0.0, 0.0], [3.0, 0.0], [3.0, 3.0]]);
        let areas = [[0.5, 3.5], [0.0, 0.5]];
        let sizes = [[2.0, 4.0], [1.0, 2.0]];
        for (row, column) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            let area: f64 = parts[row][column] * sizes[row][column];
            assert!((area - areas[row][column]).abs() < 1e-14, "{row} {column}: {area}");
        }
    }

    #[test]
    fn what_lies_outside_is_left_out_on_every_side() {
        let columns = Axis::index(2);
        let rows = Axis::index(2);
        let parts = cover(&columns, &rows, &[[-5.0, -5.0], [7.0, -5.0], [7.0, 7.0], [-5.0, 7.0]]);
        assert_eq!(parts, [[1.0, 1.0], [1.0, 1.0]]);
        for outside in [[-5.0, 0.0], [5.0, 0.0], [0.0, 5.0], [0.0, -5.0]] {
            let ring = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]].map(|p: Point| [p[0] + outside[0], p[1] + outside[1]]);
            assert_eq!(cover(&columns, &rows, &ring), [[0.0, 0.0], [0.0, 0.0]], "{outside:?}");
        }
    }

    #[test]
    fn polygons_without_gaps_fill_every_pixel() {
        // Triangles around a point that is nowhere near a line.
        let hub = [2.317, 1.733];
        let rim: Vec<Point> = (0..7)
            .map(|k| {
                let (sin, cos) = (f64::from(k) * 0.897_597_9 + 0.1).sin_cos();
                [hub[0] + 9.0 * cos, hub[1] + 9.0 * sin]
            })
            .collect();
        let (columns, rows) = (Axis::index(5), Axis::Edges(vec![3.5, 2.0, 1.9, 0.0]));
        let mut sum = vec![vec![0.0; 5]; 3];
        for k in 0..7 {
            let parts = cover(&columns, &rows, &[hub, rim[k], rim[(k + 1) % 7]]);
            for (row, parts) in parts.iter().enumerate() {
                parts.iter().enumerate().for_each(|(column, part)| sum[row][column] += part);
            }
        }
        assert!(sum.iter().flatten().all(|part| (part - 1.0).abs() < 1e-14), "{sum:?}");
    }

    #[test]
    fn bends_count_with_the_polygons_sign() {
        let (columns, rows) = (Axis::index(1), Axis::Regular { first: 1.0, step: -1.0, count: 1 });
        let ring = [[0.25, 0.25], [0.75, 0.25], [0.75, 0.75], [0.25, 0.75]];
        for clockwise in [false, true] {
            let mut ring = ring.to_vec();
            if clockwise {
                ring.reverse();
            }
            let mut coverer = Coverer::new(&columns, &rows);
            for (from, to) in ring.iter().zip(ring.iter().cycle().skip(1)) {
                coverer.edge(*from, *to);
            }
            coverer.bend([0.5, 0.25], 0.125f64.copysign(shoelace(&ring)));
            let mut spans = Vec::new();
            coverer.finish(clockwise, &mut spans);
            assert_eq!(spans, [Span { row: 0, start: 0, end: 1, fraction: 0.375 }]);
        }
    }
}
