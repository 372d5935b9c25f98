//! H3: hexagons and twelve pentagons on an icosahedron, each with seven (six) children.
//!
//! The mathematics is h3o's, equal to the C library; points become zones in [`project`], faster and with equal results. Latitudes are used as they are, on H3's sphere of WGS84's authalic
//! radius; nothing else is H3. Levels 0 to 15. Zones are *not* of equal area: hexagons of one level differ by a factor
//! of almost two. Children do not tile their parent: they cover about the same ground, with a ragged edge.
//!
//! One indexing scheme, `H3`: the 64-bit index, as text in lower-case hexadecimal (`831f1dfffffffff`); it carries its
//! level. The internal [`Zone`] is the rank of the index among all of its level: without gaps, in the same order, so
//! that ranges are exact, all descendants of a zone follow each other, and the rank is the position on a global axis.
//!
//! Edges of zones are great-circle arcs. Where a zone of an odd level lies across an edge of the icosahedron its boundary
//! has a vertex there too (H3's *distortion vertices*), so that every arc lies on one face, where it is a straight line
//! of the gnomonic projection.
//!
//! - [`project`]: points to zones; [`rank`]: indexes and ranks; [`cover`]: zones of a region; [`sphere`]: arcs.
//!
//! ```
//! use gdal_dggs::grid::{self, LonLat};
//! let (family, name) = grid::family_of("h3")?;
//! let grid = family.grid(&family.default_spec(name))?;
//! let berlin = grid.zone_at(9, LonLat { lon_deg: 13.405, lat_deg: 52.52 })?;
//! assert_eq!(grid.zone_text(9, berlin)?, "891f1d48947ffff");
//! # Ok::<(), gdal_dggs::error::Error>(())
//! ```

mod cover;
mod project;
mod rank;
mod sphere;

use std::ops::Range;
use std::sync::Arc;

use h3o::{CellIndex, LatLng, Resolution};
use rank::{MAX_LEVEL, cell_of_zone, hexagon_size, pentagon_size, zone_count, zone_of_cell};

use super::arguments::{Levels, check_lengths, check_segments, level_and_id, levels_below};
use super::interpolate::barycentric;
use super::longitude::{nearest_turn, wrapped};
use super::{Containment, Family, Grid, GridSpec, Interpolation, LonLat, Region, Surface, Zone, ZoneId, ZoneSet};
use crate::error::{Error, Result};

/// The family of H3; one DGGRS, `H3`.
pub static FAMILY: H3 = H3;

/// See [`FAMILY`].
#[derive(Debug)]
pub struct H3;

const NAMES: &[&str] = &["H3"];
const SCHEMES: &[&str] = &["H3"];

/// Radius of H3's sphere: the authalic radius of WGS84 (H3's `EARTH_RADIUS_KM`).
pub const RADIUS_M: f64 = 6_371_007.180_918_475;

impl Family for H3 {
    fn dggrs_names(&self) -> &'static [&'static str] {
        NAMES
    }

    fn indexing_schemes(&self, _dggrs: &str) -> &'static [&'static str] {
        SCHEMES
    }

    fn default_spec(&self, dggrs: &'static str) -> GridSpec {
        let surface = Surface::Sphere { radius_m: RADIUS_M };
        GridSpec { dggrs, surface, orientation: None, indexing: SCHEMES[0] }
    }

    fn grid(&self, spec: &GridSpec) -> Result<Arc<dyn Grid>> {
        if !NAMES.contains(&spec.dggrs) {
            return Err(Error::invalid(format!("'{}' is not H3", spec.dggrs)));
        }
        if !spec.indexing.eq_ignore_ascii_case(SCHEMES[0]) {
            let message = format!("H3 has no indexing scheme '{}'; it has {}", spec.indexing, SCHEMES[0]);
            return Err(Error::invalid(message));
        }
        if spec.orientation.is_some() {
            return Err(Error::unsupported("H3 cannot be turned: leave the orientation out"));
        }
        match spec.surface {
            // Within a centimetre: sources round it.
            Surface::Sphere { radius_m } if (radius_m - RADIUS_M).abs() < 0.01 => {}
            _ => {
                let message = format!("H3 uses latitudes as they are, on a sphere of {RADIUS_M} m: no other surface");
                return Err(Error::unsupported(message));
            }
        }
        Ok(Arc::new(H3Grid { spec: GridSpec { indexing: SCHEMES[0], ..spec.clone() } }))
    }
}

struct H3Grid {
    spec: GridSpec,
}

