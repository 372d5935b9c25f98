//! rHEALPix: the six faces of a cube, each zone cut into nine of equal area.
//!
//! N_side 3, both polar squares at face O (north_square = south_square = 0), turned by one longitude (`LON_0`: 0 in
//! rhealpixdggs, 50 in DGGAL). Zones have equal areas on the sphere, and on an ellipsoid too, where latitudes are mapped
//! to the authalic sphere. Levels 0 to 19 (0.63 cm2 on the Earth).
//!
//! Four shapes: quads bounded by meridians and parallels around the equator; towards a pole skew quads, on the
//! meridians between quadrants darts, whose two outer sides lie on one parallel, and over the pole itself a cap bounded
//! by one parallel. All have four vertices.
//!
//! One indexing scheme, `SUID`. Its text is the face's letter and a digit a level (`Q4356`), as rhealpixdggs and DGGAL
//! write it. Its integer is the zone's rank in its level, written in base 10: 9^level times the face's number (N 0, O 1,
//! ... S 5) plus the digits read in base 9. It does not carry the level; `4/22893` is `Q4356` too. It is also the
//! internal [`Zone`], and the position on a global axis.
//!
//! - [`address`]: numbers, texts, squares on faces; [`projection`]: points to squares and back;
//! - [`neighbours`]: the map folded into a cube; [`cover`]: zones of a region.
//!
//! ```
//! use gdal_dggs::grid::{self, LonLat};
//! let (family, name) = grid::family_of("rhealpix")?;
//! let grid = family.grid(&family.default_spec(name))?; // LON_0 0, on WGS84
//! let berlin = grid.zone_at(7, LonLat { lon_deg: 13.405, lat_deg: 52.52 })?;
//! assert_eq!(grid.zone_text(7, berlin)?, "N2088557");
//! # Ok::<(), gdal_dggs::error::Error>(())
//! ```

mod address;
mod cover;
mod mesh;
mod neighbours;
mod projection;

use std::f64::consts::PI;
use std::ops::Range;
use std::sync::Arc;

use address::{MAX_LEVEL, face_count, zone_count};
use projection::Projection;

use super::arguments::{Levels, check_lengths, check_position_count, check_segments, level_and_id, levels_below};
use super::healpix::latitude::Latitude;
use super::interpolate::barycentric;
use super::{
    Containment, Family, Grid, GridSpec, Interpolation, LonLat, Mesh, Orientation, Region, Surface, Zone, ZoneId,
    ZoneSet,
};
use crate::error::{Error, Result};

/// The family of rHEALPix; one DGGRS, `rHEALPix`.
pub static FAMILY: Rhealpix = Rhealpix;

/// See [`FAMILY`].
#[derive(Debug)]
pub struct Rhealpix;

const NAMES: &[&str] = &["rHEALPix"];
const SCHEMES: &[&str] = &["SUID"];

impl Family for Rhealpix {
    fn dggrs_names(&self) -> &'static [&'static str] {
        NAMES
    }

    fn indexing_schemes(&self, _dggrs: &str) -> &'static [&'static str] {
        SCHEMES
    }

    fn default_spec(&self, dggrs: &'static str) -> GridSpec {
        let orientation = Some(Orientation { lon_0_deg: 0.0, lat_0_deg: 0.0, azimuth_deg: 0.0 });
        GridSpec { dggrs, surface: Surface::wgs84(), orientation, indexing: SCHEMES[0] }
    }

    fn grid(&self, spec: &GridSpec) -> Result<Arc<dyn Grid>> {
        if !NAMES.contains(&spec.dggrs) {
            return Err(Error::invalid(format!("'{}' is not rHEALPix", spec.dggrs)));
        }
        if !spec.indexing.eq_ignore_ascii_case(SCHEMES[0]) {
            let message = format!("rHEALPix has no indexing scheme '{}'; it has {}", spec.indexing, SCHEMES[0]);
            return Err(Error::invalid(message));
        }
        let (radius_m, flattening) = spec.surface.size_and_flattening()?;
        let latitude = Latitude::new(flattening);
        let authalic_radius_m = latitude.authalic().radius(radius_m);
        Ok(Arc::new(RhealpixGrid {
            spec: GridSpec { indexing: SCHEMES[0], ..spec.clone() },
            projection: Projection { latitude, lon_0_deg: central_meridian(spec.orientation)? },
            area_m2: 4.0 * PI * authalic_radius_m * authalic_radius_m,
        }))
    }
}

/// The longitude that the grid is turned by, in [-360, 360].
fn central_meridian(orientation: Option<Orientation>) -> Result<f64> {
    let Some(Orientation { lon_0_deg, lat_0_deg, azimuth_deg }) = orientation else {
        return Err(Error::invalid("rHEALPix needs LON_0: 0 in rhealpixdggs, 50 in DGGAL"));
    };
    if lat_0_deg != 0.0 || azimuth_deg != 0.0 {
        return Err(Error::unsupported("rHEALPix can be turned by LON_0 only; LAT_0 and AZIMUTH are 0"));
    }
    if !lon_0_deg.is_finite() || lon_0_deg.abs() > 360.0 {
        return Err(Error::invalid(format!("LON_0 {lon_0_deg} is outside [-360, 360]")));
    }
    Ok(lon_0_deg)
}

struct RhealpixGrid {
    spec: GridSpec,
    projection: Projection,
    /// Of the whole surface.
    area_m2: f64,
}

const LEVELS: Levels = Levels { dggrs: "rHEALPix", finest: MAX_LEVEL, number: "SUID rank", zone_count };

