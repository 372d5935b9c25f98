//! How much of each pixel polygons cover, exactly.
//!
//! Edges are cut at the lines between pixels. In a row each piece adds what it turns of the pixel it lies in (`area`) and
//! of all that lie to the right of it (`cover`), both signed; summed from left to right these are the covered parts. The
//! work is that of the outline, not of the interior: pixels covered alike come as runs.
//!
//! An edge that two polygons share is cut once, and its pieces count for both, with opposite signs. Where they share it but
//! do not know, it is cut from its lower end upwards, whichever way it runs, so that they get the same pieces all the
//! same, but for rounding: the parts of a pixel that polygons without gaps cover add up to 1.

mod cut;

use super::covers::{Covers, Span};
use super::lines::Lines;

/// A point of the raster's plane.
pub type Point = [f64; 2];

/// Parts smaller than this are rounding.
const NOTHING: f64 = 1e-13;

/// The most pixels of a polygon's window that are summed as they are; of larger ones only the pixels on the outline are kept.
const MOST_SUMS: usize = 2048;

/// No polygon lies on that side of an edge.
pub const NO_POLYGON: u32 = u32::MAX;

/// A point of a polygon (ascending sense), and the pixel that holds it.
#[derive(Clone, Copy, Debug)]
pub struct Corner {
    at: Point,
    column: u32,
    row: u32,
}

/// The pixels from a first to a last row and column.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// First row and column, and last ones with all bits turned: so that all of them are least of something.
    bounds: [i32; 4],
}

impl Window {
    /// Of no pixel.
    pub const EMPTY: Self = Self { bounds: [i32::MAX; 4] };

    /// The pixels around all that hold `corners`.
    pub fn around(corners: &[Corner]) -> Self {
        let mut window = Self::EMPTY;
        corners.iter().for_each(|corner| window.include(corner));
        window
    }

    /// Grows so that the pixel of `corner` is in it.
    #[inline]
    pub fn include(&mut self, corner: &Corner) {
        let (row, column) = (corner.row as i32, corner.column as i32);
        self.add(&Self { bounds: [row, column, !row, !column] });
    }

    /// Grows so that all of `other` is in it.
    #[inline]
    pub fn add(&mut self, other: &Self) {
        for (bound, other) in self.bounds.iter_mut().zip(other.bounds) {
            *bound = other.min(*bound);
        }
    }

    /// The first row and column.
    #[inline]
    fn first(&self) -> [u32; 2] {
        [0, 1].map(|axis| self.bounds[axis] as u32)
    }

    /// Number of rows and columns.
    #[inline]
    fn shape(&self) -> [usize; 2] {
        [0, 1].map(|axis| (i64::from(!self.bounds[axis + 2]) - i64::from(self.bounds[axis]) + 1).max(0) as usize)
    }
}

/// Where the sums of a polygon are.
#[derive(Clone, Copy, Debug)]
struct Place {
    window: Window,
    /// The one of row 0 and column 0, were it in the window, counted modulo 2^64.
    origin: usize,
    /// Sums a row; 0 where the polygon has none.
    stride: usize,
}

/// A polygon beside an edge, as its [`Place`] says.
#[derive(Clone, Copy, Debug)]
struct Side {
    polygon: u32,
    origin: usize,
    stride: usize,
}

/// What an outline turns of a pixel, and of all to the right of it.
#[derive(Clone, Copy, Debug)]
struct Cell {
    polygon: u32,
    row: u32,
    column: u32,
    cover: f64,
    area: f64,
}

/// Covers the pixels between two axes with polygons, some at a time: first [`Coverer::begin`], then the edges, then
/// [`Coverer::close`], then what each covers.
#[derive(Debug)]
pub struct Coverer<'a> {
    columns: &'a Lines,
    rows: &'a Lines,
    /// One a polygon.
    places: Vec<Place>,
    /// Of each pixel in a polygon's window what it is covered more than its left neighbour, and one more a row.
    sums: Vec<f64>,
    /// Of polygons that have no sums.
    cells: Vec<Cell>,
    /// No corner lies in an outermost pixel, or beyond it.
    is_inside: bool,
}

