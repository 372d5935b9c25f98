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

/// The most pixels of a polygon's box that are summed as they are; of larger boxes only the pixels on the outline are kept.
const MOST_SUMS: usize = 2048;

/// The lines of an axis, ascending: of a descending one with the opposite sign.
#[derive(Debug)]
pub struct Lines {
    sign: f64,
    lines: Vec<f64>,
    /// One by the size of each pixel.
    inverse_sizes: Vec<f64>,
    /// Equal parts of the axis, such that lines of even spacing lie in the middle of one each: how many lines come before.
    before: Vec<u32>,
    parts_per_unit: f64,
}

impl Lines {
    /// The lines of `axis`.
    pub fn new(axis: &Axis) -> Self {
        let (sign, count) = (if axis.ascends() { 1.0 } else { -1.0 }, axis.count());
        let lines: Vec<f64> = (0..=count).map(|index| sign * axis.edge(index)).collect();
        let inverse_sizes = lines.windows(2).map(|pair| 1.0 / (pair[1] - pair[0])).collect();
        let parts_per_unit = count as f64 / (lines[count] - lines[0]);
        let mut found = Self { sign, lines, inverse_sizes, before: Vec::new(), parts_per_unit };
        let mut before = vec![0; count + 2];
        found.lines.iter().for_each(|line| before[found.part(*line) + 1] += 1);
        for part in 0..=count {
            before[part + 1] += before[part];
        }
        found.before = before;
        found
    }

    /// Number of pixels.
    pub fn count(&self) -> usize {
        self.inverse_sizes.len()
    }

    /// The first and the last line in the axis' own sense, the smaller first.
    pub fn ends(&self) -> (f64, f64) {
        let (a, b) = (self.sign * self.first(), self.sign * self.last());
        (a.min(b), a.max(b))
    }

    /// The pixel that holds `x`, in the axis' own sense, or the outermost.
    #[inline]
    pub fn pixel_at(&self, x: f64) -> usize {
        self.pixel(self.sign * x)
    }

    /// One by the size of the smaller of two pixels.
    #[inline]
    pub fn per_height(&self, a: u32, b: u32) -> f64 {
        self.inverse_sizes[a as usize].max(self.inverse_sizes[b as usize])
    }

    #[inline]
    fn first(&self) -> f64 {
        self.lines[0]
    }

    #[inline]
    fn last(&self) -> f64 {
        self.lines[self.inverse_sizes.len()]
    }

    /// The equal part that holds `x` (ascending sense); never descends as `x` grows.
    #[inline]
    fn part(&self, x: f64) -> usize {
        (((x - self.lines[0]) * self.parts_per_unit + 0.5) as usize).min(self.inverse_sizes.len())
    }

    /// The pixel that holds `x` (ascending sense), the first or last for what lies beyond.
    #[inline]
    fn pixel(&self, x: f64) -> usize {
        // Lines of earlier parts lie before `x`, those of later parts after it.
        let (part, last) = (self.part(x), self.inverse_sizes.len());
        let from = self.before[part] as usize;
        let is_before = |line: usize| usize::from(self.lines[line.min(last)] <= x);
        let mut within = is_before(from) + is_before(from + 1);
        if within == 2 {
            let to = self.before[part + 1] as usize;
            within = self.lines[from..to].partition_point(|line| *line <= x);
        }
        (from + within).saturating_sub(1).min(last - 1)
    }
}

/// A point of a polygon (ascending sense), and the pixel that holds it.
#[derive(Clone, Copy, Debug)]
pub struct Corner {
    at: Point,
    column: u32,
    row: u32,
}

/// What an outline turns of a pixel, and of all to the right of it.
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
    columns: &'a Lines,
    rows: &'a Lines,
    /// The pixels of the polygon's box: first row and column, number of both.
    window: [usize; 4],
    /// Of each pixel in the box what it is covered more than its left neighbour, and one more a row; or none, and `cells`.
    sums: Vec<f64>,
    cells: Vec<Cell>,
}

