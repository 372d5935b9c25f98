//! HEALPix: twelve base zones, each cut into 2^level x 2^level zones of equal area.
//!
//! Zones have equal areas on the sphere, and on an ellipsoid too, where latitudes are mapped to the authalic sphere as
//! CF 1.13 and healpix-geo do. Levels 0 to 29. The internal [`Zone`] is the nested index. The eight zones that have a
//! corner at a pole have five boundary points, two of them at the pole; all others have four. A zone's centre is less
//! than a tenth of its side from its centroid of area (`tests/grid_conformance.rs` measures it).
//!
//! - [`projection`]: points to zones, zones to centroids and boundaries; [`latitude`] is what it needs of latitudes;
//! - [`crossings`]: the meridians and parallels of centroids;
//! - [`index`]: the zone id schemes;
//! - [`cover`]: zones of a region;
//! - [`interpolate`]: weights of zones around a point.
//!
//! ```
//! use gdal_dggs::grid::{self, LonLat};
//! let (family, name) = grid::family_of("healpix")?;
//! let grid = family.grid(&family.default_spec(name))?; // nested, on WGS84
//! let berlin = grid.zone_at(10, LonLat { lon_deg: 13.405, lat_deg: 52.52 })?;
//! assert_eq!(grid.zone_text(10, berlin)?, "10/757887");
//! # Ok::<(), gdal_dggs::error::Error>(())
//! ```

mod cover;
mod crossings;
mod index;
mod interpolate;
pub(crate) mod latitude;
mod projection;

use std::f64::consts::PI;
use std::ops::Range;
use std::sync::Arc;

use index::{Scheme, zone_count};
use latitude::Latitude;
use projection::MAX_LEVEL;

use super::arguments::{Levels, check_lengths, check_segments, level_and_id_or, levels_below};
use super::{
    Containment, Crossings, Family, Grid, GridSpec, Interpolation, LonLat, Region, Surface, Zone, ZoneId, ZoneSet,
};
use crate::error::{Error, Result};

/// The family of HEALPix; one DGGRS, `HEALPix`.
pub static FAMILY: Healpix = Healpix;

/// See [`FAMILY`].
#[derive(Debug)]
pub struct Healpix;

impl Family for Healpix {
    fn dggrs_names(&self) -> &'static [&'static str] {
        &["HEALPix"]
    }

    fn indexing_schemes(&self, _dggrs: &str) -> &'static [&'static str] {
        index::NAMES
    }

    fn default_spec(&self, dggrs: &'static str) -> GridSpec {
        GridSpec { dggrs, surface: Surface::wgs84(), orientation: None, indexing: index::NAMES[0] }
    }

    fn grid(&self, spec: &GridSpec) -> Result<Arc<dyn Grid>> {
        if !self.dggrs_names().contains(&spec.dggrs) {
            return Err(Error::invalid(format!("'{}' is not HEALPix", spec.dggrs)));
        }
        if spec.orientation.is_some() {
            return Err(Error::unsupported("HEALPix cannot be turned: leave the orientation out"));
        }
        let scheme = Scheme::named(spec.indexing).ok_or_else(|| {
            let known = index::NAMES.join(", ");
            Error::invalid(format!("HEALPix has no indexing scheme '{}'; it has {known}", spec.indexing))
        })?;
        let (radius_m, flattening) = spec.surface.size_and_flattening()?;
        let latitude = Latitude::new(flattening);
        let authalic_radius_m = latitude.authalic().radius(radius_m);
        Ok(Arc::new(HealpixGrid {
            spec: GridSpec { indexing: scheme.name(), ..spec.clone() },
            scheme,
            latitude,
            area_m2: 4.0 * PI * authalic_radius_m * authalic_radius_m,
        }))
    }
}

struct HealpixGrid {
    spec: GridSpec,
    scheme: Scheme,
    latitude: Latitude,
    /// Of the whole surface.
    area_m2: f64,
}

const LEVELS: Levels = Levels { dggrs: "HEALPix", finest: MAX_LEVEL, number: "nested index", zone_count };

