//! From pixels to a zone's value.

use std::cmp::Ordering;
use std::collections::HashMap;

use crate::cube::Resampling;
use crate::store::Number;

/// Real numbers that can be resampled. Means of whole numbers are rounded to the nearest, halves away from zero, and
/// kept within their type, as GDAL rounds.
pub trait Sample: Number + PartialOrd {
    /// As a double; whole numbers beyond 2^53 lose their last digits.
    fn to_f64(self) -> f64;
    /// The nearest value of this type.
    fn of_f64(value: f64) -> Self;
    /// A key that equal values share and different ones do not.
    fn key(self) -> u64;
    /// False for NaN.
    fn is_number(self) -> bool {
        true
    }
}

macro_rules! whole {
    ($($type:ty),*) => {$(
        impl Sample for $type {
            #[inline]
            fn to_f64(self) -> f64 {
                self as f64
            }
            #[inline]
            fn of_f64(value: f64) -> Self {
                value.round() as Self
            }
            #[inline]
            fn key(self) -> u64 {
                self as u64
            }
        }
    )*};
}

macro_rules! real {
    ($($type:ty),*) => {$(
        impl Sample for $type {
            #[inline]
            fn to_f64(self) -> f64 {
                self.into()
            }
            #[inline]
            fn of_f64(value: f64) -> Self {
                value as Self
            }
            #[inline]
            fn key(self) -> u64 {
                // Both zeros are one value.
                if self == 0.0 { 0 } else { self.to_bits().into() }
            }
            #[inline]
            fn is_number(self) -> bool {
                !self.is_nan()
            }
        }
    )*};
}

whole!(u8, i8, u16, i16, u32, i32, u64, i64);
real!(f32, f64);

/// How the values that overlap a zone become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reduction {
    /// The mean by weight.
    Average,
    /// The sum of each value's weighted part.
    Sum,
    /// The value of the largest weight; of several the smallest value.
    Mode,
    /// The smallest.
    Min,
    /// The largest.
    Max,
}

impl Reduction {
    /// That of a method which looks at all that overlaps; of the others, which look at points, the mean.
    pub fn of(resampling: Resampling) -> Self {
        match resampling {
            Resampling::Sum => Self::Sum,
            Resampling::Mode => Self::Mode,
            Resampling::Min => Self::Min,
            Resampling::Max => Self::Max,
            Resampling::Nearest | Resampling::Bilinear | Resampling::Average => Self::Average,
        }
    }
}

/// Values seen so far.
#[derive(Debug)]
pub struct Reducer<T> {
    reduction: Reduction,
    weight: f64,
    sum: f64,
    /// The first value of a mean or sum, else the extreme one.
    value: Option<T>,
    /// Different values and how much there is of each: the first ones in a list, which is quick, the others in a table.
    few: Vec<(T, f64)>,
    counts: HashMap<u64, (T, f64)>,
}

/// Different values that are kept in a list.
const FEW: usize = 16;

impl<T: Sample> Reducer<T> {
    /// None seen yet.
    pub fn new(reduction: Reduction) -> Self {
        Self { reduction, weight: 0.0, sum: 0.0, value: None, few: Vec::new(), counts: HashMap::new() }
    }

    /// Another value, and how much of it there is.
    #[inline]
    pub fn add(&mut self, value: T, weight: f64) {
        self.add_all(std::iter::once((value, weight)));
    }

    /// More values, and how much there is of each; those of which there is nothing do not count.
    #[inline]
    pub fn add_all(&mut self, values: impl Iterator<Item = (T, f64)> + Clone) {
        match self.reduction {
            // What there is nothing of may be NaN.
            Reduction::Average => self.average(values, |weight, more| if weight == 0.0 { 0.0 } else { more }),
            Reduction::Sum => {
                if self.first(&values).is_some() {
                    for (value, weight) in values {
                        let more = weight * value.to_f64();
                        self.sum += if weight == 0.0 { 0.0 } else { more };
                    }
                }
            }
            Reduction::Mode => {
                for (value, weight) in values.filter(|(_, weight)| *weight != 0.0) {
                    let key = value.key();
                    match self.few.iter().position(|(known, _)| known.key() == key) {
                        Some(at) => self.few[at].1 += weight,
                        None if self.few.len() < FEW => self.few.push((value, weight)),
                        None => self.counts.entry(key).or_insert((value, 0.0)).1 += weight,
                    }
                }
            }
            Reduction::Min => self.extreme(values, Ordering::Less),
            Reduction::Max => self.extreme(values, Ordering::Greater),
        }
    }

    /// The first value seen of which there is something.
    #[inline]
    fn first(&mut self, values: &(impl Iterator<Item = (T, f64)> + Clone)) -> Option<T> {
        if self.value.is_none() {
            self.value = values.clone().find(|(_, weight)| *weight != 0.0).map(|(value, _)| value);
        }
        self.value
    }

    #[inline]
    fn extreme(&mut self, values: impl Iterator<Item = (T, f64)>, wanted: Ordering) {
        for (value, _) in values.filter(|(_, weight)| *weight != 0.0) {
            if self.value.is_none_or(|extreme| value.partial_cmp(&extreme) == Some(wanted)) {
                self.value = Some(value);
            }
        }
    }