impl Grid for RhealpixGrid {
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
        self.projection.zones_at(level, points, zones)
    }

    fn centroids(&self, level: u8, zones: &[Zone], centroids: &mut [LonLat]) -> Result<()> {
        LEVELS.check_zones(level, zones)?;
        check_lengths(zones.len(), centroids.len())?;
        for (zone, centroid) in zones.iter().zip(centroids) {
            *centroid = self.projection.centroid(level, *zone);
        }
        Ok(())
    }

    fn boundary(&self, level: u8, zone: Zone, segments: u32) -> Result<Vec<LonLat>> {
        LEVELS.check_zones(level, &[zone])?;
        check_segments(segments)?;
        Ok(self.projection.boundary(level, zone, segments))
    }

    fn mesh(&self, level: u8, zones: &[Zone], mesh: &mut Mesh) -> Result<()> {
        LEVELS.check_zones(level, zones)?;
        mesh::of_zones(self, level, zones, mesh)
    }

    fn area_m2(&self, level: u8, zone: Zone) -> Result<f64> {
        LEVELS.check_zones(level, &[zone])?;
        Ok(self.area_m2 / zone_count(level) as f64)
    }

    fn parents(&self, level: u8, zone: Zone) -> Result<Vec<Zone>> {
        LEVELS.check_zones(level, &[zone])?;
        Ok(if level == 0 { vec![] } else { vec![Zone(zone.0 / 9)] })
    }

    fn children(&self, level: u8, zone: Zone) -> Result<Vec<Zone>> {
        LEVELS.check_zones(level, &[zone])?;
        Ok(if level == MAX_LEVEL { vec![] } else { (0..9).map(|child| Zone(9 * zone.0 + child)).collect() })
    }

    fn children_tile_parent(&self) -> bool {
        true
    }

    fn neighbours(&self, level: u8, zone: Zone) -> Result<Vec<Zone>> {
        LEVELS.check_zones(level, &[zone])?;
        let squares = neighbours::around(address::part(level, zone), address::side(level));
        let mut found: Vec<_> = squares.into_iter().map(|square| address::join(level, square)).collect();
        found.sort_unstable();
        Ok(found)
    }

    fn max_neighbours(&self) -> usize {
        8
    }

    fn max_children(&self) -> usize {
        9
    }

    fn max_vertices(&self) -> usize {
        4
    }

    fn sub_zones(&self, level: u8, zone: Zone, sub_level: u8) -> Result<ZoneSet> {
        LEVELS.check_zones(level, &[zone])?;
        LEVELS.check(sub_level)?;
        let each = face_count(levels_below(level, sub_level)?);
        Ok(ZoneSet::from(zone.0 * each..(zone.0 + 1) * each))
    }

    fn all_zones(&self, level: u8) -> Result<ZoneSet> {
        LEVELS.check(level)?;
        Ok(ZoneSet::from(0..zone_count(level)))
    }

    fn zones_in(&self, level: u8, region: &Region, containment: Containment) -> Result<ZoneSet> {
        LEVELS.check(level)?;
        cover::zones_in(&self.projection, level, region, containment)
    }

    fn ids(&self, level: u8, zones: &[Zone], ids: &mut [ZoneId]) -> Result<()> {
        LEVELS.check_zones(level, zones)?;
        check_lengths(zones.len(), ids.len())?;
        for (zone, id) in zones.iter().zip(ids) {
            *id = ZoneId(zone.0);
        }
        Ok(())
    }

    fn zones_of_ids(&self, level: u8, ids: &[ZoneId], zones: &mut [Zone]) -> Result<()> {
        LEVELS.check(level)?;
        check_lengths(ids.len(), zones.len())?;
        for (id, zone) in ids.iter().zip(&mut *zones) {
            *zone = Zone(id.0);
        }
        LEVELS.check_zones(level, zones)
    }

    fn zones_of_positions(&self, level: u8, positions: Range<u64>, zones: &mut [Zone]) -> Result<()> {
        LEVELS.check(level)?;
        check_position_count(&positions, zones)?;
        for (position, zone) in positions.zip(&mut *zones) {
            *zone = Zone(position);
        }
        LEVELS.check_zones(level, zones)
    }

    fn positions(&self, level: u8, zones: &[Zone], positions: &mut [u64]) -> Result<()> {
        LEVELS.check_zones(level, zones)?;
        check_lengths(zones.len(), positions.len())?;
        for (zone, position) in zones.iter().zip(positions) {
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
        LEVELS.check_zones(level, &[zone])?;
        Ok(address::text(level, zone))
    }

    fn parse_zone(&self, text: &str, level: Option<u8>) -> Result<(u8, Zone)> {
        let text = text.trim();
        if let Some(found) = address::parse(text) {
            return Ok(found);
        }
        let not_a_zone = || {
            Error::invalid(format!("'{text}' is no rHEALPix zone; write a face N to S and digits 0 to 8, as in Q4356"))
        };
        let number = |rank: &str| rank.parse::<u64>().map_err(|_| not_a_zone());
        let (level, rank) = match level_and_id(text) {
            Some((level, rank)) => (level.ok_or_else(not_a_zone)?, number(rank.trim())?),
            None => {
                let rank = number(text)?;
                let level = level.ok_or_else(|| {
                    Error::invalid(format!("rank '{rank}' has no level; write level/rank, as in 4/22893, or Q4356"))
                })?;
                (level, rank)
            }
        };
        let zone = Zone(rank);
        LEVELS.check_zones(level, &[zone])?;
        Ok((level, zone))
    }
}
