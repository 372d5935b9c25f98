//! Edges, cut at the lines between pixels.

use super::{Corner, Coverer, Point, Side};

/// What is turned of an edge from its lower end upwards.
#[derive(Clone, Copy, Debug)]
struct Turn {
    /// 1 where that is its own way, -1 where not.
    way: f64,
    /// The area beyond its chord, as it counts.
    bend: f64,
}

impl Turn {
    /// The area beyond the chord up to a part of it: a parabola's.
    #[inline]
    fn before(self, t: f64) -> f64 {
        self.bend * (t * t * (3.0 - 2.0 * t))
    }
}

/// What an edge has in a row, from its lower end upwards.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    /// From where to where, along the first axis and in parts of the edge.
    x: [f64; 2],
    along: [f64; 2],
    /// How much of the row's height it turns.
    cover: f64,
    turn: Turn,
}

impl Coverer<'_> {
    /// Adds an edge that is a parabola, with the polygon to its left and the one to its right, or [`NO_POLYGON`]. `bend` is the
    /// area that it has beyond the chord between its ends, signed as [`shoelace`] signs the polygon on the left; 0 for a straight
    /// one.
    ///
    /// The chord is cut at the lines, and what the parabola has beyond it goes to the pixels of the pieces, to each what lies between
    /// its ends: only where and whether the parabola crosses a line is not seen.
    #[inline]
    pub fn edge(&mut self, from: &Corner, to: &Corner, bend: f64, sides: [u32; 2]) {
        let is_upward = from.at[1] < to.at[1] || (from.at[1] == to.at[1] && from.at[0] < to.at[0]);
        let (low, high, way) = if is_upward { (from, to, 1.0) } else { (to, from, -1.0) };
        let is_level = low.at[1] == high.at[1];
        if is_level && bend == 0.0 {
            return;
        }
        let sides = sides.map(|polygon| self.side(polygon));
        // Bends count against covers: see `parts`.
        let turn = Turn { way, bend: self.columns.sign * self.rows.sign * bend };
        // To the neighbouring column, either way, or none.
        let is_short = high.row - low.row <= 1 && (high.column + 1).wrapping_sub(low.column) <= 2 && !is_level;
        if is_short && self.is_inside {
            self.short_edge(low, high, turn, &sides);
        } else {
            self.long_edge(low, high, turn, &sides);
        }
    }

    /// An edge that crosses at most one line of either axis, as most do at fine levels: three pieces, some of them without
    /// length, so that nothing has to be asked.
    #[inline]
    fn short_edge(&mut self, low: &Corner, high: &Corner, turn: Turn, sides: &[Side; 2]) {
        let (rows, columns) = (self.rows, self.columns);
        let ([x0, y0], [x1, y1]) = (low.at, high.at);
        let [[r0, c0], [r1, c1]] = [low, high].map(|corner| [corner.row as usize, corner.column as usize]);
        // Where it meets a column's line and a row's, or its upper end.
        let line_x = if c0 == c1 { x1 } else { columns.lines[c0.max(c1)] };
        let line_y = if r0 == r1 { y1 } else { rows.lines[r1] };
        let (dx, dy) = (x1 - x0, y1 - y0);
        let at_column = (line_x - x0) / dx;
        // Of an edge along a column 0 / 0.
        let at_column = if at_column < 1.0 { at_column } else { 1.0 };
        let at_row = (line_y - y0) / dy;
        let (cross_column, cross_row) = ([line_x, (y0 + dy * at_column).min(y1)], [x0 + dx * at_row, line_y]);
        let (a, b, [rm, cm], t) = match cross_column[1] < line_y {
            true => (cross_column, cross_row, [r0, c1], [at_column, at_row]),
            false => (cross_row, cross_column, [r1, c0], [at_row, at_column]),
        };
        let bends = if turn.bend == 0.0 {
            [0.0; 3]
        } else {
            let [a, b] = t.map(|t| turn.before(t));
            [a, b - a, turn.bend - b]
        };
        self.short_piece(sides, [r0, c0], [x0, y0], a, turn.way, bends[0]);
        self.short_piece(sides, [rm, cm], a, b, turn.way, bends[1]);
        self.short_piece(sides, [r1, c1], b, [x1, y1], turn.way, bends[2]);
    }

    /// A piece that lies in one pixel.
    #[inline(always)]
    fn short_piece(
        &mut self,
        sides: &[Side; 2],
        [row, column]: [usize; 2],
        from: Point,
        to: Point,
        way: f64,
        bend: f64,
    ) {
        let (per_height, per_width) = (self.rows.inverse_sizes[row], self.columns.inverse_sizes[column]);
        let cover = way * (to[1] - from[1]) * per_height;
        let middle = (0.5 * (from[0] + to[0]) - self.columns.lines[column]) * per_width;
        self.add(sides, row, column, cover, cover * middle + bend * (per_height * per_width));
    }

    /// Any edge.
    fn long_edge(&mut self, low: &Corner, high: &Corner, turn: Turn, sides: &[Side; 2]) {
        let (rows, [high_x, high_y]) = (self.rows, high.at);
        let [low_x, low_y] = low.at;
        let is_level = low_y == high_y;
        if high_y < rows.first() || low_y >= rows.last() {
            return;
        }
        let (left, right) = ordered(low_x, high_x);
        let at = |y: f64| (y - low_y) / (high_y - low_y);
        let x_at = |y: f64| (low_x + (high_x - low_x) * at(y)).clamp(left, right);
        let ([mut x, mut y], mut t) = (low.at, 0.0);
        let (mut column, mut row) = (low.column as usize, low.row as usize);
        if y < rows.first() {
            (x, y) = (x_at(rows.first()), rows.first());
            t = at(y);
            column = self.columns.pixel(x);
        }
        loop {
            let end = rows.lines[row + 1];
            let ([next_x, next_y], next_t) = if end < high_y { ([x_at(end), end], at(end)) } else { (high.at, 1.0) };
            if next_y > y || is_level {
                let cover = turn.way * (next_y - y) * rows.inverse_sizes[row];
                let stretch = Stretch { x: [x, next_x], along: [t, next_t], cover, turn };
                column = self.stretch(sides, row, column, stretch);
                (x, y, t) = (next_x, next_y, next_t);
            }
            row += 1;
            if row >= rows.count() || y >= high_y {
                return;
            }
        }
    }

    /// What an edge has in a row, whose first end `column` holds; returns the column that holds the last.
    #[inline]
    fn stretch(&mut self, sides: &[Side; 2], row: usize, mut column: usize, stretch: Stretch) -> usize {
        let Stretch { x: [a, b], along: [from, to], cover, turn } = stretch;
        let columns = self.columns;
        let (first, last) = (columns.first(), columns.last());
        let (left, right) = ordered(a, b);
        let (mut x, mut end, mut rest) = (a, b, cover);
        if left < first || right > last {
            (x, end) = (a.clamp(first, last), b.clamp(first, last));
            rest = self.outside(sides, row, [left, right], cover);
            if x == end {
                return columns.pixel(b);
            }
        }
        let bend_before = |x: f64| turn.before(from + (to - from) * if a == b { 0.0 } else { (x - a) / (b - a) });
        let mut bend = if turn.bend == 0.0 { 0.0 } else { bend_before(x) };
        loop {
            // A piece is cut from its lower end on, whichever way it leans.
            let (begin, stop) = (columns.lines[column], columns.lines[column + 1]);
            let is_last = begin <= end && end <= stop;
            let next = if is_last { end } else { end.clamp(begin, stop) };
            let part = if is_last { rest } else { cover * ((next - x).abs() / (right - left)) };
            let middle = (0.5 * (x + next) - begin) * columns.inverse_sizes[column];
            let mut area = part * middle;
            if turn.bend != 0.0 {
                let next_bend = if next == b { turn.before(to) } else { bend_before(next) };
                area += (next_bend - bend) * (columns.inverse_sizes[column] * self.rows.inverse_sizes[row]);
                bend = next_bend;
            }
            self.add(sides, row, column, part, area);
            if is_last {
                return column;
            }
            (x, rest) = (next, rest - part);
            column = if end > next { column + 1 } else { column - 1 };
        }
    }

    /// Adds what lies to the left of the raster of a piece between `left` and `right`: it covers all of the row. Returns how
    /// much the part on the raster turns.
    #[cold]
    fn outside(&mut self, sides: &[Side; 2], row: usize, [left, right]: [f64; 2], cover: f64) -> f64 {
        let (first, last) = (self.columns.first(), self.columns.last());
        let part = |from: f64, to: f64| if right > left { cover * ((to - from) / (right - left)) } else { cover };
        let before = if left < first { part(left, right.min(first)) } else { 0.0 };
        let after = if right > last { part(left.max(last), right) } else { 0.0 };
        if left < first {
            self.add(sides, row, 0, before, 0.0);
        }
        cover - before - after
    }
}

/// Two numbers, the smaller first.
#[inline]
fn ordered(a: f64, b: f64) -> (f64, f64) {
    if a < b { (a, b) } else { (b, a) }
}
