//! Writing a shard in parts, by several threads: each chunk is encoded when it comes, and kept until the last one is there.
//!
//! So the decoded elements of a shard are never in memory together, and no shard is read and written again.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use super::array::Array;
use super::selection::{AxisSelection, Positions};
use super::shard::Sharding;
use super::write::{self, OldShard, Pieces, Writer};
use crate::error::{Context, Error, Result};
use crate::store::{Call, Input};

/// The shards of one array that have some of their chunks. Those that never get all of them are not written.
#[derive(Debug, Default)]
pub struct OpenShards(Mutex<HashMap<Box<[u64]>, OpenShard>>);

/// The chunks that came, by their places in the shard: indices, and encoded bytes, `None` for nothing but fill.
type OpenShard = BTreeMap<usize, (Vec<u64>, Option<Vec<u8>>)>;

impl Array {
    /// As [`Array::write`], of whole chunks, each of which comes once: shards that do not have all of them yet are kept in `open`.
    ///
    /// # Errors
    /// As [`Array::write`]; a part of a chunk in a shard.
    pub fn write_part(
        &self,
        call: &Arc<Call>,
        selection: &[AxisSelection<'_>],
        input: Input<'_>,
        open: &OpenShards,
    ) -> Result<()> {
        self.write_numbers(call, selection, input, Some(open)).context(|| format!("array {}", self.full_name()))
    }
}

impl OpenShards {
    /// Adds chunks to the shard with the indices `shard`, and writes it if these are the last.
    pub(super) fn add<P: Pieces>(
        &self,
        writer: &Writer<'_>,
        sharding: &Sharding,
        key: &str,
        shard: &[u64],
        positions: &[Positions<'_>],
        part: P,
    ) -> Result<()> {
        let inner = write::inner_parts(sharding, positions, part)?;
        if !inner.iter().all(|inner| inner.is_whole(writer.array)) {
            return Err(Error::invalid("a part of a shard that is not of whole chunks"));
        }
        let encoded = writer.encode_all(&OldShard::empty(sharding), &inner, writer.parallel)?;
        let came =
            inner.into_iter().zip(encoded).map(|(inner, bytes)| (sharding.linear(&inner.tile), (inner.tile, bytes)));
        let complete = {
            let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let known = open.entry(shard.into()).or_default();
            known.extend(came);
            if known.len() < chunks_inside(writer.array, sharding, shard) {
                return Ok(());
            }
            open.remove(shard).unwrap_or_default()
        };
        let mut chunks = vec![None; sharding.chunks_per_shard()];
        for (place, (_, bytes)) in &complete {
            chunks[*place] = bytes.as_deref();
        }
        let tiles: Vec<&[u64]> = complete.values().map(|(tile, _)| tile.as_slice()).collect();
        writer.write_encoded(sharding, (key, shard), &chunks, &tiles)
    }
}

/// Chunks of a shard that are at least partly inside of the array.
fn chunks_inside(array: &Array, sharding: &Sharding, shard: &[u64]) -> usize {
    let extents = array.block_size().iter().zip(&sharding.chunk_shape);
    let along = shard.iter().zip(array.shape()).zip(extents).map(|((index, size), (shard_extent, extent))| {
        (size.saturating_sub(index * shard_extent).min(*shard_extent)).div_ceil(*extent)
    });
    along.product::<u64>() as usize
}
