//! The lines between the pixels of an axis, and which two of them a coordinate lies between.

use super::axis::Axis;

/// The lines of an axis, ascending: of a descending one with the opposite sign.
#[derive(Debug)]
pub struct Lines {
    pub(super) sign: f64,
    pub(super) lines: Vec<f64>,
    /// One by the size of each pixel.
    pub(super) inverse_sizes: Vec<f64>,
    /// Equal parts of the axis, such that lines of even spacing lie in the middle of one each.
    parts: Vec<Part>,
    parts_per_unit: f64,
}

/// A part of an axis.
#[derive(Clone, Copy, Debug)]
struct Part {
    /// The first two lines in it, infinite where there are fewer.
    lines: [f64; 2],
    /// How many lines come before it, and before the next one.
    before: u32,
    to: u32,
}

impl Lines {
    /// The lines of `axis`.
    pub fn new(axis: &Axis) -> Self {
        let (sign, count) = (if axis.ascends() { 1.0 } else { -1.0 }, axis.count());
        let lines: Vec<f64> = (0..=count).map(|index| sign * axis.edge(index)).collect();
        let inverse_sizes = lines.windows(2).map(|pair| 1.0 / (pair[1] - pair[0])).collect();
        let parts_per_unit = count as f64 / (lines[count] - lines[0]);
        let mut found = Self { sign, lines, inverse_sizes, parts: Vec::new(), parts_per_unit };
        let mut to = 0;
        for part in 0..=count {
            let before = to;
            to += found.lines[before..].iter().take_while(|line| found.part(**line) == part).count();
            let line = |at: usize| if at < to { found.lines[at] } else { f64::INFINITY };
            let lines = [line(before), line(before + 1)];
            found.parts.push(Part { lines, before: before as u32, to: to as u32 });
        }
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
    pub(super) fn first(&self) -> f64 {
        self.lines[0]
    }

    #[inline]
    pub(super) fn last(&self) -> f64 {
        self.lines[self.inverse_sizes.len()]
    }

    /// The equal part that holds `x` (ascending sense); never descends as `x` grows.
    #[inline]
    fn part(&self, x: f64) -> usize {
        let part = (x - self.lines[0]) * self.parts_per_unit + 0.5;
        // No axis has 2^31 lines.
        (part as i32).clamp(0, self.inverse_sizes.len() as i32) as usize
    }

    /// The pixel that holds `x` (ascending sense), the first or last for what lies beyond.
    #[inline]
    pub(super) fn pixel(&self, x: f64) -> usize {
        // Lines of earlier parts lie before `x`, those of later parts after it.
        let Part { lines, before, to } = self.parts[self.part(x)];
        let mut within = lines.map(|line| u32::from(line <= x)).iter().sum();
        if within == 2 && to - before > 2 {
            within = self.lines[before as usize..to as usize].partition_point(|line| *line <= x) as u32;
        }
        ((before + within).saturating_sub(1) as usize).min(self.inverse_sizes.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