    /// The same where all values are finite.
    #[inline]
    pub fn add_finite(&mut self, values: impl Iterator<Item = (T, f64)> + Clone) {
        match self.reduction {
            Reduction::Average => self.average(values, |_, more| more),
            _ => self.add_all(values),
        }
    }

    /// Adds values to a mean; `part` makes of a weight, and its product with a value, what is added.
    #[inline]
    fn average(&mut self, values: impl Iterator<Item = (T, f64)> + Clone, part: impl Fn(f64, f64) -> f64) {
        // From the first value on: the mean of a constant is that constant, whatever the weights.
        let Some(first) = self.first(&values) else { return };
        let first = first.to_f64();
        // Summed by themselves, so that rows of pixels need not wait for each other.
        let (mut all, mut sum) = (0.0, 0.0);
        for (value, weight) in values {
            all += weight;
            sum += part(weight, weight * (value.to_f64() - first));
        }
        self.weight += all;
        self.sum += sum;
    }

    /// Their value, `None` where there were none; and forgets them. A sum comes as [`Reducer::finish_sum`] too.
    pub fn finish(&mut self) -> Option<T> {
        match self.reduction {
            Reduction::Average => {
                let (weight, sum) = (std::mem::take(&mut self.weight), std::mem::take(&mut self.sum));
                let first = self.value.take().filter(|_| weight > 0.0)?;
                Some(if sum == 0.0 { first } else { T::of_f64(first.to_f64() + sum / weight) })
            }
            Reduction::Sum => self.finish_sum().map(T::of_f64),
            Reduction::Min | Reduction::Max => self.value.take(),
            Reduction::Mode => {
                let is_more = |a: &(T, f64), b: &(T, f64)| a.1 > b.1 || (a.1 == b.1 && a.0 < b.0);
                let more = |a, b| if is_more(&b, &a) { b } else { a };
                let of_few = self.few.drain(..).reduce(more);
                if self.counts.is_empty() {
                    return of_few.map(|(value, _)| value);
                }
                let of_all = of_few.into_iter().chain(self.counts.drain().map(|(_, count)| count)).reduce(more);
                of_all.map(|(value, _)| value)
            }
        }
    }

    /// The sum of values that were added to be summed.
    pub fn finish_sum(&mut self) -> Option<f64> {
        let sum = std::mem::take(&mut self.sum);
        self.value.take().map(|_| sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reduced<T: Sample>(reduction: Reduction, values: &[(T, f64)]) -> Option<T> {
        let mut reducer = Reducer::new(reduction);
        values.iter().for_each(|(value, weight)| reducer.add(*value, *weight));
        let found = reducer.finish();
        assert!(reducer.finish().is_none(), "it forgets");
        found
    }

    #[test]
    fn each_reduction_of_weighted_values() {
        let values = [(3i16, 0.5), (-2, 0.25), (3, 0.125), (9, 0.625)];
        assert_eq!(reduced(Reduction::Average, &values), Some(5));
        assert_eq!(reduced(Reduction::Sum, &values), Some(7));
        assert_eq!(reduced(Reduction::Mode, &values), Some(3), "of equals the smallest");
        assert_eq!(reduced(Reduction::Min, &values), Some(-2));
        assert_eq!(reduced(Reduction::Max, &values), Some(9));
        for reduction in [Reduction::Average, Reduction::Sum, Reduction::Mode, Reduction::Min, Reduction::Max] {
            assert_eq!(reduced::<f32>(reduction, &[]), None);
        }
    }

    #[test]
    fn the_mode_of_many_values_is_that_of_few() {
        // 100 values, of which the last to come for the first time has the most.
        let values: Vec<(u16, f64)> = (0..100u16).flat_map(|v| [(v, 1.0), (v / 2, 0.25), (99, 0.01)]).collect();
        assert_eq!(reduced(Reduction::Mode, &values), Some(99));
        assert_eq!(reduced(Reduction::Mode, &values[..150]), Some(0), "of equals the smallest");
    }

    #[test]
    fn whole_numbers_are_rounded_and_kept_within_their_type() {
        assert_eq!(reduced(Reduction::Average, &[(0u8, 1.0), (1, 1.0)]), Some(1));
        assert_eq!(reduced(Reduction::Average, &[(0i8, 1.0), (-1, 1.0)]), Some(-1));
        assert_eq!(reduced(Reduction::Sum, &[(200u8, 1.0), (100, 1.0)]), Some(255));
        assert_eq!(reduced(Reduction::Max, &[(u64::MAX, 1.0), (u64::MAX - 1, 1.0)]), Some(u64::MAX));
    }

    #[test]
    fn the_mean_of_a_constant_is_the_constant() {
        let weights = [0.1, 0.7, 1e-9, 3.3e5, 0.013];
        let values: Vec<(f64, f64)> = weights.iter().map(|weight| (0.1, *weight)).collect();
        assert_eq!(reduced(Reduction::Average, &values), Some(0.1));
        assert_eq!(reduced(Reduction::Average, &[(1u64 << 60 | 1, 0.3), (1 << 60 | 1, 0.2)]), Some(1 << 60 | 1));
    }
}
