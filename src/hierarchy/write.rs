//! Writing elements: chunk by chunk, in parallel, straight from the caller's memory.
//!
//! A chunk that is covered by what is written is encoded without a look at the stored one; of any other the stored one
//! is read, decoded, changed and written back. A shard is always written whole: chunks in it that are not touched keep
//! their encoded bytes. A chunk of nothing but the fill value is not stored.
//!
//! Threads of one process may write to the same chunk: a lock makes each change whole. So may processes on a local disk;
//! elsewhere they may write to one array at once if their chunks (shards) differ.

use std::cell::RefCell;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use super::array::{Array, Chunks};
use super::encoder::Encoder;
use super::selection::{self, AxisSelection, Divide, Positions};
use super::shard::{Index, Sharding};
use super::tiles::{self, Wanted};
use super::types::Stored;
use super::write_in_parts::OpenShards;
use crate::error::{Context as _, Error, Kind, Result};
use crate::store::lock::ProcessLock;
use crate::store::{Call, Input, NumericType, VsiStore, pool};

thread_local! {
    static WRITTEN: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// What is written, as it can be divided among chunks.
pub(super) trait Pieces: Divide + Sync {
    /// The elements, where they are in memory as a chunk has them.
    fn as_stored(&self) -> Option<&[u8]> {
        None
    }

    /// Puts the elements to their places in a chunk.
    fn put(&self, block: &mut Block<'_>, wanted: &Wanted<'_, '_>, extents: &[usize]) -> Result<()>;
}

/// The decoded elements of one chunk.
pub(super) enum Block<'b> {
    /// Of a fixed size, as stored and in native byte order.
    Fixed(&'b mut [u8]),
    /// Texts of any length.
    Texts(&'b mut [Vec<u8>]),
}

/// Numbers of the caller.
struct Numbers<'a> {
    input: Input<'a>,
    stored: NumericType,
    is_bool: bool,
}

impl Divide for Numbers<'_> {
    fn divide(self, axis: usize, index: usize) -> (Self, Self) {
        let Self { stored, is_bool, .. } = self;
        let (before, after) = self.input.split_at(axis, index);
        (Self { input: before, stored, is_bool }, Self { input: after, stored, is_bool })
    }

    fn stride(&self, axis: usize) -> usize {
        self.input.stride_bytes(axis)
    }
}

impl Pieces for Numbers<'_> {
    fn as_stored(&self) -> Option<&[u8]> {
        let is_same = self.input.data_type() == self.stored && !self.is_bool;
        is_same.then(|| self.input.as_contiguous()).flatten()
    }

    fn put(&self, block: &mut Block<'_>, wanted: &Wanted<'_, '_>, extents: &[usize]) -> Result<()> {
        let Block::Fixed(bytes) = block else { return Err(Error::invalid("numbers for an array of text")) };
        let runs = wanted.runs();
        let runs: Vec<&[_]> = runs.iter().map(Vec::as_slice).collect();
        let shown = self.stored.on_host();
        if shown == self.stored {
            self.input.copy_to(bytes, shown, extents, &runs)?;
        } else {
            // the host converts to the type that it shows, and what is stored is narrower
            let mut wide = tiles::widen(self.stored, bytes.to_vec());
            self.input.copy_to(&mut wide, shown, extents, &runs)?;
            bytes.copy_from_slice(&tiles::narrow(self.stored, &wide));
        }
        if self.is_bool {
            bytes.iter_mut().for_each(|byte| *byte = u8::from(*byte != 0));
        }
        Ok(())
    }
}

/// One write to one array.
pub(super) struct Writer<'a> {
    pub(super) array: &'a Array,
    store: VsiStore,
    encoder: &'a Encoder,
    pub(super) parallel: bool,
}

/// A part of what is written that falls into one chunk of a shard.
pub(super) struct Inner<'p, P> {
    pub(super) tile: Vec<u64>,
    positions: Vec<Positions<'p>>,
    part: P,
}

impl<P> Inner<'_, P> {
    /// Whether the chunk is written as a whole, as far as it is inside of the array.
    pub(super) fn is_whole(&self, array: &Array) -> bool {
        Wanted::new(&self.tile, array.decoder().counts(), array.shape(), &self.positions).is_all_inside
    }
}