const LEVELS: Levels = Levels { dggrs: "H3", finest: MAX_LEVEL, number: "rank", zone_count };

fn resolution(level: u8) -> Result<Resolution> {
    LEVELS.check(level)?;
    Resolution::try_from(level).map_err(|error| Error::invalid(error.to_string()))
}

fn cell(level: u8, zone: Zone) -> Result<CellIndex> {
    LEVELS.check(level)?;
    cell_of_zone(level, zone).ok_or_else(|| LEVELS.beyond(level, zone.0))
}

/// The ranks at `resolution` (not coarser than `cell`) of all descendants of `cell`.
fn descendants(cell: CellIndex, resolution: Resolution) -> Range<u64> {
    let deeper = u8::from(resolution).saturating_sub(u8::from(cell.resolution()));
    let first = cell.center_child(resolution).map_or(0, |child| zone_of_cell(child).0);
    first..first + if cell.is_pentagon() { pentagon_size(deeper) } else { hexagon_size(deeper) }
}

fn lon_lat(point: LatLng) -> LonLat {
    LonLat { lon_deg: wrapped(point.lng()), lat_deg: point.lat() }
}

impl Grid for H3Grid {
    fn spec(&self) -> &GridSpec {
        &self.spec
    }

    fn max_level(&self) -> u8 {
        MAX_LEVEL
    }

    fn zone_count(&self, level: u8) -> u64 {
        zone_count(level.min(MAX_LEVEL))
    }

    fn zones_at(&self, level: u8, points: &[LonLat], zones: &mut [Zone]) -> Result<()> {
        let resolution = resolution(level)?;
        check_lengths(points.len(), zones.len())?;
        for (point, zone) in points.iter().zip(zones) {
            let LonLat { lon_deg, lat_deg } = *point;
            let within_a_turn_deg = if lon_deg.abs() <= 360.0 { lon_deg } else { lon_deg % 360.0 };
            let found = LatLng::new(lat_deg, within_a_turn_deg).ok().filter(|_| lat_deg.abs() <= 90.0);
            *zone = project::zone_at(
                resolution,
                found.ok_or_else(|| {
                    Error::invalid(format!("point ({lon_deg}, {lat_deg}) is no longitude, latitude in [-90, 90]"))
                })?,
            );
        }
        Ok(())
    }

    fn centroids(&self, level: u8, zones: &[Zone], centroids: &mut [LonLat]) -> Result<()> {
        LEVELS.check(level)?;
        check_lengths(zones.len(), centroids.len())?;
        for (zone, centroid) in zones.iter().zip(centroids) {
            *centroid = lon_lat(LatLng::from(cell(level, *zone)?));
        }
        Ok(())
    }

    fn boundary(&self, level: u8, zone: Zone, segments: u32) -> Result<Vec<LonLat>> {
        let cell = cell(level, zone)?;
        check_segments(segments)?;
        let corners = cell.boundary();
        let mut ring: Vec<LonLat> = Vec::with_capacity(corners.len() * segments as usize);
        let mut before_deg = lon_lat(LatLng::from(cell)).lon_deg;
        for (from, to) in corners.iter().zip(corners.iter().cycle().skip(1)) {
            let arc = sphere::Arc::new(sphere::unit_of(*from), sphere::unit_of(*to));
            for step in 0..segments {
                let mut point = match step {
                    0 => lon_lat(*from),
                    _ => sphere::lon_lat_of(arc.at(f64::from(step) / f64::from(segments))),
                };
                point.lon_deg = nearest_turn(point.lon_deg, before_deg);
                before_deg = point.lon_deg;
                ring.push(point);
            }
        }
        Ok(ring)
    }

    fn area_m2(&self, level: u8, zone: Zone) -> Result<f64> {
        Ok(cell(level, zone)?.area_rads2() * RADIUS_M * RADIUS_M)
    }

    fn parents(&self, level: u8, zone: Zone) -> Result<Vec<Zone>> {
        let cell = cell(level, zone)?;
        let coarser = cell.resolution().pred();
        Ok(coarser.and_then(|coarser| cell.parent(coarser)).map(zone_of_cell).into_iter().collect())
    }

    fn children(&self, level: u8, zone: Zone) -> Result<Vec<Zone>> {
        let cell = cell(level, zone)?;
        Ok(cell.resolution().succ().map_or_else(Vec::new, |finer| descendants(cell, finer).map(Zone).collect()))
    }

    fn children_tile_parent(&self) -> bool {
        false
    }

