//! Which zones lie where along an axis, in the source and in the copy.

use std::ops::Range;
use std::sync::Arc;

use crate::convention::{Placement, ZoneAxis};
use crate::cube::{NO_ZONE, Placed};
use crate::error::{Context, Error, Kind, Result};
use crate::grid::{Grid, Zone, ZoneId};
use crate::store::dataset::Array;
use crate::store::{Call, DataType, NumericType, Target};

/// Stands for a source position where there is none.
pub(super) const NOWHERE: u64 = u64::MAX;

/// Positions worked on at a time.
const BATCH: u64 = 1 << 18;

/// The zones along an axis, one or several dimensions counted as one.
pub(super) enum Zones {
    /// All of the level in the order of their ids.
    Globe(Arc<dyn Grid>, u8),
    /// Listed by an array of ids.
    Listed(Arc<dyn Grid>, u8, Arc<Array>),
    /// By their addresses.
    Placed(Placed),
}

impl Zones {
    /// Number of positions.
    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Globe(grid, level) => grid.zone_count(*level),
            Self::Listed(_, _, array) => array.shape()[0],
            Self::Placed(placed) => placed.len(),
        }
    }

    /// The zones at `positions`.
    ///
    /// # Errors
    /// Ids that cannot be read or name no zone.
    pub(super) fn at(&self, call: &Arc<Call>, positions: Range<u64>) -> Result<Vec<Zone>> {
        match self {
            Self::Globe(grid, level) => {
                let mut zones = vec![NO_ZONE; (positions.end - positions.start) as usize];
                grid.zones_of_positions(*level, positions, &mut zones)?;
                Ok(zones)
            }
            Self::Listed(grid, level, array) => {
                listed(call, grid.as_ref(), *level, array, positions).context(|| format!("array {}", array.full_name()))
            }
            Self::Placed(placed) => placed.zones(positions),
        }
    }

    /// Whether a list holds the whole globe in the order of the ids of `grid`. Read in pieces, and no further than needed.
    ///
    /// # Errors
    /// Ids that cannot be read or name no zone.
    pub(super) fn is_globe_in_order(&self, call: &Arc<Call>, grid: &dyn Grid, level: u8) -> Result<bool> {
        if self.len() != grid.zone_count(level) {
            return Ok(false);
        }
        for batch in batches(self.len()) {
            let zones = self.at(call, batch.clone())?;
            let mut positions = vec![0; zones.len()];
            if zones.contains(&NO_ZONE) {
                return Ok(false);
            }
            grid.positions(level, &zones, &mut positions)?;
            if !positions.into_iter().eq(batch) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The positions of zones, [`NOWHERE`] where there is none. Not for a list.
    fn positions(&self, zones: &[Zone]) -> Result<Vec<u64>> {
        let mut positions = vec![NOWHERE; zones.len()];
        let held: Vec<usize> = (0..zones.len()).filter(|at| zones[*at] != NO_ZONE).collect();
        let asked: Vec<Zone> = held.iter().map(|at| zones[*at]).collect();
        let mut found = vec![NOWHERE; asked.len()];
        match self {
            Self::Globe(grid, level) => grid.positions(*level, &asked, &mut found)?,
            Self::Placed(placed) => placed.positions(&asked, &mut found)?,
            Self::Listed(..) => return Err(Error::invalid("a list of zones is searched by its order alone")),
        }
        held.into_iter().zip(found).for_each(|(at, position)| positions[at] = position);
        Ok(positions)
    }
}

/// The zones that a source array of ids lists at `positions`; padding and empty texts are none.
fn listed(call: &Arc<Call>, grid: &dyn Grid, level: u8, array: &Array, positions: Range<u64>) -> Result<Vec<Zone>> {
    let count = (positions.end - positions.start) as usize;
    let (start, counts) = ([positions.start], [count]);
    let number = match array.data_type() {
        DataType::Numeric(number) if number.is_integer() => *number,
        DataType::Text { .. } => {
            let zone = |text: Option<String>| match text.as_deref() {
                None | Some("") => Ok(NO_ZONE),
                Some(text) => grid.parse_zone(text, Some(level)).and_then(|(found, zone)| match found == level {
                    true => Ok(zone),
                    false => {
                        Err(Error::corrupt(format!("zone {text} is of level {found}, the axis' level is {level}")))
                    }
                }),
            };
            return array.read_texts(call, &start, &counts)?.into_iter().map(zone).collect();
        }
        other => return Err(Error::unsupported(format!("zone ids must be integers or texts, not {other:?}"))),
    };
    let mut ids = vec![0u64; count];
    if number.is_signed_integer() {
        // Negative ones keep their bits.
        let mut signed = vec![0i64; count];
        array.read_numbers(call, &start, &counts, Target::from_slice(&mut signed, &counts)?)?;
        ids.iter_mut().zip(signed).for_each(|(id, signed)| *id = signed as u64);
    } else {
        array.read_numbers(call, &start, &counts, Target::from_slice(&mut ids, &counts)?)?;
    }
    let padding = match number {
        NumericType::UInt64 => u64::MAX,
        number if number.is_signed_integer() => u64::MAX,
        number => u64::MAX >> (64 - 8 * number.size()),
    };
    let is_padding = |id: u64| id == padding && grid.zones_of_ids(level, &[ZoneId(id)], &mut [NO_ZONE]).is_err();
    let held: Vec<usize> = (0..count).filter(|at| !is_padding(ids[*at])).collect();
    let asked: Vec<ZoneId> = held.iter().map(|at| ZoneId(ids[*at])).collect();
    let mut found = vec![NO_ZONE; asked.len()];
    grid.zones_of_ids(level, &asked, &mut found)?;
    let mut zones = vec![NO_ZONE; count];
    held.into_iter().zip(found).for_each(|(at, zone)| zones[at] = zone);
    Ok(zones)
}

/// Where the zones of the copy are in the source.
pub(super) enum Order {
    /// At the same positions.
    Same(Zones),
    /// Each by its zone: both sides can tell the zone of a position, and the position of a zone.
    Told {
        /// In the copy.
        copy: Zones,
        /// In the source.
        source: Zones,
    },
    /// By a table.
    Table {
        /// Source position for each of the copy.
        source: Vec<u64>,
        /// Zone for each position of the copy.
        zones: Vec<Zone>,
        /// Number of positions in the source.
        source_len: u64,
    },
}

impl Order {
    /// Number of positions in the copy.
    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Same(zones) => zones.len(),
            Self::Told { copy, .. } => copy.len(),
            Self::Table { zones, .. } => zones.len() as u64,
        }
    }

    /// Number of positions in the source.
    pub(super) fn source_len(&self) -> u64 {
        match self {
            Self::Same(zones) => zones.len(),
            Self::Told { source, .. } => source.len(),
            Self::Table { source_len, .. } => *source_len,
        }
    }

    /// The zones at positions of the copy.
    pub(super) fn zones(&self, call: &Arc<Call>, positions: Range<u64>) -> Result<Vec<Zone>> {
        match self {
            Self::Same(zones) => zones.at(call, positions),
            Self::Told { copy, .. } => copy.at(call, positions),
            Self::Table { zones, .. } => Ok(zones[positions.start as usize..positions.end as usize].to_vec()),
        }
    }

    /// The source positions of positions of the copy, [`NOWHERE`] at padding.
    pub(super) fn source_positions(&self, call: &Arc<Call>, positions: Range<u64>) -> Result<Vec<u64>> {
        match self {
            Self::Same(_) => Ok(positions.collect()),
            Self::Told { copy, source } => source.positions(&copy.at(call, positions)?),
            Self::Table { source, .. } => Ok(source[positions.start as usize..positions.end as usize].to_vec()),
        }
    }

    /// A list in the order of the ids of `grid`; whether it is the whole globe. A list that is in that order already stays as
    /// it is and costs no memory.
    ///
    /// # Errors
    /// Ids that cannot be read, or stand twice; a table that needs more memory than `max_memory` bytes.
    pub(super) fn sorted(
        call: &Arc<Call>,
        list: Zones,
        grid: &dyn Grid,
        level: u8,
        max_memory: u64,
    ) -> Result<(Self, bool)> {
        let (len, globe) = (list.len(), grid.zone_count(level));
        let mut last = None;
        let mut ascends = true;
        for batch in batches(len) {
            for id in ids(grid, level, &list.at(call, batch)?)? {
                ascends &= last.is_none_or(|last| last < id);
                last = Some(id);
            }
            if !ascends {
                break;
            }
        }
        if ascends {
            return Ok((Self::Same(list), len == globe));
        }
        let needed = len.saturating_mul(3 * 8);
        if needed > max_memory {
            return Err(Error::new(
                Kind::OutOfMemory,
                format!("sorting {len} zones needs {needed} bytes; give MAX_MEMORY={}MB or more", (needed >> 20) + 1),
            ));
        }
        let mut all: Vec<(u64, u64)> = Vec::with_capacity(len as usize);
        let mut zones = Vec::with_capacity(len as usize);
        for batch in batches(len) {
            let found = list.at(call, batch.clone())?;
            all.extend(ids(grid, level, &found)?.into_iter().zip(batch));
            zones.extend(found);
        }
        all.sort_unstable();
        if let Some(pair) = all.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(Error::invalid(format!(
                "zone {} stands at positions {} and {}: zones that repeat cannot be sorted by their ids",
                pair[0].0, pair[0].1, pair[1].1
            )));
        }
        let source: Vec<u64> = all.into_iter().map(|(_, position)| position).collect();
        let zones: Vec<Zone> = source.iter().map(|position| zones[*position as usize]).collect();
        Ok((Self::Table { source, zones, source_len: len }, len == globe))
    }
}

