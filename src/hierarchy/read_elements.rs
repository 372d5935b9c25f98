//! Reading what is no number: text and structures.

use std::sync::{Arc, Mutex, PoisonError};

use super::DataType;
use super::array::Array;
use super::read::zeroed;
use super::selection::{self, AxisSelection, Corner};
use super::tiles::{self, Tile, Wanted};
use super::types::{Part, Stored};
use crate::error::{Context, Error, Kind, Result};
use crate::store::{Call, Run};

impl Array {
    /// Reads the texts of `selection` in C order; `None` is a missing value: a text that does not exist.
    ///
    /// # Errors
    /// A selection outside the array; an array that is not of text; a chunk that cannot be read or decoded.
    pub fn read_texts(&self, call: &Arc<Call>, selection: &[AxisSelection<'_>]) -> Result<Vec<Option<String>>> {
        self.read_texts_at(call, selection).context(|| format!("array {}", self.full_name))
    }

    fn read_texts_at(&self, call: &Arc<Call>, selection: &[AxisSelection<'_>]) -> Result<Vec<Option<String>>> {
        if !matches!(self.metadata.data_type, DataType::Text { .. }) {
            return Err(Error::invalid("the elements are no text"));
        }
        let size = self.metadata.stored.size();
        let missing = self.metadata.fill.as_deref().map(|fill| self.text(fill)).transpose()?;
        let counts: Vec<usize> = selection.iter().map(AxisSelection::count).collect();
        let count = selection::elements(counts.iter().copied())?;
        let mut texts: Vec<Option<String>> = Vec::new();
        texts
            .try_reserve_exact(count)
            .map_err(|_| Error::new(Kind::OutOfMemory, format!("no memory for {count} texts")))?;
        texts.resize(count, missing);
        let texts = Mutex::new(texts);
        self.gather(call, selection, &counts, &|tile, from, to| {
            let text = match (tile, size) {
                (Tile::Fixed(bytes), Some(size)) => self.text(&bytes[from * size..(from + 1) * size])?,
                (Tile::Texts(texts), _) => self.text(&texts[from])?,
                _ => return Ok(()),
            };
            texts.lock().unwrap_or_else(PoisonError::into_inner)[to] = Some(text);
            Ok(())
        })?;
        Ok(texts.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the structures of `selection` in C order, each laid out as the array's [`DataType::Compound`] says.
    ///
    /// # Errors
    /// A selection outside the array; an array that is not of structures; a chunk that cannot be read or decoded.
    pub fn read_compounds(&self, call: &Arc<Call>, selection: &[AxisSelection<'_>]) -> Result<Vec<u8>> {
        self.read_compounds_at(call, selection).context(|| format!("array {}", self.full_name))
    }

    fn read_compounds_at(&self, call: &Arc<Call>, selection: &[AxisSelection<'_>]) -> Result<Vec<u8>> {
        let (DataType::Compound { size, .. }, Stored::Record { size: stored_size, parts }) =
            (&self.metadata.data_type, &self.metadata.stored)
        else {
            return Err(Error::invalid("the elements are no structures"));
        };
        let (size, stored_size) = (*size, *stored_size);
        let counts: Vec<usize> = selection.iter().map(AxisSelection::count).collect();
        let mut bytes: Vec<u8> = zeroed(selection::elements(counts.iter().copied().chain([size]))?)?;
        if let Some(fill) = self.metadata.fill.as_deref().filter(|fill| fill.len() == stored_size) {
            bytes.chunks_exact_mut(size).for_each(|element| lay_out(parts, fill, element));
        }
        let bytes = Mutex::new(bytes);
        self.gather(call, selection, &counts, &|tile, from, to| {
            if let Tile::Fixed(stored) = tile {
                let mut bytes = bytes.lock().unwrap_or_else(PoisonError::into_inner);
                lay_out(
                    parts,
                    &stored[from * stored_size..(from + 1) * stored_size],
                    &mut bytes[to * size..(to + 1) * size],
                );
            }
            Ok(())
        })?;
        Ok(bytes.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    /// Calls `take` for each selected element of a chunk that exists: the chunk, the element's index in it, and its
    /// index in the result.
    fn gather(
        &self,
        call: &Arc<Call>,
        selection: &[AxisSelection<'_>],
        counts: &[usize],
        take: &(dyn Fn(&Tile, usize, usize) -> Result<()> + Sync),
    ) -> Result<()> {
        let (positions, reversed) = selection::check(self.shape(), selection)?;
        let extents = self.decoder().counts();
        self.for_each_tile(call, &positions, Corner(vec![0; counts.len()]), &|tasks, tile, positions, corner, fetch| {
            let decoded = tasks.tile(tile, fetch)?;
            if matches!(*decoded, Tile::Missing) {
                return Ok(());
            }
            let wanted = Wanted::new(tile, extents, self.shape(), positions);
            let place = Place { extents, counts, corner: &corner.0, reversed: &reversed };
            place.visit(&wanted.runs(), 0, 0, 0, &|from, to| take(&decoded, from, to))
        })
    }

    /// One stored text as UTF-8.
    fn text(&self, bytes: &[u8]) -> Result<String> {
        let padded = |bytes: &[u8]| {
            let end = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
            String::from_utf8_lossy(&bytes[..end]).into_owned()
        };
        Ok(match &self.metadata.stored {
            Stored::Utf32 { swapped, .. } => {
                let codes = bytes.chunks_exact(4).map(|code| u32::from_ne_bytes(code.try_into().expect("four bytes")));
                let codes = codes.map(|code| if *swapped { code.swap_bytes() } else { code });
                let text: Option<String> = codes.map(char::from_u32).collect();
                let text = text.ok_or_else(|| Error::corrupt("a text that is not Unicode"))?;
                text.trim_end_matches('\0').to_string()
            }
            Stored::Text => String::from_utf8_lossy(bytes).into_owned(),
            Stored::Bytes(_) | Stored::Number(_) | Stored::Record { .. } => padded(bytes),
        })
    }
}

/// Where the elements of one chunk lie in the result.
struct Place<'a> {
    extents: &'a [usize],
    counts: &'a [usize],
    corner: &'a [usize],
    reversed: &'a [usize],
}

impl Place<'_> {
    fn visit(
        &self,
        runs: &[Vec<Run>],
        axis: usize,
        from: usize,
        to: usize,
        take: &dyn Fn(usize, usize) -> Result<()>,
    ) -> Result<()> {
        if axis == runs.len() {
            return take(from, to);
        }
        for run in &runs[axis] {
            for index in 0..run.count {
                let along = self.corner[axis] + run.to + index;
                let along = match self.reversed.contains(&axis) {
                    true => self.counts[axis] - 1 - along,
                    false => along,
                };
                let from = from * self.extents[axis] + run.from + index * run.step;
                self.visit(runs, axis + 1, from, to * self.counts[axis] + along, take)?;
            }
        }
        Ok(())
    }
}

/// One stored structure as users see it.
fn lay_out(parts: &[Part], stored: &[u8], shown: &mut [u8]) {
    for part in parts {
        let mut bytes = stored[part.from..part.from + part.number.size()].to_vec();
        if part.swapped {
            bytes.chunks_exact_mut(part.number.alignment()).for_each(<[u8]>::reverse);
        }
        let bytes = tiles::widen(part.number, bytes);
        shown[part.to..part.to + bytes.len()].copy_from_slice(&bytes);
    }
}