impl<'a> Coverer<'a> {
    /// For the pixels between `columns` and `rows`.
    pub fn new(columns: &'a Lines, rows: &'a Lines) -> Self {
        Self { columns, rows, window: [0; 4], sums: Vec::new(), cells: Vec::new() }
    }

    /// A point of a polygon.
    #[inline]
    pub fn corner(&self, at: Point) -> Corner {
        self.corner_in(at, self.rows.pixel_at(at[1]) as u32)
    }

    /// A point of a polygon that lies in `row`.
    #[inline]
    pub fn corner_in(&self, at: Point, row: u32) -> Corner {
        let at = [self.columns.sign * at[0], self.rows.sign * at[1]];
        Corner { at, column: self.columns.pixel(at[0]) as u32, row }
    }

    /// Begins a polygon of these points.
    pub fn begin(&mut self, corners: &[Corner]) {
        let (mut row, mut column, mut last_row, mut last_column) = (u32::MAX, u32::MAX, 0, 0);
        for corner in corners {
            (row, last_row) = (row.min(corner.row), last_row.max(corner.row));
            (column, last_column) = (column.min(corner.column), last_column.max(corner.column));
        }
        let count = |first: u32, last: u32| (last + 1).saturating_sub(first) as usize;
        let (rows, columns) = (count(row, last_row), count(column, last_column));
        self.window = [row as usize, column as usize, rows, columns];
        self.cells.clear();
        self.sums.clear();
        if rows * (columns + 1) <= MOST_SUMS {
            self.sums.resize(rows * (columns + 1), 0.0);
        }
    }

    /// The pixel that the polygon of these points lies in, if that is one; and what `area` is of it.
    pub fn only_pixel(&self, corners: &[Corner], area: f64) -> Option<Span> {
        let [row, column, 1, 1] = self.window else { return None };
        // Corners beyond the raster have its outermost pixels.
        let is_in = |lines: &Lines, x: f64| x >= lines.first() && x <= lines.last();
        let inside = corners.iter().all(|corner| is_in(self.columns, corner.at[0]) && is_in(self.rows, corner.at[1]));
        let fraction = area * self.columns.inverse_sizes[column] * self.rows.inverse_sizes[row];
        inside.then_some(Span { row: row as u32, start: column as u32, end: column as u32 + 1, fraction })
    }

    /// Adds an edge of the polygon.
    pub fn edge(&mut self, from: &Corner, to: &Corner) {
        if from.at[1] == to.at[1] {
            return;
        }
        let (low_corner, high, way) = if from.at[1] < to.at[1] { (from, to.at, 1.0) } else { (to, from.at, -1.0) };
        let (low, rows) = (low_corner.at, self.rows);
        if high[1] <= rows.first() || low[1] >= rows.last() {
            return;
        }
        let slope = (high[0] - low[0]) / (high[1] - low[1]);
        let (left, right) = (low[0].min(high[0]), low[0].max(high[0]));
        let x_at = |y: f64| (low[0] + (y - low[1]) * slope).clamp(left, right);
        let ([mut x, mut y], mut column) = (low, low_corner.column as usize);
        if low[1] < rows.first() {
            (x, y) = (x_at(rows.first()), rows.first());
            column = self.columns.pixel(x);
        }
        let mut row = low_corner.row as usize;
        loop {
            let end = rows.lines[row + 1];
            let next = if end < high[1] { [x_at(end), end] } else { high };
            let cover = way * (next[1].min(end) - y) * rows.inverse_sizes[row];
            if next[1] > y {
                column = self.piece(row, column, x, next[0], cover);
                [x, y] = next;
            }
            row += 1;
            if row >= rows.count() || y >= high[1] {
                return;
            }
        }
    }

