//! How values are made of others.

use super::creation::choice;
use crate::error::{Error, Result};

/// How values are made of others: a zone's of pixels or of finer zones, a pixel's of zones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Resampling {
    /// The pixel or zone that holds the centroid.
    #[default]
    Nearest,
    /// Between the four pixels, or the zones, around the centroid.
    Bilinear,
    /// The mean by overlapping area.
    Average,
    /// The sum by overlapping area.
    Sum,
    /// The value of the largest overlapping area.
    Mode,
    /// The smallest value that overlaps.
    Min,
    /// The largest value that overlaps.
    Max,
}

impl Resampling {
    const WORDS: [(&'static str, Self); 7] = [
        ("NEAREST", Self::Nearest),
        ("BILINEAR", Self::Bilinear),
        ("AVERAGE", Self::Average),
        ("SUM", Self::Sum),
        ("MODE", Self::Mode),
        ("MIN", Self::Min),
        ("MAX", Self::Max),
    ];

    /// What the value of `option` means, where it may be those that `admits` says; `None` when it is not given.
    ///
    /// # Errors
    /// Any other word; the message lists those that would do.
    pub fn choose(option: &str, value: Option<&str>, admits: impl Fn(Self) -> bool) -> Result<Option<Self>> {
        let words: Vec<_> = Self::WORDS.into_iter().filter(|(_, one)| admits(*one)).collect();
        choice(option, value, &words)
    }

    /// Its word, in lower case as metadata have it.
    pub fn name(self) -> String {
        let word = Self::WORDS.iter().find(|(_, one)| *one == self).map(|(word, _)| word.to_ascii_lowercase());
        word.expect("each has its word")
    }

    /// What does the same to values that are turned round, the smallest the largest.
    #[must_use]
    pub fn turned(self) -> Self {
        match self {
            Self::Min => Self::Max,
            Self::Max => Self::Min,
            other => other,
        }
    }

    /// What does it to numbers that are packed with `scale` and `offset`: values are their products and sums.
    ///
    /// # Errors
    /// There is none: a sum of packed numbers has the offset more than once.
    pub fn of_packed(self, scale: Option<f64>, offset: Option<f64>) -> Result<Self> {
        match self {
            Self::Sum if offset.is_some_and(|offset| offset != 0.0) => Err(Error::unsupported(
                "its numbers are packed with an offset (add_offset), so that their sums are not those of the values: take another \
                 method, or unpack them first (gdal_translate -unscale)",
            )),
            method if scale.is_some_and(|scale| scale < 0.0) => Ok(method.turned()),
            method => Ok(method),
        }
    }

    /// Whether a level of zones can be made of a finer one so.
    pub fn is_for_levels(self) -> bool {
        self != Self::Bilinear
    }
}