impl<'a> Coverer<'a> {
    /// For the pixels between `columns` and `rows`.
    pub fn new(columns: &'a Lines, rows: &'a Lines) -> Self {
        Self { columns, rows, places: Vec::new(), sums: Vec::new(), cells: Vec::new(), is_inside: false }
    }

    /// A point of a polygon.
    #[inline]
    pub fn corner(&self, at: Point) -> Corner {
        self.corner_in(at, self.rows.pixel_at(at[1]) as u32)
    }

    /// A point of a polygon that lies in this row.
    #[inline]
    pub fn corner_in(&self, at: Point, row: u32) -> Corner {
        let at = [self.columns.sign * at[0], self.rows.sign * at[1]];
        Corner { at, column: self.columns.pixel(at[0]) as u32, row }
    }

    /// Forgets all polygons and begins new ones, whose corners all lie in these windows.
    pub fn begin(&mut self, windows: &[Window]) {
        self.places.clear();
        self.cells.clear();
        let mut count = 0usize;
        let mut all = Window::EMPTY;
        for window in windows {
            all.add(window);
            let [rows, columns] = window.shape();
            let stride = if rows * (columns + 1) <= MOST_SUMS { columns + 1 } else { 0 };
            let [row, column] = window.first().map(|first| first as usize);
            let corner = row.wrapping_mul(stride).wrapping_add(column);
            self.places.push(Place { window: *window, origin: count.wrapping_sub(corner), stride });
            count += rows * stride;
        }
        self.sums.clear();
        self.sums.resize(count, 0.0);
        let counts = [self.rows, self.columns].map(Lines::count);
        self.is_inside = [0, 1].into_iter().all(|axis| {
            let first = all.first()[axis] as usize;
            first > 0 && first + all.shape()[axis] < counts[axis]
        });
    }

    /// Where what is turned of a polygon goes.
    #[inline]
    fn side(&self, polygon: u32) -> Side {
        let place = self.places.get(polygon as usize);
        place.map_or(Side { polygon, origin: 0, stride: 0 }, |place| {
            let Place { origin, stride, .. } = *place;
            Side { polygon, origin, stride }
        })
    }

    /// Adds to the polygon on the left, and takes from the one on the right.
    #[inline]
    fn add(&mut self, [left, right]: &[Side; 2], row: usize, column: usize, cover: f64, area: f64) {
        self.add_to(left, row, column, cover, area);
        self.add_to(right, row, column, -cover, -area);
    }

    #[inline]
    fn add_to(&mut self, side: &Side, row: usize, column: usize, cover: f64, area: f64) {
        if side.stride == 0 {
            self.keep(side.polygon, row, column, cover, area);
            return;
        }
        let at = side.origin.wrapping_add(row * side.stride + column);
        let [own, next] = &mut self.sums[at..at + 2] else { return };
        *own += cover - area;
        *next += area;
    }

    /// Adds to a polygon that has no sums, or to none.
    #[cold]
    fn keep(&mut self, polygon: u32, row: usize, column: usize, cover: f64, area: f64) {
        if polygon != NO_POLYGON {
            self.cells.push(Cell { polygon, row: row as u32, column: column as u32, cover, area });
        }
    }

    /// No more edges come.
    pub fn close(&mut self) {
        self.cells.sort_unstable_by_key(|cell| (cell.polygon, cell.row, cell.column));
    }

    /// Adds the pixels that a polygon covers to a zone, row by row. Its edges run counter-clockwise around it or, where
    /// `clockwise`, the other way. False where it has no window.
    #[inline]
    pub fn parts(&self, polygon: u32, clockwise: bool, covers: &mut Covers) -> bool {
        // Upward edges of a counter-clockwise polygon lie on its right; a plane turned over has them on its left.
        let sign = -self.columns.sign * self.rows.sign * if clockwise { -1.0 } else { 1.0 };
        let Place { window, origin, stride } = self.places[polygon as usize];
        if window.shape()[0] == 0 {
            return false;
        }
        if stride == 0 {
            self.parts_of_cells(polygon, sign, covers);
            return true;
        }
        let (rows, columns) = (window.shape()[0], stride - 1);
        let [first_row, first_column] = window.first().map(|first| first as usize);
        let first = origin.wrapping_add(first_row * stride + first_column);
        let rows = self.sums[first..first + rows * stride].chunks_exact(stride).map(|row| {
            let mut cover = 0.0;
            row[..columns].iter().map(move |more| {
                cover += more;
                if cover.abs() > NOTHING { sign * cover } else { 0.0 }
            })
        });
        covers.push_patch(window.first(), columns as u32, rows);
        true
    }

