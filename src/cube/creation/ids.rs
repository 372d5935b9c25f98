//! The ids of a new zone axis.

use std::ops::Range;
use std::sync::Arc;

use crate::error::Result;
use crate::grid::{Grid, Zone, ZoneId};
use crate::hierarchy::Array;
use crate::store::Call;

/// Zones whose ids are made together: they stay in the first-level cache.
const BATCH: u64 = 1024;

/// Puts the zones at the given positions of an axis into a slice of as many.
type ZonesAt<'a> = &'a (dyn Fn(Range<u64>, &mut [Zone]) -> Result<()> + Sync);

/// Writes the ids of the zones of a level at `positions` to their array, which has one axis; `zones_at` tells the zones.
///
/// # Errors
/// The array cannot be written; what `zones_at` says.
pub fn write_ids(
    call: &Arc<Call>,
    array: &Array,
    (grid, level): (&dyn Grid, u8),
    positions: Range<u64>,
    zones_at: ZonesAt<'_>,
) -> Result<()> {
    array.write_computed(call, positions, &|positions, bytes| {
        let (mut zones, mut ids) = ([Zone(0); BATCH as usize], [ZoneId(0); BATCH as usize]);
        let starts = positions.clone().step_by(BATCH as usize);
        for (start, bytes) in starts.zip(bytes.chunks_mut(zones.len() * size_of::<u64>())) {
            let end = (start + BATCH).min(positions.end);
            let count = (end - start) as usize;
            zones_at(start..end, &mut zones[..count])?;
            grid.ids(level, &zones[..count], &mut ids[..count])?;
            for (id, bytes) in ids.iter().zip(bytes.chunks_exact_mut(size_of::<u64>())) {
                bytes.copy_from_slice(&id.0.to_ne_bytes());
            }
        }
        Ok(())
    })
}
