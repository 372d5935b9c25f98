//! Writing what is no number: text and structures.

use std::sync::Arc;

use super::DataType;
use super::array::Array;
use super::selection::{self, AxisSelection, Corner, Divide, Positions};
use super::tiles::{self, Wanted};
use super::types::{Part, Stored};
use super::write::{Block, Pieces};
use crate::error::{Context, Error, Result};
use crate::store::Call;

/// Elements in C order, of which a part goes to one chunk.
struct Elements<'a, T> {
    source: Arc<Source<'a, T>>,
    corner: Corner,
}

/// What is written as a whole.
struct Source<'a, T> {
    elements: &'a [T],
    counts: Vec<usize>,
    /// Axes along which the first element goes to the last position.
    reversed: Vec<usize>,
    /// Puts an element to the place `index` of a block.
    put: PutElement<'a, T>,
}

type PutElement<'a, T> = Box<dyn Fn(&mut Block<'_>, usize, &T) -> Result<()> + Send + Sync + 'a>;

impl<T: Sync> Divide for Elements<'_, T> {
    fn divide(self, axis: usize, index: usize) -> (Self, Self) {
        let (before, after) = self.corner.divide(axis, index);
        (Self { source: self.source.clone(), corner: before }, Self { source: self.source, corner: after })
    }
}

impl<T: Sync> Pieces for Elements<'_, T> {
    fn put(&self, block: &mut Block<'_>, wanted: &Wanted<'_, '_>, extents: &[usize]) -> Result<()> {
        let Source { elements, counts, reversed, put } = &*self.source;
        let mut done = Ok(());
        tiles::for_each_element(&wanted.runs(), extents, &mut |index, positions| {
            let from = positions.iter().enumerate().fold(0, |from, (axis, &along)| {
                let along = self.corner.0[axis] + along;
                let along = if reversed.contains(&axis) { counts[axis] - 1 - along } else { along };
                from * counts[axis] + along
            });
            if done.is_ok() {
                done = put(block, index, &elements[from]);
            }
        });
        done
    }
}

impl Array {
    /// Writes `texts`, in C order, to `selection`; `None` is an empty text.
    ///
    /// # Errors
    /// As [`Array::write`]; an array that is not of text; a text that is too long for one of fixed length.
    pub fn write_texts(
        &self,
        call: &Arc<Call>,
        selection: &[AxisSelection<'_>],
        texts: &[Option<String>],
    ) -> Result<()> {
        self.write_texts_at(call, selection, texts).context(|| format!("array {}", self.full_name))
    }

    fn write_texts_at(
        &self,
        call: &Arc<Call>,
        selection: &[AxisSelection<'_>],
        texts: &[Option<String>],
    ) -> Result<()> {
        if !matches!(self.metadata.data_type, DataType::Text { .. }) {
            return Err(Error::invalid("the elements are no text"));
        }
        let stored = &self.metadata.stored;
        self.write_elements(
            call,
            selection,
            texts,
            Box::new(move |block, index, text: &Option<String>| {
                let text = text.as_deref().unwrap_or_default();
                match block {
                    Block::Texts(texts) => {
                        texts[index] = text.as_bytes().to_vec();
                        Ok(())
                    }
                    Block::Fixed(bytes) => put_text(stored, bytes, index, text),
                }
            }),
        )
    }

    /// Writes structures, in C order and each laid out as the array's [`DataType::Compound`] says, to `selection`.
    ///
    /// # Errors
    /// As [`Array::write`]; an array that is not of structures.
    pub fn write_compounds(&self, call: &Arc<Call>, selection: &[AxisSelection<'_>], bytes: &[u8]) -> Result<()> {
        self.write_compounds_at(call, selection, bytes).context(|| format!("array {}", self.full_name))
    }

    fn write_compounds_at(&self, call: &Arc<Call>, selection: &[AxisSelection<'_>], bytes: &[u8]) -> Result<()> {
        let (DataType::Compound { size, .. }, Stored::Record { size: stored_size, parts }) =
            (&self.metadata.data_type, &self.metadata.stored)
        else {
            return Err(Error::invalid("the elements are no structures"));
        };
        let elements: Vec<&[u8]> = bytes.chunks(*size).collect();
        self.write_elements(
            call,
            selection,
            &elements,
            Box::new(move |block, index, element: &&[u8]| {
                let Block::Fixed(bytes) = block else { return Err(Error::invalid("structures for an array of text")) };
                pack(parts, element, &mut bytes[index * stored_size..(index + 1) * stored_size])
            }),
        )
    }

    fn write_elements<T: Sync>(
        &self,
        call: &Arc<Call>,
        selection: &[AxisSelection<'_>],
        elements: &[T],
        put: PutElement<'_, T>,
    ) -> Result<()> {
        let (positions, reversed) = selection::check(self.shape(), selection)?;
        let counts: Vec<usize> = positions.iter().map(Positions::count).collect();
        if selection::elements(counts.iter().copied())? != elements.len() {
            return Err(Error::invalid(format!("{} elements for a selection of {counts:?}", elements.len())));
        }
        let corner = Corner(vec![0; counts.len()]);
        let source = Arc::new(Source { elements, counts, reversed, put });
        self.write_pieces(call, &positions, Elements { source, corner }, None)
    }
}

/// Puts a text to its place among texts of a fixed length.
fn put_text(stored: &Stored, bytes: &mut [u8], index: usize, text: &str) -> Result<()> {
    let too_long = |length: usize, unit: &str| {
        let text: String = text.chars().take(40).collect();
        Error::invalid(format!("the text \"{text}\" does not fit into {length} {unit}; make an array of longer texts"))
    };
    match stored {
        Stored::Utf32 { characters, swapped } => {
            let place = &mut bytes[index * characters * 4..(index + 1) * characters * 4];
            if text.chars().count() > *characters {
                return Err(too_long(*characters, "characters"));
            }
            place.fill(0);
            for (place, character) in place.chunks_exact_mut(4).zip(text.chars()) {
                let code = u32::from(character);
                place.copy_from_slice(&(if *swapped { code.swap_bytes() } else { code }).to_ne_bytes());
            }
            Ok(())
        }
        Stored::Bytes(size) => {
            let place = &mut bytes[index * size..(index + 1) * size];
            if text.len() > *size {
                return Err(too_long(*size, "bytes"));
            }
            place.fill(0);
            place[..text.len()].copy_from_slice(text.as_bytes());
            Ok(())
        }
        Stored::Number(_) | Stored::Text | Stored::Record { .. } => Err(Error::invalid("the elements are no text")),
    }
}

/// One structure of the user as it is stored.
fn pack(parts: &[Part], shown: &[u8], stored: &mut [u8]) -> Result<()> {
    for part in parts {
        let end = part.to + part.number.on_host().size();
        let bytes = shown.get(part.to..end).ok_or_else(|| Error::invalid("the last structure is cut short"))?;
        let mut bytes = tiles::narrow(part.number, bytes);
        if part.swapped {
            bytes.chunks_exact_mut(part.number.alignment()).for_each(<[u8]>::reverse);
        }
        stored[part.from..part.from + bytes.len()].copy_from_slice(&bytes);
    }
    Ok(())
}
