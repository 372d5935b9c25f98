//! The four ways to number HEALPix zones: `nested`, `ring`, `nuniq` and `zuniq` (CF conventions 1.13).

use cdshealpix::nested;

use super::projection::MAX_LEVEL;
use crate::error::{Error, Result};
use crate::grid::{Zone, ZoneId};

/// A zone id scheme. [`Zone`] is the nested index, whatever the scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// Base zone, then two bits a level: all descendants of a zone follow each other.
    Nested,
    /// Along parallels from north to south, each from longitude 0 eastwards.
    Ring,
    /// Nested index + 4^(1 + level).
    Nuniq,
    /// (2 nested index + 1) 4^(29 - level): sorted, a zone lies in the middle of its descendants.
    Zuniq,
}

/// Canonical spellings, the default first; in the order of [`Scheme`].
pub(crate) const NAMES: &[&str] = &["nested", "ring", "nuniq", "zuniq"];

const ALL: [Scheme; 4] = [Scheme::Nested, Scheme::Ring, Scheme::Nuniq, Scheme::Zuniq];

/// Number of zones at a level.
pub(crate) const fn zone_count(level: u8) -> u64 {
    12 << (2 * level)
}

impl Scheme {
    /// The scheme of this name, in any case.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let position = NAMES.iter().position(|known| known.eq_ignore_ascii_case(name))?;
        Some(ALL[position])
    }

    /// Its canonical spelling.
    pub(crate) fn name(self) -> &'static str {
        NAMES[self as usize]
    }

    /// True when an id says its level.
    pub(crate) fn carries_level(self) -> bool {
        matches!(self, Self::Nuniq | Self::Zuniq)
    }

    /// The ids of valid zones.
    pub(crate) fn ids(self, level: u8, zones: &[Zone], ids: &mut [ZoneId]) {
        match self {
            Self::Nested => each(zones, ids, |zone| ZoneId(zone.0)),
            Self::Ring => {
                let layer = nested::get(level);
                each(zones, ids, |zone| ZoneId(layer.to_ring(zone.0)));
            }
            Self::Nuniq => each(zones, ids, |zone| ZoneId(zone.0 + (4 << (2 * level)))),
            Self::Zuniq => each(zones, ids, |zone| ZoneId((2 * zone.0 + 1) << (2 * (MAX_LEVEL - level)))),
        }
    }

    /// The zones of `ids`, all of `level`.
    pub(crate) fn zones(self, level: u8, ids: &[ZoneId], zones: &mut [Zone]) -> Result<()> {
        let count = zone_count(level);
        let layer = nested::get(level);
        for (id, zone) in ids.iter().zip(zones) {
            let found = match self {
                Self::Nested if id.0 < count => Some(id.0),
                Self::Ring if id.0 < count => Some(layer.from_ring(id.0)),
                Self::Nested | Self::Ring => None,
                Self::Nuniq | Self::Zuniq => match self.level_and_zone(*id) {
                    Some((own, zone)) if own == level => Some(zone.0),
                    _ => None,
                },
            };
            *zone = Zone(found.ok_or_else(|| self.no_zone(*id, level))?);
        }
        Ok(())
    }

    /// Level and zone of an id that carries its level; none for an id of no zone, or in the other schemes.
    pub(crate) fn level_and_zone(self, id: ZoneId) -> Option<(u8, Zone)> {
        match self {
            Self::Nested | Self::Ring => None,
            Self::Nuniq => {
                let level = (id.0.checked_ilog2()? / 2).checked_sub(1)? as u8;
                (level <= MAX_LEVEL).then(|| (level, Zone(id.0 - (4 << (2 * level)))))
            }
            Self::Zuniq => {
                let zeros = if id.0 == 0 { return None } else { id.0.trailing_zeros() };
                let level = MAX_LEVEL.checked_sub((zeros / 2) as u8)?;
                let zone = id.0 >> (zeros + 1);
                (zeros % 2 == 0 && zone < zone_count(level)).then_some((level, Zone(zone)))
            }
        }
    }

    fn no_zone(self, id: ZoneId, level: u8) -> Error {
        let ZoneId(id) = id;
        let name = self.name();
        match self.level_and_zone(ZoneId(id)) {
            Some((own, _)) => Error::invalid(format!("{name} id {id} is a zone of level {own}, not of level {level}")),
            None if self.carries_level() => Error::invalid(format!("{id} is no HEALPix zone id of scheme {name}")),
            None => {
                let last = zone_count(level) - 1;
                Error::invalid(format!("{name} id {id} is beyond the last zone of HEALPix level {level}, {last}"))
            }
        }
    }
}

fn each<A: Copy, B>(from: &[A], to: &mut [B], f: impl Fn(A) -> B) {
    for (a, b) in from.iter().zip(to) {
        *b = f(*a);
    }
}