impl Array {
    /// Writes the numbers of `input` to `selection` (one for each axis), converted to the array's type as GDAL converts.
    ///
    /// # Errors
    /// An array opened for reading; a selection outside the array, of another shape than the input, or with repeats; an
    /// array that is not numeric; a chunk that cannot be read, decoded, encoded or written. Chunks that could not be
    /// written are as they were; others may have been written.
    pub fn write(&self, call: &Arc<Call>, selection: &[AxisSelection<'_>], input: Input<'_>) -> Result<()> {
        self.write_numbers(call, selection, input, None).context(|| format!("array {}", self.full_name))
    }

    pub(super) fn write_numbers(
        &self,
        call: &Arc<Call>,
        selection: &[AxisSelection<'_>],
        mut input: Input<'_>,
        open: Option<&OpenShards>,
    ) -> Result<()> {
        let Stored::Number(stored) = self.metadata.stored else {
            return Err(Error::invalid("the elements are no numbers"));
        };
        let (positions, reversed) = selection::check(self.shape(), selection)?;
        if positions.iter().map(Positions::count).ne(input.counts().iter().copied()) {
            return Err(Error::invalid(format!("the input has the shape {:?}, the selection another", input.counts())));
        }
        reversed.into_iter().for_each(|axis| input.reverse(axis));
        self.write_pieces(call, &positions, Numbers { input, stored, is_bool: self.metadata.is_bool() }, open)
    }

    /// Writes `whole` to `positions`; to shards by way of `open`, if that is given.
    pub(super) fn write_pieces<P: Pieces>(
        &self,
        call: &Arc<Call>,
        positions: &[Positions<'_>],
        whole: P,
        open: Option<&OpenShards>,
    ) -> Result<()> {
        if !self.context.is_writable {
            return Err(Error::invalid("the store is open for reading only; open it for update"));
        }
        if !self.context.is_current(self) {
            return Err(Error::invalid("the array was resized, renamed or deleted since it was opened; open it again"));
        }
        if positions.iter().any(|positions| !positions.are_distinct()) {
            return Err(Error::invalid("a list of positions with repeats cannot be written to"));
        }
        let is_one =
            positions.iter().zip(self.read_chunk_shape()).all(|(axis, &extent)| axis.chunk_boundary(extent).is_none());
        let parallel = !is_one && call.threads() > 1;
        let writer = Writer { array: self, store: self.store(call), encoder: self.encoder()?, parallel };
        let work = || {
            selection::for_each_chunk(
                &self.metadata.chunk_shape,
                positions,
                whole,
                parallel,
                &|chunk, positions, part| {
                    let key = self.chunk_key(chunk);
                    let done = match &self.chunks {
                        Chunks::Files(_) => writer.write_file(&key, chunk, positions, &part),
                        Chunks::Shards(sharding) => match open {
                            Some(open) => open.add(&writer, sharding, &key, chunk, positions, part),
                            None => writer.write_shard(sharding, &key, chunk, positions, part),
                        },
                    };
                    done.context(|| format!("chunk {}", self.metadata.keys.key(chunk)))
                },
            )
        };
        match parallel {
            true => pool::install(call, work)?,
            false => work(),
        }
    }

    /// Makes the elements of `selection` the fill value.
    pub(super) fn erase(&self, call: &Arc<Call>, selection: &[AxisSelection<'_>]) -> Result<()> {
        let (positions, _) = selection::check(self.shape(), selection)?;
        self.write_pieces(call, &positions, Fill(&self.metadata.stored_fill()), None)
    }
}

/// The fill value everywhere.
struct Fill<'a>(&'a [u8]);

impl Divide for Fill<'_> {
    fn divide(self, _axis: usize, _index: usize) -> (Self, Self) {
        (Self(self.0), Self(self.0))
    }
}

impl Pieces for Fill<'_> {
    fn put(&self, block: &mut Block<'_>, wanted: &Wanted<'_, '_>, extents: &[usize]) -> Result<()> {
        tiles::for_each_element(&wanted.runs(), extents, &mut |index, _| match block {
            Block::Fixed(bytes) => {
                let size = self.0.len();
                bytes[index * size..(index + 1) * size].copy_from_slice(self.0);
            }
            Block::Texts(texts) => texts[index] = self.0.to_vec(),
        });
        Ok(())
    }
}

impl Writer<'_> {
    /// Writes to a chunk that has a file of its own.
    fn write_file<P: Pieces>(&self, key: &str, chunk: &[u64], positions: &[Positions<'_>], part: &P) -> Result<()> {
        let wanted = Wanted::new(chunk, self.array.decoder().counts(), self.array.shape(), positions);
        let lock = self.array.context.locks.of(self.array.number, chunk);
        tiles::with_buffer(&WRITTEN, |encoded| {
            let is_stored;
            let mut among_processes = None;
            let mut changes = match wanted.is_all_inside {
                true => {
                    is_stored = self.encode(&wanted, part, None, encoded)?;
                    lock.lock().unwrap_or_else(PoisonError::into_inner)
                }
                false => {
                    let changes = lock.lock().unwrap_or_else(PoisonError::into_inner);
                    among_processes = self.lock_among_processes(key);
                    is_stored = tiles::with_encoded(|old| {
                        let found = self.store.read_into(key, crate::store::read::Range::All, old)?;
                        self.encode(&wanted, part, found.then_some(old.as_slice()), encoded)
                    })?;
                    changes
                }
            };
            *changes += 1;
            let replaced = self.replace(key, is_stored.then_some(&[encoded.as_slice()][..]));
            drop(among_processes);
            self.array.context.chunk_changed(self.array, &[chunk], key);
            replaced
        })
    }

    /// Keeps other processes from changing the chunk in the file `key`, where that is possible; where it should be and is
    /// not, the user is told once an array.
    fn lock_among_processes(&self, key: &str) -> Option<ProcessLock> {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        let lock = self.store.lock(&self.array.metadata_key(), hasher.finish());
        lock.unwrap_or_else(|error| {
            self.array.is_told_of_locks.call_once(|| {
                self.store.call().warn(format!(
                    "array {}: other processes cannot be kept away from a chunk while part of it is written ({error}): let \
                     no two processes write to one chunk or shard at a time, or let this one write to that file",
                    self.array.full_name
                ));
            });
            None
        })
    }

    /// Makes `parts` the contents of a chunk's file; without any there shall be none.
    fn replace(&self, key: &str, parts: Option<&[&[u8]]>) -> Result<()> {
        match parts {
            Some(parts) => self.store.write_parts(key, parts),
            None => self.store.delete(key),
        }
    }

    /// Encodes a chunk of which `wanted` is written, and the rest is that of the encoded chunk `old`, or the fill value.
    /// False for a chunk that need not be stored.
    fn encode<P: Pieces>(
        &self,
        wanted: &Wanted<'_, '_>,
        part: &P,
        old: Option<&[u8]>,
        encoded: &mut Vec<u8>,
    ) -> Result<bool> {
        let (decoder, metadata) = (self.array.decoder(), &self.array.metadata);
        let _entered = self.store.call().enter();
        let old = old.filter(|_| !wanted.is_all_inside);
        let Some(size) = metadata.stored.size() else {
            let mut texts = match old {
                Some(old) => decoder.decode_texts(old)?,
                None => vec![metadata.stored_fill(); decoder.elements()],
            };
            part.put(&mut Block::Texts(&mut texts), wanted, decoder.counts())?;
            let is_stored = metadata.fill.as_ref().is_none_or(|fill| texts.iter().any(|text| text != fill));
            if is_stored {
                *encoded = self.encoder.encode_texts(decoder, &texts)?;
            }
            return Ok(is_stored);
        };
        if wanted.is_whole
            && let Some(bytes) = part.as_stored()
        {
            return self.encode_fixed(bytes, encoded);
        }
        tiles::with_decoded(|block| {
            match old {
                Some(old) => decoder.decode(old, size, block)?,
                None => fill(block, &metadata.stored_fill(), decoder.elements())?,
            }
            part.put(&mut Block::Fixed(block), wanted, decoder.counts())?;
            self.encode_fixed(block, encoded)
        })
    }

    fn encode_fixed(&self, decoded: &[u8], encoded: &mut Vec<u8>) -> Result<bool> {
        if self.array.metadata.fill.as_deref().is_some_and(|fill| consists_of(decoded, fill)) {
            return Ok(false);
        }
        self.encoder.encode(self.array.decoder(), decoded, encoded)?;
        Ok(true)
    }

    /// Writes to the chunks of one shard.
    fn write_shard<P: Pieces>(
        &self,
        sharding: &Sharding,
        key: &str,
        shard: &[u64],
        positions: &[Positions<'_>],
        part: P,
    ) -> Result<()> {
        let array = self.array;
        let counts: Vec<usize> = array.metadata.chunk_shape.iter().map(|&extent| extent as usize).collect();
        let is_whole = Wanted::new(shard, &counts, array.shape(), positions).is_all_inside;
        let inner = inner_parts(sharding, positions, part)?;
        let lock = array.context.locks.of(array.number, shard);
        let mut seen = *lock.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = self.store.stamp(key).filter(|_| !is_whole);
        let mut old = OldShard::read(self, sharding, (!is_whole).then_some(key))?;
        let mut encoded = self.encode_all(&old, &inner, self.parallel)?;
        // No lock was held so far: while this thread waited for others, rayon may have given it the work of another write.
        // What was read may be outdated.
        let mut changes = lock.lock().unwrap_or_else(PoisonError::into_inner);
        let _among_processes = (!is_whole).then(|| self.lock_among_processes(key));
        if !is_whole && (*changes != seen || self.store.stamp(key) != stamp) {
            seen = *changes;
            old = OldShard::read(self, sharding, Some(key))?;
            encoded = self.encode_all(&old, &inner, false)?;
        }
        *changes = seen + 1;
        let mut chunks = old.chunks();
        for (inner, bytes) in inner.iter().zip(&encoded) {
            chunks[sharding.linear(&inner.tile)] = bytes.as_deref();
        }
        let tiles: Vec<&[u64]> = inner.iter().map(|inner| inner.tile.as_slice()).collect();
        self.replace_shard(sharding, key, &chunks, &tiles)
    }

    /// Makes `chunks`, in the order of the index, a shard; `tiles` are those that changed. The shard is locked.
    fn replace_shard(&self, sharding: &Sharding, key: &str, chunks: &[Option<&[u8]>], tiles: &[&[u64]]) -> Result<()> {
        let replaced = match chunks.iter().any(Option::is_some) {
            false => self.replace(key, None),
            true => sharding.assemble(chunks).and_then(|(index, at_end)| {
                let chunks = chunks.iter().filter_map(|chunk| *chunk);
                let parts: Vec<&[u8]> = match at_end {
                    true => chunks.chain([index.as_slice()]).collect(),
                    false => [index.as_slice()].into_iter().chain(chunks).collect(),
                };
                self.replace(key, Some(&parts))
            }),
        };
        self.array.context.chunk_changed(self.array, tiles, key);
        replaced
    }

    /// Writes a shard whose chunks are all encoded.
    pub(super) fn write_encoded(
        &self,
        sharding: &Sharding,
        (key, shard): (&str, &[u64]),
        chunks: &[Option<&[u8]>],
        tiles: &[&[u64]],
    ) -> Result<()> {
        let lock = self.array.context.locks.of(self.array.number, shard);
        let mut changes = lock.lock().unwrap_or_else(PoisonError::into_inner);
        *changes += 1;
        self.replace_shard(sharding, key, chunks, tiles)
    }

    /// Encodes chunks of a shard, `None` for each that need not be stored.
    pub(super) fn encode_all<P: Pieces>(
        &self,
        old: &OldShard<'_>,
        inner: &[Inner<'_, P>],
        parallel: bool,
    ) -> Result<Vec<Option<Vec<u8>>>> {
        match inner {
            [] => Ok(Vec::new()),
            [one] => {
                let wanted = Wanted::new(&one.tile, self.array.decoder().counts(), self.array.shape(), &one.positions);
                let encoded = tiles::with_buffer(&WRITTEN, |encoded| {
                    let is_stored = self.encode(&wanted, &one.part, old.chunk(&one.tile), encoded)?;
                    Ok(is_stored.then(|| encoded.as_slice().to_vec()))
                });
                Ok(vec![encoded.context(|| format!("inner chunk {:?}", one.tile))?])
            }
            many => {
                let (left, right) = many.split_at(many.len() / 2);
                let (left, right) = match parallel {
                    true => rayon::join(|| self.encode_all(old, left, true), || self.encode_all(old, right, true)),
                    false => (self.encode_all(old, left, false), self.encode_all(old, right, false)),
                };
                let mut encoded = left?;
                encoded.append(&mut right?);
                Ok(encoded)
            }
        }
    }
}

/// The parts of `part` that fall into each chunk of a shard.
pub(super) fn inner_parts<'p, P: Pieces>(
    sharding: &Sharding,
    positions: &[Positions<'p>],
    part: P,
) -> Result<Vec<Inner<'p, P>>> {
    let inner = Mutex::new(Vec::new());
    selection::for_each_chunk(&sharding.chunk_shape, positions, part, false, &|tile, positions, part| {
        let inner_part = Inner { tile: tile.to_vec(), positions: positions.to_vec(), part };
        inner.lock().unwrap_or_else(PoisonError::into_inner).push(inner_part);
        Ok(())
    })?;
    Ok(inner.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// A shard as it is stored.
pub(super) struct OldShard<'a> {
    sharding: &'a Sharding,
    bytes: Vec<u8>,
    index: Option<Index>,
}

impl<'a> OldShard<'a> {
    /// None of which there is anything.
    pub(super) fn empty(sharding: &'a Sharding) -> Self {
        Self { sharding, bytes: Vec::new(), index: None }
    }

    /// Reads the shard `key`; without one it is empty.
    fn read(writer: &Writer<'_>, sharding: &'a Sharding, key: Option<&str>) -> Result<Self> {
        let Some(bytes) = key.map(|key| writer.store.read(key)).transpose()?.flatten() else {
            return Ok(Self::empty(sharding));
        };
        let index = sharding.index_in(&bytes)?;
        let old = Self { sharding, bytes, index: Some(index) };
        // what cannot be found must not be lost by writing the shard anew
        let is_sound = |index: &Index| {
            index.places().iter().all(|&[offset, length]| offset == u64::MAX || old.part(offset, length).is_some())
        };
        match old.index.as_ref().is_some_and(is_sound) {
            true => Ok(old),
            false => Err(Error::corrupt("the index of the shard points outside of it")),
        }
    }

    fn part(&self, offset: u64, length: u64) -> Option<&[u8]> {
        self.bytes.get(usize::try_from(offset).ok()?..)?.get(..usize::try_from(length).ok()?)
    }

    /// The encoded chunk `tile`, `None` where there is none.
    fn chunk(&self, tile: &[u64]) -> Option<&[u8]> {
        let (offset, length) = self.sharding.place(self.index.as_ref()?, tile)?;
        self.part(offset, length)
    }

    /// All chunks in the order of the index.
    fn chunks(&self) -> Vec<Option<&[u8]>> {
        let places = self.index.as_ref().map(Index::places).unwrap_or_default();
        let mut chunks: Vec<_> = places.iter().map(|&[offset, length]| self.part(offset, length)).collect();
        chunks.resize(self.sharding.chunks_per_shard(), None);
        chunks
    }
}

/// Makes `block` so many elements of `fill`.
fn fill(block: &mut Vec<u8>, fill: &[u8], elements: usize) -> Result<()> {
    let bytes = elements * fill.len();
    block.clear();
    block
        .try_reserve(bytes)
        .map_err(|_| Error::new(Kind::OutOfMemory, format!("no memory for a chunk of {bytes} bytes")))?;
    match fill.iter().all(|byte| *byte == fill[0]) {
        true => block.resize(bytes, fill.first().copied().unwrap_or(0)),
        false => (0..elements).for_each(|_| block.extend_from_slice(fill)),
    }
    Ok(())
}

/// Whether `bytes` is `element` again and again.
fn consists_of(bytes: &[u8], element: &[u8]) -> bool {
    let size = element.len();
    size > 0 && bytes.len() >= size && bytes[..size] == *element && bytes[size..] == bytes[..bytes.len() - size]
}
