//! The lines between the pixels of an axis, and which two of them a coordinate lies between.

use super::axis::Axis;

/// The lines of an axis, ascending: of a descending one with the opposite sign.
#[derive(Debug)]
pub struct Lines {
    pub(super) sign: f64,
    pub(super) lines: Vec<f64>,
    /// One by the size of each pixel.
    pub(super) inverse_sizes: Vec<f64>,
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
        (((x - self.lines[0]) * self.parts_per_unit + 0.5) as usize).min(self.inverse_sizes.len())
    }

    /// [`Lines::pixel`], quicker where that is `guess`.
    #[inline]
    pub(super) fn pixel_near(&self, x: f64, guess: usize) -> usize {
        if self.lines[guess] <= x && x < self.lines[guess + 1] { guess } else { self.pixel(x) }
    }

    /// The pixel that holds `x` (ascending sense), the first or last for what lies beyond.
    #[inline]
    pub(super) fn pixel(&self, x: f64) -> usize {
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
                for guess in [0, lines.count() - 1, expected.min(lines.count() - 1)] {
                    assert_eq!(lines.pixel_near(x, guess), lines.pixel(x), "{x}");
                }
            }
        }
    }
}
