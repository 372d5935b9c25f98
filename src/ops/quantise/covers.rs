//! The pixels that zones overlap, and how much of each.

use std::ops::Range;

use crate::error::Result;

/// Pixels of a row that are covered alike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// The row.
    pub row: u32,
    /// First column.
    pub start: u32,
    /// Column after the last.
    pub end: u32,
    /// The covered part of each of these pixels, in [0, 1] but for the bends of edges.
    pub fraction: f64,
}

/// A rectangle of pixels.
#[derive(Clone, Copy, Debug)]
pub struct Patch {
    /// First row.
    pub row: u32,
    /// First column.
    pub column: u32,
    /// Number of rows.
    pub rows: u32,
    /// Number of columns.
    pub columns: u32,
    /// Where its parts begin, row by row, or the one of all its pixels is.
    first: usize,
    /// All pixels are covered alike.
    is_even: bool,
}

/// What zones cover.
///
/// Small zones have the rectangle around them, which may have pixels that they do not cover; of large ones pixels of the inside
/// come as runs.
#[derive(Clone, Debug, Default)]
pub struct Covers {
    patches: Vec<Patch>,
    /// Covered parts of pixels.
    parts: Vec<f64>,
    /// How many patches there are after each zone.
    ends: Vec<usize>,
}

impl Covers {
    /// With room for so many small zones.
    pub fn with_capacity(zones: usize) -> Self {
        Self {
            patches: Vec::with_capacity(zones),
            parts: Vec::with_capacity(12 * zones),
            ends: Vec::with_capacity(zones),
        }
    }

    /// Removes all zones.
    pub fn clear(&mut self) {
        self.patches.clear();
        self.parts.clear();
        self.ends.clear();
    }

    /// Bytes that it takes.
    pub fn bytes(&self) -> usize {
        size_of_val(&self.patches[..]) + size_of_val(&self.parts[..]) + size_of_val(&self.ends[..])
    }

    /// The next zone has all pixels that were added since the last call.
    #[inline]
    pub fn end_zone(&mut self) {
        self.ends.push(self.patches.len());
    }

    /// Adds pixels to the next zone.
    pub fn push_span(&mut self, span: Span) {
        let Span { row, start, end, fraction } = span;
        self.patches.push(Patch {
            row,
            column: start,
            rows: 1,
            columns: end - start,
            first: self.parts.len(),
            is_even: true,
        });
        self.parts.push(fraction);
    }

    /// Adds a rectangle to the next zone, by its first row and column, number of columns, and covered parts of each row.
    #[inline]
    pub fn push_patch<R>(&mut self, [row, column]: [u32; 2], columns: u32, parts: impl ExactSizeIterator<Item = R>)
    where
        R: Iterator<Item = f64>,
    {
        let rows = parts.len() as u32;
        self.patches.push(Patch { row, column, rows, columns, first: self.parts.len(), is_even: false });
        parts.for_each(|row| self.parts.extend(row));
    }

    /// The pixels of a zone, without those of which nothing is covered.
    pub fn spans(&self, zone: usize) -> impl Iterator<Item = Span> {
        self.patches(zone)
            .iter()
            .flat_map(move |patch| {
                let length = if patch.is_even { patch.columns } else { 1 };
                (0..patch.rows).flat_map(move |row| {
                    (0..patch.columns).step_by(length as usize).map(move |column| Span {
                        row: patch.row + row,
                        start: patch.column + column,
                        end: patch.column + column + length,
                        fraction: self.parts[patch.place(row, column)],
                    })
                })
            })
            .filter(|span| span.fraction != 0.0)
    }

    /// The rectangles of a zone.
    #[inline]
    pub fn patches(&self, zone: usize) -> &[Patch] {
        let first = if zone == 0 { 0 } else { self.ends[zone - 1] };
        &self.patches[first..self.ends[zone]]
    }

    /// The covered parts of a row of a patch: of each pixel, or of all.
    #[inline]
    pub fn row(&self, patch: &Patch, row: u32) -> Parts<'_> {
        let first = patch.place(row, 0);
        match patch.is_even {
            true => Parts::Even { part: self.parts[first], count: patch.columns as usize },
            false => Parts::Each(&self.parts[first..first + patch.columns as usize]),
        }
    }

    /// Nothing is covered any more of pixels that `keep` refuses, which is given the zone, row and column, and covered part.
    ///
    /// # Errors
    /// Those of `keep`.
    pub fn retain(&mut self, mut keep: impl FnMut(usize, [u32; 2], f64) -> Result<bool>) -> Result<()> {
        let mut first = 0;
        for (zone, end) in self.ends.iter().enumerate() {
            for patch in &self.patches[first..*end] {
                let columns = if patch.is_even { 1 } else { patch.columns };
                for row in 0..patch.rows {
                    for column in 0..columns {
                        let part = &mut self.parts[patch.place(row, column)];
                        if *part != 0.0 && !keep(zone, [patch.row + row, patch.column + column], *part)? {
                            *part = 0.0;
                        }
                    }
                }
            }
            first = *end;
        }
        Ok(())
    }
}

impl Patch {
    /// Where the part of a pixel is.
    #[inline]
    fn place(&self, row: u32, column: u32) -> usize {
        match self.is_even {
            true => self.first,
            false => self.first + row as usize * self.columns as usize + column as usize,
        }
    }
}

/// The covered parts of pixels in a row.
#[derive(Clone, Copy, Debug)]
pub enum Parts<'a> {
    /// One each.
    Each(&'a [f64]),
    /// All alike.
    Even {
        /// Of each.
        part: f64,
        /// Number of pixels.
        count: usize,
    },
}

impl Parts<'_> {
    /// Those of some of the pixels.
    #[inline]
    pub fn of(self, pixels: Range<usize>) -> Self {
        match self {
            Self::Each(parts) => Self::Each(&parts[pixels]),
            Self::Even { part, .. } => Self::Even { part, count: pixels.len() },
        }
    }
}
