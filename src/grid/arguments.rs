//! What callers hand to a grid, checked before it works: levels, zones, slices, positions, segments, zone texts.

use std::ops::Range;

use super::Zone;
use crate::error::{Error, Result};

/// The levels of a DGGRS, each with its zones, for the families where nothing else decides what they are.
pub(crate) struct Levels {
    /// The DGGRS, as messages name it.
    pub(crate) dggrs: &'static str,
    /// The finest level.
    pub(crate) finest: u8,
    /// What a [`Zone`]'s number is.
    pub(crate) number: &'static str,
    /// Zones on the globe at a level up to the finest.
    pub(crate) zone_count: fn(u8) -> u64,
}

impl Levels {
    /// Refuses a level that the DGGRS does not have.
    pub(crate) fn check(&self, level: u8) -> Result<()> {
        if level > self.finest {
            let Self { dggrs, finest, .. } = self;
            return Err(Error::invalid(format!("{dggrs} has levels 0 to {finest}, not {level}")));
        }
        Ok(())
    }

    /// Refuses zones beyond the last one of a level.
    pub(crate) fn check_zones(&self, level: u8, zones: &[Zone]) -> Result<()> {
        self.check(level)?;
        // Both are below 2^63, so that the sign of the difference tells; without branches the compiler makes vectors of it.
        let last = (self.zone_count)(level) - 1;
        let signs = zones.iter().fold(0, |signs, zone| signs | zone.0 | last.wrapping_sub(zone.0));
        if signs >> 63 != 0 {
            let highest = zones.iter().map(|zone| zone.0).max().unwrap_or(0);
            return Err(self.beyond(level, highest));
        }
        Ok(())
    }

    /// Why a number is none of a zone of a level.
    pub(crate) fn beyond(&self, level: u8, number: u64) -> Error {
        let last = (self.zone_count)(level) - 1;
        Error::invalid(format!(
            "{} {number} is beyond the last zone of {} level {level}, {last}",
            self.number, self.dggrs
        ))
    }

    /// [`check_positions`] on the global axis of a level.
    pub(crate) fn check_positions(&self, level: u8, positions: &Range<u64>, zones: &[Zone]) -> Result<()> {
        self.check(level)?;
        check_positions(self.dggrs, level, (self.zone_count)(level), positions, zones)
    }
}

/// Refuses slices of different lengths.
pub(crate) fn check_lengths(input: usize, output: usize) -> Result<()> {
    if input != output {
        return Err(Error::invalid(format!("{input} inputs for {output} outputs")));
    }
    Ok(())
}

/// Refuses positions beyond the last of a level's `count`, or another number of them than of `zones`.
pub(crate) fn check_positions(
    dggrs: &str,
    level: u8,
    count: u64,
    positions: &Range<u64>,
    zones: &[Zone],
) -> Result<()> {
    check_position_count(positions, zones)?;
    if positions.end > count {
        return Err(Error::invalid(format!("position {} is beyond the end of {dggrs} level {level}", positions.end)));
    }
    Ok(())
}

/// Refuses another number of positions than of `zones`.
pub(crate) fn check_position_count(positions: &Range<u64>, zones: &[Zone]) -> Result<()> {
    check_lengths(positions.end.saturating_sub(positions.start) as usize, zones.len())
}

/// Refuses a boundary of no points.
pub(crate) fn check_segments(segments: u32) -> Result<()> {
    if segments == 0 {
        return Err(Error::invalid("a boundary needs at least one segment an edge"));
    }
    Ok(())
}

/// Number of levels from a zone's to that of its sub-zones.
///
/// # Errors
/// A level of sub-zones that is coarser than the zone's.
pub(crate) fn levels_below(level: u8, sub_level: u8) -> Result<u8> {
    sub_level
        .checked_sub(level)
        .ok_or_else(|| Error::invalid(format!("sub-zones of level {sub_level} of a zone of level {level}")))
}

/// The two halves of a zone's text of the form `level/id`: the level, none where it is no number, and the id; none for
/// a text of another form.
pub(crate) fn level_and_id(text: &str) -> Option<(Option<u8>, &str)> {
    let (level, id) = text.split_once('/')?;
    Some((level.trim().parse().ok(), id))
}

/// The level and the id of `level/id`, or the level that the caller knows and the whole text.
///
/// # Errors
/// Neither gives a level.
pub(crate) fn level_and_id_or(text: &str, level: Option<u8>) -> Result<(Option<u8>, &str)> {
    match (level_and_id(text), level) {
        (Some(found), _) => Ok(found),
        (None, Some(level)) => Ok((Some(level), text)),
        (None, None) => Err(Error::invalid(format!("zone '{text}' has no level; write level/id, as in 5/1234"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_its_own_level_or_the_callers() {
        assert_eq!(level_and_id_or(" 5 / 12", Some(3)).unwrap(), (Some(5), " 12"));
        assert_eq!(level_and_id_or("12", Some(3)).unwrap(), (Some(3), "12"));
        assert_eq!(level_and_id_or("x/12", Some(3)).unwrap(), (None, "12"));
        assert!(level_and_id_or("12", None).unwrap_err().to_string().contains("level/id"));
    }

    #[test]
    fn levels_zones_and_positions_beyond_the_last_are_refused() {
        let levels = Levels { dggrs: "X", finest: 2, number: "rank", zone_count: |level| 10 << level };
        assert!(levels.check(2).is_ok() && levels.check(3).is_err());
        assert!(levels.check_zones(1, &[Zone(19), Zone(0)]).is_ok());
        let error = levels.check_zones(1, &[Zone(20), Zone(0)]).unwrap_err().to_string();
        assert!(error.contains("rank 20 is beyond the last zone of X level 1, 19"), "{error}");
        assert!(levels.check_positions(0, &(8..10), &[Zone(0); 2]).is_ok());
        assert!(levels.check_positions(0, &(9..11), &[Zone(0); 2]).is_err());
        assert!(levels.check_positions(0, &(8..10), &[Zone(0); 3]).is_err());
        assert_eq!(levels_below(3, 5).unwrap(), 2);
        assert!(levels_below(5, 3).is_err());
    }
}
