//! Reading numbers: chunk by chunk, in parallel, straight into the caller's memory.

use std::sync::Arc;

use super::array::{Array, Chunks};
use super::selection::{self, AxisSelection, Divide, Positions};
use super::shard::{Index, Sharding};
use super::tiles::{self, Tile, TileKey, Wanted};
use super::types::Stored;
use crate::error::{Context, Error, Kind, Result};
use crate::store::read::Range;
use crate::store::{Call, NumericType, Target, VsiStore, pool};

/// The most that is read at once of a shard, to save requests.
const SPAN_BYTES: u64 = 8 << 20;

/// What is done with a chunk: `None` for one that does not exist.
type Visit<'v, W> = &'v (dyn Fn(&Tasks<'_>, &[u64], &[Positions<'_>], W, Fetch<'_>) -> Result<()> + Sync);

/// How a chunk's bytes are had when they are wanted.
#[derive(Clone, Copy)]
pub(super) enum Fetch<'f> {
    /// From the file `key`, which is its own.
    File(&'f str),
    /// From a shard.
    Inside { shard: &'f Shard<'f>, index: &'f Index, tile: &'f [u64] },
    /// They are here already.
    Here(&'f [u8]),
    /// There are none.
    Missing,
}

/// One read of one array.
pub(super) struct Tasks<'a> {
    pub(super) array: &'a Array,
    pub(super) store: VsiStore,
    /// [`VsiStore::changes`] when the read began: after a later change nothing is kept.
    pub(super) changes: u64,
    pub(super) parallel: bool,
}

impl Array {
    /// Reads the numbers of `selection` (one for each axis) into `target`, converted to its type as GDAL converts.
    ///
    /// # Errors
    /// A selection outside the array or of another shape than the target; an array that is not numeric; a chunk that
    /// cannot be read or decoded.
    pub fn read(&self, call: &Arc<Call>, selection: &[AxisSelection<'_>], target: Target<'_>) -> Result<()> {
        self.read_numbers(call, selection, target).context(|| format!("array {}", self.full_name))
    }

    fn read_numbers(&self, call: &Arc<Call>, selection: &[AxisSelection<'_>], mut target: Target<'_>) -> Result<()> {
        let Stored::Number(stored) = self.metadata.stored else {
            return Err(Error::invalid("the elements are no numbers"));
        };
        let (positions, reversed) = selection::check(self.shape(), selection)?;
        if positions.iter().map(Positions::count).ne(target.counts().iter().copied()) {
            return Err(Error::invalid(format!(
                "the target has the shape {:?}, the selection another",
                target.counts()
            )));
        }
        reversed.into_iter().for_each(|axis| target.reverse(axis));
        let fill = self.shown_fill(stored);
        self.for_each_tile(call, &positions, target, &|tasks, tile, positions, mut target, fetch| {
            tasks.deliver(stored, &fill, tile, positions, &mut target, fetch)
        })
    }

    /// Reads the whole array as 64-bit unsigned integers, converted as GDAL converts; negative ones keep their bits when
    /// the array is of [`NumericType::Int64`].
    ///
    /// # Errors
    /// As [`Array::read`].
    pub fn read_u64s(&self, call: &Arc<Call>, selection: &[AxisSelection<'_>]) -> Result<Vec<u64>> {
        if self.metadata.stored == Stored::Number(NumericType::Int64) {
            let signed: Vec<i64> = self.read_vec(call, selection)?;
            return Ok(bytemuck::cast_vec(signed));
        }
        self.read_vec(call, selection)
    }

    /// Reads `selection` in C order.
    ///
    /// # Errors
    /// As [`Array::read`].
    pub fn read_vec<T: crate::store::Number>(
        &self,
        call: &Arc<Call>,
        selection: &[AxisSelection<'_>],
    ) -> Result<Vec<T>> {
        let counts: Vec<usize> = selection.iter().map(AxisSelection::count).collect();
        let mut values = zeroed(selection::elements(counts.iter().copied())?)?;
        self.read(call, selection, Target::from_slice(&mut values, &counts)?)?;
        Ok(values)
    }

    /// Fetches the chunks of `selection` in parallel and keeps them, decoded, as far as `max_bytes` allow; 0 means the
    /// usual bound.
    ///
    /// # Errors
    /// As [`Array::read`].
    pub fn advise(&self, call: &Arc<Call>, selection: &[AxisSelection<'_>], max_bytes: usize) -> Result<()> {
        let (positions, _) = selection::check(self.shape(), selection)?;
        let tiles = &self.context.tiles;
        if max_bytes > tiles.limit() {
            tiles.set_limit(max_bytes);
        }
        let wanted = self.bytes_of_tiles(&positions);
        if wanted > tiles.limit() as u128 {
            // what does not fit would push out what does
            return Ok(());
        }
        self.for_each_tile(call, &positions, (), &|tasks, tile, _, (), fetch| tasks.tile(tile, fetch).map(drop))
            .context(|| format!("array {}", self.full_name))
    }

    /// How much memory the chunks of a selection take when decoded, at most.
    fn bytes_of_tiles(&self, positions: &[Positions<'_>]) -> u128 {
        let size = self
            .metadata
            .stored
            .size()
            .unwrap_or(32)
            .max(self.metadata.data_type.numeric().map_or(1, NumericType::size));
        let tiles = positions.iter().zip(self.read_chunk_shape()).fold(1u128, |product, (positions, &extent)| {
            if positions.count() == 0 {
                return 0;
            }
            let (first, last) = positions.ends();
            let chunks = u128::from(last / extent - first / extent + 1).min(positions.count() as u128);
            product.saturating_mul(chunks).saturating_mul(u128::from(extent))
        });
        tiles.saturating_mul(size as u128)
    }

    /// Whether so little is wanted, of chunks whose parts can be decoded alone, that waking threads would take longer.
    fn is_light(&self, positions: &[Positions<'_>]) -> bool {
        const LIGHT: usize = 4;
        let elements = positions.iter().try_fold(1usize, |product, axis| product.checked_mul(axis.count()));
        self.decoder().finds_parts() && elements.is_some_and(|elements| elements <= LIGHT)
    }

    /// The fill value as the host shows it; zero where there is none.
    fn shown_fill(&self, stored: NumericType) -> Vec<u8> {
        let fill = self.metadata.fill.clone().unwrap_or_else(|| vec![0; stored.size()]);
        tiles::widen(stored, fill)
    }

    /// Calls `visit` for each block of [`Array::read_chunk_shape`] that holds positions.
    pub(super) fn for_each_tile<W: Divide>(
        &self,
        call: &Arc<Call>,
        positions: &[Positions<'_>],
        whole: W,
        visit: Visit<'_, W>,
    ) -> Result<()> {
        let is_one =
            positions.iter().zip(self.read_chunk_shape()).all(|(axis, &extent)| axis.chunk_boundary(extent).is_none());
        let store = self.store(call);
        let parallel =
            !is_one && call.threads() > 1 && whole.is_divisible() && (store.is_remote() || !self.is_light(positions));
        let tasks = Tasks { array: self, changes: store.changes(), store, parallel };
        match parallel {
            true => pool::install(call, || tasks.run(positions, whole, visit))?,
            false => tasks.run(positions, whole, visit),
        }
    }
}

impl Tasks<'_> {
    fn run<W: Divide>(&self, positions: &[Positions<'_>], whole: W, visit: Visit<'_, W>) -> Result<()> {
        let chunk_shape = &self.array.metadata.chunk_shape;
        selection::for_each_chunk(chunk_shape, positions, whole, self.parallel, &|chunk, positions, part| {
            let key = self.array.chunk_key(chunk);
            let done = match &self.array.chunks {
                Chunks::Files(_) => visit(self, chunk, positions, part, Fetch::File(&key)),
                Chunks::Shards(sharding) => self.run_shard(sharding, &key, positions, part, visit),
            };
            done.context(|| format!("chunk {}", self.array.metadata.keys.key(chunk)))
        })
    }

    fn run_shard<W: Divide>(
        &self,
        sharding: &Sharding,
        key: &str,
        positions: &[Positions<'_>],
        part: W,
        visit: Visit<'_, W>,
    ) -> Result<()> {
        let index = sharding.index(&self.store, key)?;
        let shard = Shard { sharding, key, index: index.as_ref() };
        self.run_span(&shard, None, positions, part, visit)
    }

    /// Works through the chunks of one shard. Over a network, neighbouring chunks are read with one request; `here` is
    /// then what was read, and where it begins.
    fn run_span<W: Divide>(
        &self,
        shard: &Shard<'_>,
        here: Option<(u64, &[u8])>,
        positions: &[Positions<'_>],
        part: W,
        visit: Visit<'_, W>,
    ) -> Result<()> {
        let chunk_shape = &shard.sharding.chunk_shape;
        if positions.iter().any(|positions| positions.count() == 0) {
            return Ok(());
        }
        match selection::divide(chunk_shape, positions, part) {
            Err((tile, part)) => {
                let fetch = shard.fetch(&tile, here)?;
                visit(self, &tile, positions, part, fetch).context(|| format!("inner chunk {tile:?}"))
            }
            Ok([(left, left_part), (right, right_part)]) => {
                let mut read = Vec::new();
                let here = match (here, self.store.is_remote().then(|| shard.span(positions)).flatten()) {
                    (None, Some((offset, length))) => {
                        let version = self.store.read_version(shard.key, Range::Part { offset, length }, &mut read);
                        // of another shard than the index, or of none: then each chunk is looked for anew
                        let is_same = version.is_ok_and(|version| version.as_ref() == shard.index.map(Index::version));
                        is_same.then_some((offset, read.as_slice()))
                    }
                    (here, _) => here,
                };
                let left = || self.run_span(shard, here, &left, left_part, visit);
                let right = || self.run_span(shard, here, &right, right_part, visit);
                match self.parallel {
                    true => {
                        let (left, right) = rayon::join(left, right);
                        left.and(right)
                    }
                    false => left().and_then(|()| right()),
                }
            }
        }
    }

    /// The bytes of a chunk given to `work`, `None` where it does not exist.
    fn with_bytes<R>(&self, fetch: Fetch<'_>, work: impl FnOnce(Option<&[u8]>) -> Result<R>) -> Result<R> {
        match fetch {
            Fetch::Missing => work(None),
            Fetch::Here(bytes) => work(Some(bytes)),
            Fetch::File(key) => self.with_read(|bytes| self.store.read_into(key, Range::All, bytes), work),
            Fetch::Inside { shard, index, tile } => {
                self.with_read(|bytes| shard.sharding.read_chunk(&self.store, shard.key, index, tile, bytes), work)
            }
        }
    }

    /// What `read` reads given to `work`, `None` where it finds nothing.
    fn with_read<R>(
        &self,
        read: impl FnOnce(&mut Vec<u8>) -> Result<bool>,
        work: impl FnOnce(Option<&[u8]>) -> Result<R>,
    ) -> Result<R> {
        tiles::with_encoded(|bytes| {
            let found = read(bytes)?;
            // codecs may raise errors in GDAL too
            let _entered = self.store.call().enter();
            work(found.then_some(bytes.as_slice()))
        })
    }

    fn tile_key(&self, tile: &[u64]) -> TileKey {
        (self.array.number, tile.into())
    }

    /// Brings the numbers of one chunk to the caller.
    fn deliver(
        &self,
        stored: NumericType,
        fill: &[u8],
        tile: &[u64],
        positions: &[Positions<'_>],
        target: &mut Target<'_>,
        fetch: Fetch<'_>,
    ) -> Result<()> {
        let decoder = self.array.decoder();
        let wanted = Wanted::new(tile, decoder.counts(), self.array.shape(), positions);
        let shown = stored.on_host();
        let tiles = &self.array.context.tiles;
        let key = self.tile_key(tile);
        let kept = tiles.get(&key);
        match kept.as_deref() {
            Some(Tile::Fixed(bytes)) => return wanted.copy(bytes, shown, decoder.counts(), target),
            Some(Tile::Missing) => return target.fill(fill, shown),
            Some(Tile::Texts(_) | Tile::Seen) | None => {}
        }
        let is_seen = matches!(kept.as_deref(), Some(Tile::Seen));
        self.with_bytes(fetch, |encoded| {
            let Some(encoded) = encoded else { return target.fill(fill, shown) };
            if let Some(tile) = tiles::deliver(decoder, stored, encoded, &wanted, is_seen, target)? {
                let size = tile.size();
                tiles.put_if(key, tile, size, || self.store.changes() == self.changes);
            }
            Ok(())
        })
    }

    /// One chunk decoded, from the cache or put there.
    pub(super) fn tile(&self, tile: &[u64], fetch: Fetch<'_>) -> Result<Arc<Tile>> {
        let key = self.tile_key(tile);
        let tiles = &self.array.context.tiles;
        if let Some(found) = tiles.get(&key).filter(|tile| !matches!(**tile, Tile::Seen)) {
            return Ok(found);
        }
        let decoder = self.array.decoder();
        let tile = self.with_bytes(fetch, |encoded| match (encoded, &self.array.metadata.stored) {
            (None, _) => Ok(Tile::Missing),
            (Some(encoded), Stored::Text) => decoder.decode_texts(encoded).map(Tile::Texts),
            (Some(encoded), stored) => {
                let mut decoded = Vec::new();
                decoder.decode(encoded, stored.size().unwrap_or(1), &mut decoded)?;
                Ok(Tile::Fixed(match stored {
                    Stored::Number(number) => tiles::widen(*number, decoded),
                    _ => decoded,
                }))
            }
        })?;
        let (size, tile) = (tile.size(), Arc::new(tile));
        tiles.put_if(key, tile.clone(), size, || self.store.changes() == self.changes);
        Ok(tile)
    }
}

/// One shard file.
pub(super) struct Shard<'a> {
    sharding: &'a Sharding,
    key: &'a str,
    /// `None` when there is no such file.
    index: Option<&'a Index>,
}

impl Shard<'_> {
    fn place(&self, tile: &[u64]) -> Option<(u64, u64)> {
        self.sharding.place(self.index?, tile)
    }

    fn fetch<'f>(&'f self, tile: &'f [u64], here: Option<(u64, &'f [u8])>) -> Result<Fetch<'f>> {
        let Some((index, (offset, length))) = self.index.zip(self.place(tile)) else { return Ok(Fetch::Missing) };
        let outside = || Error::corrupt(format!("the index of the shard places a chunk at {offset} + {length}"));
        offset.checked_add(length).ok_or_else(outside)?;
        match here {
            None => Ok(Fetch::Inside { shard: self, index, tile }),
            Some((start, bytes)) => {
                let from = usize::try_from(offset.checked_sub(start).ok_or_else(outside)?).map_err(|_| outside())?;
                let length = usize::try_from(length).map_err(|_| outside())?;
                let bytes = bytes.get(from..).and_then(|rest| rest.get(..length)).ok_or_else(outside)?;
                Ok(Fetch::Here(bytes))
            }
        }
    }

    /// The part of the file that holds the chunks of `positions`, where it holds little else: offset and length.
    fn span(&self, positions: &[Positions<'_>]) -> Option<(u64, u64)> {
        let bounds = std::sync::Mutex::new((u64::MAX, 0u64, 0u64));
        let visited = selection::for_each_chunk(&self.sharding.chunk_shape, positions, (), false, &|tile, _, ()| {
            if let (Some((offset, length)), Ok(mut bounds)) = (self.place(tile), bounds.lock()) {
                let end = offset.checked_add(length).ok_or_else(|| Error::corrupt("the index of the shard"))?;
                *bounds = (bounds.0.min(offset), bounds.1.max(end), bounds.2.saturating_add(length));
            }
            Ok(())
        });
        visited.ok()?;
        let (start, end, used) = bounds.into_inner().ok()?;
        let length = end.checked_sub(start)?;
        (length > 0 && length <= SPAN_BYTES && length <= used.saturating_add(used / 2).saturating_add(1 << 16))
            .then_some((start, length))
    }
}

/// So many zeros, or an error where memory cannot be had.
pub(super) fn zeroed<T: bytemuck::Zeroable + Clone>(count: usize) -> Result<Vec<T>> {
    bytemuck::allocation::try_zeroed_vec(count)
        .map_err(|()| Error::new(Kind::OutOfMemory, format!("no memory for {count} elements")))
}