/// The ids of `zones` in the scheme of `grid`; none of them may be padding.
pub(super) fn ids(grid: &dyn Grid, level: u8, zones: &[Zone]) -> Result<Vec<u64>> {
    if zones.contains(&NO_ZONE) {
        return Err(Error::unsupported(
            "the list of zone ids has gaps (missing ids): select the zones that are there with BBOX, POLYGON or ZONES",
        ));
    }
    let mut ids = vec![ZoneId(0); zones.len()];
    grid.ids(level, zones, &mut ids)?;
    Ok(ids.into_iter().map(|id| id.0).collect())
}

/// `0..len` in pieces.
pub(super) fn batches(len: u64) -> impl Iterator<Item = Range<u64>> {
    (0..len).step_by(BATCH as usize).map(move |start| start..(start + BATCH).min(len))
}

/// The zones of a source axis. `placed` are names and sizes of the zone dimensions in storage order, for an axis of several.
///
/// # Errors
/// An axis that cannot be: no array of ids, sizes that do not fit.
pub(super) fn zones_of(
    axis: &ZoneAxis,
    grid: &Arc<dyn Grid>,
    level: u8,
    ids: Option<&Arc<Array>>,
    sizes: &[(String, u64)],
) -> Result<Zones> {
    if axis.placement != Placement::Line {
        let meaning = sizes
            .iter()
            .map(|(name, _)| {
                let place = axis.dimensions.iter().position(|known| known == name);
                place.ok_or_else(|| Error::corrupt(format!("{name} is no zone dimension")))
            })
            .collect::<Result<_>>()?;
        let sizes = sizes.iter().map(|(_, size)| *size).collect();
        return Ok(Zones::Placed(Placed::new(&axis.spec, level, axis.placement.clone(), sizes, meaning)?));
    }
    match (&axis.id_array, ids) {
        (None, _) => Ok(Zones::Globe(grid.clone(), level)),
        (Some(_), Some(array)) => Ok(Zones::Listed(grid.clone(), level, array.clone())),
        (Some(name), None) => Err(Error::not_found(format!("there is no array '{name}' of zone ids"))),
    }
}