    /// A piece within a row, from `a`, which `column` holds, to `b`, that turns `cover` of the row's height; returns the
    /// column that holds `b`.
    #[inline]
    fn piece(&mut self, row: usize, mut column: usize, a: f64, b: f64, cover: f64) -> usize {
        let columns = self.columns;
        let holds = |column: usize, x: f64| columns.lines[column] <= x && x <= columns.lines[column + 1];
        if holds(column, a) && holds(column, b) {
            let middle = ((a + b) / 2.0 - columns.lines[column]) * columns.inverse_sizes[column];
            self.add(row, column, cover, cover * middle);
            return column;
        }
        let (left, right) = (a.min(b), a.max(b));
        let (first, last) = (columns.first(), columns.last());
        if left >= last {
            return columns.count() - 1;
        }
        let per_width = if right > left { cover / (right - left) } else { 0.0 };
        if left < first {
            // What lies to the left of the raster covers all of the row.
            let part = if right <= first { cover } else { per_width * (first - left) };
            self.add(row, 0, part, 0.0);
        }
        let (mut x, end) = (a.clamp(first, last), b.clamp(first, last));
        loop {
            // A piece is cut from its lower end on, whichever way it leans.
            let (begin, stop) = (columns.lines[column], columns.lines[column + 1]);
            let next = end.clamp(begin, stop);
            let part = per_width * (next - x).abs();
            if part != 0.0 {
                let middle = ((x + next) / 2.0 - begin) * columns.inverse_sizes[column];
                self.add(row, column, part, part * middle);
            }
            if next == end {
                return column;
            }
            x = next;
            column = if end > next { column + 1 } else { column - 1 };
        }
    }

    #[inline]
    fn add(&mut self, row: usize, column: usize, cover: f64, area: f64) {
        let [first_row, first_column, _, columns] = self.window;
        if self.sums.is_empty() {
            self.cells.push(Cell { row: row as u32, column: column as u32, cover, area });
            return;
        }
        let at = (row - first_row) * (columns + 1) + column - first_column;
        self.sums[at] += cover - area;
        self.sums[at + 1] += area;
    }

    /// Adds `area`, signed as [`shoelace`] signs the polygon's, to the pixel at `at`: what an edge that bends at `at` has
    /// beyond its chords.
    pub fn bend(&mut self, at: &Corner, area: f64) {
        let inside = |lines: &Lines, x: f64| x >= lines.first() && x < lines.last();
        if !inside(self.columns, at.at[0]) || !inside(self.rows, at.at[1]) {
            return;
        }
        let (column, row) = (at.column as usize, at.row as usize);
        // `area` counts against `cover`: see `finish`.
        let pixel = self.columns.inverse_sizes[column] * self.rows.inverse_sizes[row];
        self.add(row, column, 0.0, self.columns.sign * self.rows.sign * area * pixel);
    }