    fn neighbours(&self, level: u8, zone: Zone) -> Result<Vec<Zone>> {
        let cell = cell(level, zone)?;
        let mut found: Vec<_> = cell.grid_disk_safe(1).filter(|&other| other != cell).map(zone_of_cell).collect();
        found.sort_unstable();
        Ok(found)
    }

    fn max_neighbours(&self) -> usize {
        6
    }

    fn max_children(&self) -> usize {
        7
    }

    fn max_vertices(&self) -> usize {
        10
    }

    fn sub_zones(&self, level: u8, zone: Zone, sub_level: u8) -> Result<ZoneSet> {
        let cell = cell(level, zone)?;
        let finer = resolution(sub_level)?;
        levels_below(level, sub_level)?;
        Ok(ZoneSet::from(descendants(cell, finer)))
    }

    fn all_zones(&self, level: u8) -> Result<ZoneSet> {
        LEVELS.check(level)?;
        Ok(ZoneSet::from(0..zone_count(level)))
    }

    fn zones_in(&self, level: u8, region: &Region, containment: Containment) -> Result<ZoneSet> {
        cover::zones_in(resolution(level)?, region, containment)
    }

    fn ids(&self, level: u8, zones: &[Zone], ids: &mut [ZoneId]) -> Result<()> {
        LEVELS.check(level)?;
        check_lengths(zones.len(), ids.len())?;
        for (zone, id) in zones.iter().zip(ids) {
            *id = ZoneId(cell(level, *zone)?.into());
        }
        Ok(())
    }

    fn zones_of_ids(&self, level: u8, ids: &[ZoneId], zones: &mut [Zone]) -> Result<()> {
        LEVELS.check(level)?;
        check_lengths(ids.len(), zones.len())?;
        for (id, zone) in ids.iter().zip(zones) {
            let cell = CellIndex::try_from(id.0)
                .map_err(|error| Error::invalid(format!("{} ({:x}) is no H3 index: {error}", id.0, id.0)))?;
            let own = u8::from(cell.resolution());
            if own != level {
                return Err(Error::invalid(format!("H3 index {cell} is a zone of level {own}, not of level {level}")));
            }
            *zone = zone_of_cell(cell);
        }
        Ok(())
    }

    fn zones_of_positions(&self, level: u8, positions: Range<u64>, zones: &mut [Zone]) -> Result<()> {
        LEVELS.check_positions(level, &positions, zones)?;
        for (position, zone) in positions.zip(zones) {
            *zone = Zone(position);
        }
        Ok(())
    }

    fn positions(&self, level: u8, zones: &[Zone], positions: &mut [u64]) -> Result<()> {
        LEVELS.check(level)?;
        check_lengths(zones.len(), positions.len())?;
        for (zone, position) in zones.iter().zip(positions) {
            cell(level, *zone)?;
            *position = zone.0;
        }
        Ok(())
    }

    fn interpolation(&self, level: u8, points: &[LonLat], found: &mut [Interpolation]) -> Result<()> {
        check_lengths(points.len(), found.len())?;
        barycentric(self, level, points, found)
    }

    fn ids_follow_zone_order(&self) -> bool {
        true
    }

    fn zone_text(&self, level: u8, zone: Zone) -> Result<String> {
        Ok(cell(level, zone)?.to_string())
    }

    /// Hexadecimal (up to 16 digits, in either case, `0x` allowed) or decimal (an H3 index has 18 digits); `level/id`
    /// where the index agrees.
    fn parse_zone(&self, text: &str, _level: Option<u8>) -> Result<(u8, Zone)> {
        let text = text.trim();
        let not_a_zone = || Error::invalid(format!("'{text}' is no H3 index, as in 831f1dfffffffff"));
        let (said, id) = match level_and_id(text) {
            Some((level, id)) => (Some(level.ok_or_else(not_a_zone)?), id.trim()),
            None => (None, text),
        };
        let digits = id.strip_prefix("0x").or_else(|| id.strip_prefix("0X"));
        let index = match digits {
            Some(digits) => u64::from_str_radix(digits, 16),
            None if id.len() <= 16 => u64::from_str_radix(id, 16),
            None => id.parse(),
        };
        let cell = index.ok().and_then(|index| CellIndex::try_from(index).ok()).ok_or_else(not_a_zone)?;
        let level = u8::from(cell.resolution());
        match said {
            Some(said) if said != level => {
                Err(Error::invalid(format!("H3 index {cell} is a zone of level {level}, not of level {said}")))
            }
            _ => Ok((level, zone_of_cell(cell))),
        }
    }
}