impl Grid for HealpixGrid {
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
        LEVELS.check(level)?;
        check_lengths(points.len(), zones.len())?;
        projection::zones_at(&self.latitude, level, points, zones)
    }

    fn centroids(&self, level: u8, zones: &[Zone], centroids: &mut [LonLat]) -> Result<()> {
        LEVELS.check_zones(level, zones)?;
        check_lengths(zones.len(), centroids.len())?;
        projection::centroids(&self.latitude, level, zones, centroids);
        Ok(())
    }

    fn crossings(&self, level: u8, zones: &[Zone], crossings: &mut Crossings) -> Result<()> {
        LEVELS.check_zones(level, zones)?;
        crossings::crossings(self, level, zones, crossings)
    }

    fn boundary(&self, level: u8, zone: Zone, segments: u32) -> Result<Vec<LonLat>> {
        LEVELS.check_zones(level, &[zone])?;
        check_segments(segments)?;
        Ok(projection::boundary(&self.latitude, level, zone, segments))
    }

    fn boundaries(
        &self,
        level: u8,
        zones: &[Zone],
        segments: u32,
        places: &mut Vec<LonLat>,
        ends: &mut Vec<usize>,
    ) -> Result<()> {
        LEVELS.check_zones(level, zones)?;
        check_segments(segments)?;
        projection::boundaries(&self.latitude, level, zones, segments, places, ends);
        Ok(())
    }

    fn area_m2(&self, level: u8, zone: Zone) -> Result<f64> {
        LEVELS.check_zones(level, &[zone])?;
        Ok(self.area_m2 / zone_count(level) as f64)
    }

    fn parents(&self, level: u8, zone: Zone) -> Result<Vec<Zone>> {
        LEVELS.check_zones(level, &[zone])?;
        Ok(if level == 0 { vec![] } else { vec![Zone(zone.0 >> 2)] })
    }

    fn children(&self, level: u8, zone: Zone) -> Result<Vec<Zone>> {
        LEVELS.check_zones(level, &[zone])?;
        Ok(if level == MAX_LEVEL { vec![] } else { (0..4).map(|child| Zone(4 * zone.0 + child)).collect() })
    }

    fn children_tile_parent(&self) -> bool {
        true
    }

    fn neighbours(&self, level: u8, zone: Zone) -> Result<Vec<Zone>> {
        LEVELS.check_zones(level, &[zone])?;
        let mut found = cdshealpix::nested::neighbours(level, zone.0, false).values_vec();
        found.sort_unstable();
        found.dedup();
        Ok(found.into_iter().map(Zone).collect())
    }

    fn max_neighbours(&self) -> usize {
        8
    }

    fn max_children(&self) -> usize {
        4
    }

    fn max_vertices(&self) -> usize {
        5
    }

    fn sub_zones(&self, level: u8, zone: Zone, sub_level: u8) -> Result<ZoneSet> {
        LEVELS.check_zones(level, &[zone])?;
        LEVELS.check(sub_level)?;
        let deeper = levels_below(level, sub_level)?;
        let first = zone.0 << (2 * deeper);
        Ok(ZoneSet::from(first..first + (1 << (2 * deeper))))
    }

    fn all_zones(&self, level: u8) -> Result<ZoneSet> {
        LEVELS.check(level)?;
        Ok(ZoneSet::from(0..zone_count(level)))
    }

    fn zones_in(&self, level: u8, region: &Region, containment: Containment) -> Result<ZoneSet> {
        LEVELS.check(level)?;
        cover::zones_in(&self.latitude, level, region, containment)
    }

    fn ids(&self, level: u8, zones: &[Zone], ids: &mut [ZoneId]) -> Result<()> {
        LEVELS.check_zones(level, zones)?;
        check_lengths(zones.len(), ids.len())?;
        self.scheme.ids(level, zones, ids);
        Ok(())
    }

    fn zones_of_ids(&self, level: u8, ids: &[ZoneId], zones: &mut [Zone]) -> Result<()> {
        LEVELS.check(level)?;
        check_lengths(ids.len(), zones.len())?;
        self.scheme.zones(level, ids, zones)
    }

    fn zones_of_positions(&self, level: u8, positions: Range<u64>, zones: &mut [Zone]) -> Result<()> {
        LEVELS.check_positions(level, &positions, zones)?;
        let layer = cdshealpix::nested::get(level);
        let of_position = |position| if self.scheme == Scheme::Ring { layer.from_ring(position) } else { position };
        for (position, zone) in positions.zip(zones) {
            *zone = Zone(of_position(position));
        }
        Ok(())
    }

    fn positions(&self, level: u8, zones: &[Zone], positions: &mut [u64]) -> Result<()> {
        LEVELS.check_zones(level, zones)?;
        check_lengths(zones.len(), positions.len())?;
        let layer = cdshealpix::nested::get(level);
        for (zone, position) in zones.iter().zip(positions) {
            *position = if self.scheme == Scheme::Ring { layer.to_ring(zone.0) } else { zone.0 };
        }
        Ok(())
    }

    fn interpolation(&self, level: u8, points: &[LonLat], found: &mut [Interpolation]) -> Result<()> {
        LEVELS.check(level)?;
        check_lengths(points.len(), found.len())?;
        interpolate::interpolation(&self.latitude, level, points, found)
    }

    fn ids_follow_zone_order(&self) -> bool {
        self.scheme != Scheme::Ring
    }

    fn zone_text(&self, level: u8, zone: Zone) -> Result<String> {
        let mut id = [ZoneId(0)];
        self.ids(level, &[zone], &mut id)?;
        Ok(if self.scheme.carries_level() { id[0].0.to_string() } else { format!("{level}/{}", id[0].0) })
    }

    fn parse_zone(&self, text: &str, level: Option<u8>) -> Result<(u8, Zone)> {
        let name = self.scheme.name();
        let not_a_zone = || Error::invalid(format!("'{text}' is no HEALPix zone of scheme {name}"));
        let number = |text: &str| text.trim().parse::<u64>().map_err(|_| not_a_zone());
        if self.scheme.carries_level() {
            return self.scheme.level_and_zone(ZoneId(number(text)?)).ok_or_else(not_a_zone);
        }
        let (level, id) = level_and_id_or(text, level)?;
        let (level, id) = (level.ok_or_else(not_a_zone)?, number(id)?);
        let mut zone = [Zone(0)];
        self.zones_of_ids(level, &[ZoneId(id)], &mut zone)?;
        Ok((level, zone[0]))
    }
}