    /// The same, of a polygon that has no sums.
    fn parts_of_cells(&self, polygon: u32, sign: f64, covers: &mut Covers) {
        let mut push = |row: usize, start: usize, end: usize, fraction: f64| {
            if start < end && fraction.abs() > NOTHING {
                covers.push_span(Span { row: row as u32, start: start as u32, end: end as u32, fraction });
            }
        };
        let first = self.cells.partition_point(|cell| cell.polygon < polygon);
        let mut cells = self.cells[first..].iter().take_while(|cell| cell.polygon == polygon).peekable();
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
    use super::super::axis::Axis;
    use super::*;

    fn draw(coverer: &mut Coverer<'_>, ring: &[Point]) {
        draw_bent(coverer, ring, &vec![0.0; ring.len()]);
    }

    fn draw_bent(coverer: &mut Coverer<'_>, ring: &[Point], bends: &[f64]) {
        let corners: Vec<Corner> = ring.iter().map(|point| coverer.corner(*point)).collect();
        coverer.begin(&[Window::around(&corners)]);
        for ((from, to), bend) in corners.iter().zip(corners.iter().cycle().skip(1)).zip(bends) {
            coverer.edge(from, to, *bend, [0, NO_POLYGON]);
        }
    }

    fn spans(coverer: &Coverer<'_>, polygon: u32, clockwise: bool) -> Vec<Span> {
        let mut covers = Covers::default();
        coverer.parts(polygon, clockwise, &mut covers);
        covers.end_zone();
        covers.spans(0).collect()
    }

    fn cover(columns: &Axis, rows: &Axis, ring: &[Point]) -> Vec<Vec<f64>> {
        let (columns, rows) = (&Lines::new(columns), &Lines::new(rows));
        let mut coverer = Coverer::new(columns, rows);
        draw(&mut coverer, ring);
        coverer.close();
        let mut parts = vec![vec![0.0; columns.count()]; rows.count()];
        for span in spans(&coverer, 0, shoelace(ring) < 0.0) {
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
            let bends = [0.125f64.copysign(shoelace(&ring)), 0.0, 0.0, 0.0];
            draw_bent(&mut coverer, &ring, &bends);
            coverer.close();
            assert_eq!(spans(&coverer, 0, clockwise), [Span { row: 0, start: 0, end: 1, fraction: 0.375 }]);
        }
    }

    #[test]
    fn an_edge_that_is_shared_is_an_edge_of_either() {
        // Two triangles of a square, few pixels and many.
        for side in [3.0, 90.0] {
            let axis = Lines::new(&Axis::index(100));
            let ring = [[0.2, 0.3], [side, 0.5], [side + 0.7, side], [0.4, side + 0.1]];
            let mut shared = Coverer::new(&axis, &axis);
            let corners = ring.map(|point| shared.corner(point));
            let [a, b, c, d] = corners;
            shared.begin(&[Window::around(&[a, b, c]), Window::around(&[a, c, d])]);
            shared.edge(&a, &b, 0.0, [0, NO_POLYGON]);
            shared.edge(&b, &c, 0.0, [0, NO_POLYGON]);
            shared.edge(&a, &c, 0.01, [1, 0]);
            shared.edge(&c, &d, 0.0, [1, NO_POLYGON]);
            shared.edge(&a, &d, 0.0, [NO_POLYGON, 1]);
            shared.close();
            let triangles =
                [([ring[0], ring[1], ring[2]], [0.0, 0.0, -0.01]), ([ring[0], ring[2], ring[3]], [0.01, 0.0, 0.0])];
            for (polygon, (corners, bends)) in triangles.iter().enumerate() {
                let mut own = Coverer::new(&axis, &axis);
                draw_bent(&mut own, corners, bends);
                own.close();
                let (expected, found) = (spans(&own, 0, false), spans(&shared, polygon as u32, false));
                assert_eq!(found, expected);
                assert!(!found.is_empty());
            }
        }
    }
}
