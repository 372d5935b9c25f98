//! One axis of a raster: the lines between its pixels.

use crate::error::{Error, Result};

/// How far, in parts of a pixel, centres may lie from even spacing and still be called evenly spaced: coordinates stored
/// in single precision do.
const EVEN: f64 = 1e-3;

/// The pixels along one axis, half-open: pixel `k` reaches from edge `k`, which is its own, to edge `k + 1`.
#[derive(Clone, Debug, PartialEq)]
pub enum Axis {
    /// Edges `step` apart, either way.
    Regular {
        /// Edge 0.
        first: f64,
        /// From one edge to the next; not zero.
        step: f64,
        /// Number of pixels.
        count: usize,
    },
    /// All edges, ascending or descending, one more than pixels.
    Edges(Vec<f64>),
}

impl Axis {
    /// Whole numbers from 0 to `count`.
    pub fn index(count: usize) -> Self {
        Self::Regular { first: 0.0, step: 1.0, count }
    }

    /// The axis of pixels with these centres: edges lie midway between neighbours, the outer ones as far beyond the
    /// first and the last centre as the next ones are within.
    ///
    /// # Errors
    /// Fewer than two centres; centres that neither ascend nor descend, or are not finite.
    pub fn of_centres(centres: &[f64]) -> Result<Self> {
        let count = centres.len();
        if count < 2 {
            return Err(Error::unsupported("an axis of fewer than two pixels, whose size its coordinates do not tell"));
        }
        let ascends = centres[1] > centres[0];
        if !centres.windows(2).all(|pair| (pair[1] > pair[0]) == ascends && pair[1] != pair[0])
            || !centres.iter().all(|centre| centre.is_finite())
        {
            return Err(Error::invalid("coordinates that neither ascend nor descend"));
        }
        let step = (centres[count - 1] - centres[0]) / (count - 1) as f64;
        let uneven = |(k, centre): (usize, &f64)| (centre - (centres[0] + step * k as f64)).abs() > EVEN * step.abs();
        if !centres.iter().enumerate().any(uneven) {
            return Ok(Self::Regular { first: centres[0] - step / 2.0, step, count });
        }
        let mut edges = Vec::with_capacity(count + 1);
        edges.push(1.5 * centres[0] - 0.5 * centres[1]);
        edges.extend(centres.windows(2).map(|pair| (pair[0] + pair[1]) / 2.0));
        edges.push(1.5 * centres[count - 1] - 0.5 * centres[count - 2]);
        Ok(Self::Edges(edges))
    }

    /// Number of pixels.
    pub fn count(&self) -> usize {
        match self {
            Self::Regular { count, .. } => *count,
            Self::Edges(edges) => edges.len() - 1,
        }
    }

    /// The line before pixel `index`, or after the last.
    pub fn edge(&self, index: usize) -> f64 {
        match self {
            Self::Regular { first, step, .. } => first + step * index as f64,
            Self::Edges(edges) => edges[index],
        }
    }

    /// The first and the last edge, the smaller first.
    pub fn ends(&self) -> (f64, f64) {
        let (a, b) = (self.edge(0), self.edge(self.count()));
        (a.min(b), a.max(b))
    }

    /// The size of the pixel in the middle.
    pub fn pixel_size(&self) -> f64 {
        let middle = self.count() / 2;
        (self.edge(middle + 1) - self.edge(middle)).abs()
    }

    /// The size of the smallest pixel.
    pub fn smallest_pixel(&self) -> f64 {
        match self {
            Self::Regular { step, .. } => step.abs(),
            Self::Edges(edges) => edges.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(f64::INFINITY, f64::min),
        }
    }

    /// True when edges ascend.
    pub fn ascends(&self) -> bool {
        self.edge(1) > self.edge(0)
    }

    /// Where `x` lies, in pixels from edge 0; beyond the ends as if the outermost pixels went on.
    #[inline]
    pub fn position(&self, x: f64) -> f64 {
        match self {
            Self::Regular { first, step, .. } => (x - first) / step,
            Self::Edges(edges) => {
                let last = edges.len() - 2;
                let after = match self.ascends() {
                    true => edges.partition_point(|edge| *edge <= x),
                    false => edges.partition_point(|edge| *edge >= x),
                };
                let pixel = after.saturating_sub(1).min(last);
                pixel as f64 + (x - edges[pixel]) / (edges[pixel + 1] - edges[pixel])
            }
        }
    }

    /// The inverse of [`Axis::position`].
    pub fn value(&self, position: f64) -> f64 {
        match self {
            Self::Regular { first, step, .. } => first + step * position,
            Self::Edges(edges) => {
                let pixel = (position.max(0.0) as usize).min(edges.len() - 2);
                edges[pixel] + (position - pixel as f64) * (edges[pixel + 1] - edges[pixel])
            }
        }
    }

    /// The axis with each edge changed by `change`, which keeps their order.
    #[must_use]
    pub fn map(&self, change: impl Fn(f64) -> f64) -> Self {
        Self::Edges((0..=self.count()).map(|index| change(self.edge(index))).collect())
    }

    /// The first `count` pixels.
    #[must_use]
    pub fn truncated(self, count: usize) -> Self {
        match self {
            Self::Regular { first, step, count: all } => Self::Regular { first, step, count: count.min(all) },
            Self::Edges(mut edges) => {
                edges.truncate(count + 1);
                Self::Edges(edges)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_and_values_are_inverse_on_every_kind_of_axis() {
        let axes = [
            Axis::Regular { first: 90.125, step: -0.25, count: 721 },
            Axis::of_centres(&[1.0, 2.0, 4.0, 8.0]).unwrap(),
            Axis::of_centres(&[8.0, 4.0, 2.0, 1.0]).unwrap(),
        ];
        for axis in axes {
            for step in 0..=40 {
                let position = axis.count() as f64 * f64::from(step) / 40.0;
                assert!((axis.position(axis.value(position)) - position).abs() < 1e-12, "{axis:?} {position}");
            }
            for pixel in 0..axis.count() {
                assert_eq!(axis.position(axis.edge(pixel)), pixel as f64, "an edge is its own pixel's");
            }
        }
    }

    #[test]
    fn centres_in_single_precision_are_evenly_spaced() {
        let centres: Vec<f64> = (0..3600).map(|k| f64::from(0.05f32 + 0.1 * k as f32)).collect();
        assert!(matches!(Axis::of_centres(&centres).unwrap(), Axis::Regular { count: 3600, .. }));
        assert_eq!(Axis::of_centres(&[0.0, 1.0, 3.0]).unwrap(), Axis::Edges(vec![-0.5, 0.5, 2.0, 4.0]));
        for bad in [&[1.0][..], &[1.0, 1.0], &[1.0, 2.0, 1.5], &[1.0, f64::NAN]] {
            assert!(Axis::of_centres(bad).is_err(), "{bad:?}");
        }
    }
}