    /// The covered pixels of the polygon whose edges were added, counter-clockwise or, where `clockwise`, the other way,
    /// row by row; and forgets it.
    pub fn finish(&mut self, clockwise: bool, spans: &mut Vec<Span>) {
        // Upward edges of a counter-clockwise polygon lie on its right; a plane turned over has them on its left.
        let sign = -self.columns.sign * self.rows.sign * if clockwise { -1.0 } else { 1.0 };
        let mut push = |row: usize, start: usize, end: usize, fraction: f64| {
            if start < end && fraction.abs() > NOTHING {
                spans.push(Span { row: row as u32, start: start as u32, end: end as u32, fraction });
            }
        };
        let [first_row, first_column, _, columns] = self.window;
        for (row, sums) in self.sums.chunks_exact(columns + 1).enumerate() {
            let (row, mut cover, mut start) = (first_row + row, 0.0, 0);
            for (column, more) in sums[..columns].iter().enumerate() {
                if *more != 0.0 {
                    push(row, first_column + start, first_column + column, sign * cover);
                    (cover, start) = (cover + more, column);
                }
            }
            push(row, first_column + start, first_column + columns, sign * cover);
        }
        self.sums.clear();
        self.cells.sort_unstable_by_key(|cell| (cell.row, cell.column));
        let mut cells = self.cells.iter().peekable();
        while let Some(first) = cells.peek() {
            let row = first.row;
            let (mut cover, mut next) = (0.0, 0);
            while let Some(cell) = cells.peek().filter(|cell| cell.row == row) {
                let column = cell.column;
                push(row as usize, next, column as usize, sign * cover);
                let mut area = 0.0;
                while let Some(cell) = cells.next_if(|cell| (cell.row, cell.column) == (row, column)) {
                    cover += cell.cover;
                    area += cell.area;
                }
                push(row as usize, column as usize, column as usize + 1, sign * (cover - area));
                next = column as usize + 1;
            }
            push(row as usize, next, self.columns.count(), sign * cover);
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

    fn draw(coverer: &mut Coverer<'_>, ring: &[Point]) {
        let corners: Vec<Corner> = ring.iter().map(|point| coverer.corner(*point)).collect();
        coverer.begin(&corners);
        for (from, to) in corners.iter().zip(corners.iter().cycle().skip(1)) {
            coverer.edge(from, to);
        }
    }

    fn cover(columns: &Axis, rows: &Axis, ring: &[Point]) -> Vec<Vec<f64>> {
        let (columns, rows) = (&Lines::new(columns), &Lines::new(rows));
        let mut coverer = Coverer::new(columns, rows);
        draw(&mut coverer, ring);
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
    fn a_polygon_over_many_pixels_covers_them_as_one_over_few_does() {
        let axis = Axis::index(100);
        let parts = cover(&axis, &axis, &[[0.0, 0.0], [100.0, 0.0], [100.0, 100.0]]);
        for (row, parts) in parts.iter().enumerate() {
            for (column, part) in parts.iter().enumerate() {
                let expected = if column > row { 1.0 } else { f64::from(u8::from(column == row)) / 2.0 };
                assert!((part - expected).abs() < 1e-13, "{row} {column}: {part}");
            }
        }
    }

    #[test]
    fn the_pixel_that_holds_a_point_is_found_on_uneven_axes() {
        // Rows of even latitudes in sines, many of them near the poles; clumps; one pixel; even ones whose lines are rounded.
        let sines = (0..=720).map(|k| (f64::from(k) / 4.0 - 90.0).to_radians().sin()).collect();
        let axes = [
            Axis::Edges(sines),
            Axis::Edges(vec![0.0, 1e-9, 2e-9, 3e-9, 1.0, 2.0, 2.0 + 1e-12]),
            Axis::Edges(vec![5.0, -5.0]),
            Axis::Regular { first: -180.0, step: 0.1, count: 3600 },
        ];
        for axis in axes {
            let lines = Lines::new(&axis);
            let mut points: Vec<f64> = lines.lines.iter().flat_map(|x| [x.next_down(), *x, x.next_up()]).collect();
            points.extend([-1e9, 1e9]);
            points.extend((0..1000).map(|k| lines.first() + (lines.last() - lines.first()) * f64::from(k) / 999.0));
            for x in points {
                let expected = lines.lines.iter().filter(|line| **line <= x).count().saturating_sub(1);
                assert_eq!(lines.pixel(x), expected.min(lines.count() - 1), "{x}");
            }
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
        let (columns, rows) = (Lines::new(&columns), Lines::new(&rows));
        let ring = [[0.25, 0.25], [0.75, 0.25], [0.75, 0.75], [0.25, 0.75]];
        for clockwise in [false, true] {
            let mut ring = ring.to_vec();
            if clockwise {
                ring.reverse();
            }
            let mut coverer = Coverer::new(&columns, &rows);
            draw(&mut coverer, &ring);
            coverer.bend(&coverer.corner([0.5, 0.25]), 0.125f64.copysign(shoelace(&ring)));
            let mut spans = Vec::new();
            coverer.finish(clockwise, &mut spans);
            assert_eq!(spans, [Span { row: 0, start: 0, end: 1, fraction: 0.375 }]);
        }
    }
}
