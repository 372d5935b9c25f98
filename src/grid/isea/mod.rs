//! The icosahedral Snyder equal-area grids: `ISEA3H`, `ISEA4H`, `ISEA7H` (hexagons), `ISEA4T` (triangles), `ISEA4D`
//! (diamonds), and `IGEO7`.
//!
//! An icosahedron stands in the globe with vertex 0 at the orientation's place and vertex 1 in the direction of its
//! azimuth. Its faces are mapped to plane triangles by Snyder's equal-area projection and cut there, so that all zones of
//! a level have the same area (the twelve pentagons of hexagon grids five sixths of it); on an ellipsoid too, where
//! latitudes go through the authalic sphere. On a sphere "latitudes as they are" may be geodetic ones: zones are then
//! equal in area on that sphere only. A boundary is the image of straight lines on the faces.
//!
//! Zones and ids are DGGRID's (checked against DGGRID 9.02 and DGGAL 0.0.5); `IGEO7` is `ISEA7H` on WGS84 with vertex 0 at
//! longitude 11.20 and ids of Z7. What each file holds, from the sphere to the zone:
//!
//! - [`globe`]: longitude and latitude to the icosahedron's frame; [`icosahedron`]: faces and places on ten quads;
//!   [`snyder`]: the projection; [`quad`]: moving over the quads' edges; [`eisenstein`]: their lattice;
//! - [`tiling`]: what a tiling does; [`hexagon`], [`triangle`], [`diamond`]: the three; [`z3`], [`z7`], [`morton`], [`quadtree`]: the order
//!   of their zones; [`address`]: the zone id schemes;
//! - [`ring`]: boundaries; [`select`]: zones of a region.
//!
//! Zones of hexagon grids may have several parents; sub-zones are the zones under a zone by first parents, so that
//! they part the globe. The centroid is the grid's centre, not the area's.
//!
//! ```
//! use gdal_dggs::grid::{self, LonLat};
//! let (family, name) = grid::family_of("igeo7")?;
//! let grid = family.grid(&family.default_spec(name))?;
//! let berlin = grid.zone_at(5, LonLat { lon_deg: 13.405, lat_deg: 52.52 })?;
//! assert_eq!(grid.zone_text(5, berlin)?, "0003463");
//! # Ok::<(), gdal_dggs::error::Error>(())
//! ```

mod address;
mod diamond;
mod eisenstein;
mod globe;
mod hexagon;
mod icosahedron;
mod morton;
mod quad;
mod quadtree;
mod ring;
mod select;
mod snyder;
mod tiling;
mod triangle;
mod z3;
mod z7;

use std::ops::Range;
use std::sync::Arc;

use address::Scheme;
use diamond::Diamonds;
use globe::Globe;
use hexagon::Hexagons;
use tiling::{MAX_SEGMENTS, Tiling};
use triangle::Triangles;

use super::arguments::{check_lengths, check_positions, level_and_id_or, levels_below};
use super::interpolate::barycentric;
use super::{
    Address, Containment, Family, Grid, GridSpec, Interpolation, LonLat, Orientation, Region, Surface, Zone, ZoneId,
    ZoneSet,
};
use crate::error::{Error, Result};

/// The family of the ISEA grids.
pub static FAMILY: Isea = Isea;

/// See [`FAMILY`].
#[derive(Debug)]
pub struct Isea;

/// Latitude of vertex 0 with which two opposite pairs of vertices lie on the equator, as DGGRID rounds it.
const LAT_0_DEG: f64 = 58.282_525_59;

/// Radius of the sphere of WGS84's area, as DGGRID rounds it.
const RADIUS_M: f64 = 6_371_007.180_918_475;

impl Family for Isea {
    fn dggrs_names(&self) -> &'static [&'static str] {
        &["ISEA3H", "ISEA4H", "ISEA7H", "ISEA4T", "ISEA4D", "IGEO7"]
    }

    fn indexing_schemes(&self, dggrs: &str) -> &'static [&'static str] {
        match dggrs {
            "ISEA3H" => address::WITH_Z3,
            "ISEA7H" => address::WITH_Z7,
            "IGEO7" => address::Z7_FIRST,
            _ => address::PLAIN,
        }
    }

    fn default_spec(&self, dggrs: &'static str) -> GridSpec {
        let (surface, lon_0_deg) =
            if dggrs == "IGEO7" { (Surface::wgs84(), 11.2) } else { (Surface::Sphere { radius_m: RADIUS_M }, 11.25) };
        let orientation = Some(Orientation { lon_0_deg, lat_0_deg: LAT_0_DEG, azimuth_deg: 0.0 });
        GridSpec { dggrs, surface, orientation, indexing: self.indexing_schemes(dggrs)[0] }
    }

    fn grid(&self, spec: &GridSpec) -> Result<Arc<dyn Grid>> {
        match spec.dggrs {
            "ISEA3H" => self.grid_of(Hexagons::<3>, spec),
            "ISEA4H" => self.grid_of(Hexagons::<4>, spec),
            "ISEA7H" | "IGEO7" => self.grid_of(Hexagons::<7>, spec),
            "ISEA4T" => self.grid_of(Triangles, spec),
            "ISEA4D" => self.grid_of(Diamonds, spec),
            other => Err(Error::invalid(format!("'{other}' is not one of {}", self.dggrs_names().join(", ")))),
        }
    }
}

impl Isea {
    fn grid_of<T: Tiling>(&self, tiling: T, spec: &GridSpec) -> Result<Arc<dyn Grid>> {
        let known = self.indexing_schemes(spec.dggrs);
        let (scheme, indexing) = Scheme::named(spec.indexing, known).ok_or_else(|| {
            let known = known.join(", ");
            Error::invalid(format!("{} has no indexing scheme '{}'; it has {known}", spec.dggrs, spec.indexing))
        })?;
        let orientation = spec.orientation.as_ref().ok_or_else(|| {
            Error::invalid(format!("{} needs an orientation: the place of vertex 0 and an azimuth", spec.dggrs))
        })?;
        Ok(Arc::new(IseaGrid {
            globe: Globe::new(&spec.surface, orientation)?,
            max_level: scheme.max_level(&tiling),
            tiling,
            scheme,
            spec: GridSpec { indexing, ..spec.clone() },
        }))
    }
}

/// A grid of one tiling.
struct IseaGrid<T: Tiling> {
    spec: GridSpec,
    scheme: Scheme,
    globe: Globe,
    tiling: T,
    max_level: u8,
}

impl<T: Tiling> IseaGrid<T> {
    fn check_level(&self, level: u8) -> Result<()> {
        if level > self.max_level {
            let GridSpec { dggrs, indexing, .. } = &self.spec;
            let message = format!("{dggrs} has levels 0 to {} in scheme {indexing}, not {level}", self.max_level);
            return Err(Error::invalid(message));
        }
        Ok(())
    }

    fn check_addresses(&self, level: u8) -> Result<()> {
        self.check_level(level)?;
        if self.scheme.has_addresses() { Ok(()) } else { Err(super::no_addresses(&self.spec)) }
    }

    fn check_zones(&self, level: u8, zones: &[Zone]) -> Result<()> {
        self.check_level(level)?;
        let count = self.tiling.zone_count(level);
        let highest = zones.iter().map(|zone| zone.0).max().unwrap_or(0);
        if highest >= count {
            let dggrs = self.spec.dggrs;
            return Err(Error::invalid(format!("zone {highest} is beyond the {count} zones of {dggrs} level {level}")));
        }
        Ok(())
    }

    fn of_position(&self, level: u8, position: u64) -> Zone {
        if self.scheme.carries_level() {
            Zone(position)
        } else {
            Zone(self.tiling.number(level, self.tiling.of_sequence(level, position)))
        }
    }
}

fn zones_of(numbers: Vec<u64>) -> Vec<Zone> {
    numbers.into_iter().map(Zone).collect()
}

impl<T: Tiling> Grid for IseaGrid<T> {
    fn spec(&self) -> &GridSpec {
        &self.spec
    }

    fn max_level(&self) -> u8 {
        self.max_level
    }

    fn zone_count(&self, level: u8) -> u64 {
        self.tiling.zone_count(level.min(self.max_level))
    }

    fn zones_at(&self, level: u8, points: &[LonLat], zones: &mut [Zone]) -> Result<()> {
        self.check_level(level)?;
        check_lengths(points.len(), zones.len())?;
        self.globe.each_place(points, |first, places| {
            self.tiling.zones_at(level, places, &mut zones[first..first + places.len()]);
        })
    }

    fn centroids(&self, level: u8, zones: &[Zone], centroids: &mut [LonLat]) -> Result<()> {
        self.check_zones(level, zones)?;
        check_lengths(zones.len(), centroids.len())?;
        for (zone, centroid) in zones.iter().zip(centroids) {
            *centroid = self.globe.lon_lat(self.tiling.centre(level, self.tiling.cell(level, zone.0)));
        }
        Ok(())
    }

    fn boundary(&self, level: u8, zone: Zone, segments: u32) -> Result<Vec<LonLat>> {
        self.check_zones(level, &[zone])?;
        if !(1..=MAX_SEGMENTS).contains(&segments) {
            return Err(Error::invalid(format!("a boundary has 1 to {MAX_SEGMENTS} segments an edge, not {segments}")));
        }
        let cell = self.tiling.cell(level, zone.0);
        let places = self.tiling.ring(level, cell, segments.into());
        let points: Vec<LonLat> = places.into_iter().map(|place| self.globe.lon_lat(place)).collect();
        Ok(ring::unrolled(&points, self.globe.lon_lat(self.tiling.centre(level, cell))))
    }

    fn area_m2(&self, level: u8, zone: Zone) -> Result<f64> {
        self.check_zones(level, &[zone])?;
        Ok(self.globe.area_m2() * self.tiling.share(level, self.tiling.cell(level, zone.0)))
    }

    fn parents(&self, level: u8, zone: Zone) -> Result<Vec<Zone>> {
        self.check_zones(level, &[zone])?;
        Ok(zones_of(self.tiling.parents(level, zone.0)))
    }

    fn children(&self, level: u8, zone: Zone) -> Result<Vec<Zone>> {
        self.check_zones(level, &[zone])?;
        Ok(if level == self.max_level { vec![] } else { zones_of(self.tiling.children(level, zone.0)) })
    }

    fn children_tile_parent(&self) -> bool {
        T::CONGRUENT
    }

    fn neighbours(&self, level: u8, zone: Zone) -> Result<Vec<Zone>> {
        self.check_zones(level, &[zone])?;
        let mut found = zones_of(self.tiling.neighbours(level, zone.0));
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    fn max_neighbours(&self) -> usize {
        T::MAX_NEIGHBOURS
    }

    fn max_children(&self) -> usize {
        T::MAX_CHILDREN
    }

    fn max_vertices(&self) -> usize {
        T::MAX_VERTICES + ring::MAX_ADDED
    }

    fn sub_zones(&self, level: u8, zone: Zone, sub_level: u8) -> Result<ZoneSet> {
        self.check_zones(level, &[zone])?;
        self.check_level(sub_level)?;
        levels_below(level, sub_level)?;
        Ok(ZoneSet::from(self.tiling.descendants(level, zone.0, sub_level)))
    }

    fn all_zones(&self, level: u8) -> Result<ZoneSet> {
        self.check_level(level)?;
        Ok(ZoneSet::from(0..self.tiling.zone_count(level)))
    }

    fn zones_in(&self, level: u8, region: &Region, containment: Containment) -> Result<ZoneSet> {
        self.check_level(level)?;
        select::zones_in(self, level, region, containment)
    }

    fn ids(&self, level: u8, zones: &[Zone], ids: &mut [ZoneId]) -> Result<()> {
        self.check_zones(level, zones)?;
        check_lengths(zones.len(), ids.len())?;
        for (zone, id) in zones.iter().zip(ids) {
            *id = ZoneId(self.scheme.id(&self.tiling, level, *zone));
        }
        Ok(())
    }

    fn zones_of_ids(&self, level: u8, ids: &[ZoneId], zones: &mut [Zone]) -> Result<()> {
        self.check_level(level)?;
        check_lengths(ids.len(), zones.len())?;
        for (id, zone) in ids.iter().zip(zones) {
            *zone = self
                .scheme
                .zone(&self.tiling, level, id.0)
                .ok_or_else(|| address::no_such_id(self.spec.dggrs, self.spec.indexing, level, id.0))?;
        }
        Ok(())
    }

    fn zones_of_positions(&self, level: u8, positions: Range<u64>, zones: &mut [Zone]) -> Result<()> {
        self.check_level(level)?;
        check_positions(self.spec.dggrs, level, self.tiling.zone_count(level), &positions, zones)?;
        for (position, zone) in positions.zip(zones) {
            *zone = self.of_position(level, position);
        }
        Ok(())
    }

    fn positions(&self, level: u8, zones: &[Zone], positions: &mut [u64]) -> Result<()> {
        self.check_zones(level, zones)?;
        check_lengths(zones.len(), positions.len())?;
        for (zone, position) in zones.iter().zip(positions) {
            *position = if self.scheme.carries_level() {
                zone.0
            } else {
                self.tiling.sequence(level, self.tiling.cell(level, zone.0))
            };
        }
        Ok(())
    }

    fn addresses(&self, level: u8, zones: &[Zone], addresses: &mut [Address]) -> Result<()> {
        self.check_addresses(level)?;
        self.check_zones(level, zones)?;
        check_lengths(zones.len(), addresses.len())?;
        for (zone, address) in zones.iter().zip(addresses) {
            *address = self.scheme.address(&self.tiling, level, *zone);
        }
        Ok(())
    }

    fn zones_of_addresses(&self, level: u8, addresses: &[Address], zones: &mut [Option<Zone>]) -> Result<()> {
        self.check_addresses(level)?;
        check_lengths(addresses.len(), zones.len())?;
        for (address, zone) in addresses.iter().zip(zones) {
            *zone = self.scheme.zone_of_address(&self.tiling, level, *address);
        }
        Ok(())
    }

    fn address_extent(&self, level: u8) -> Option<[u64; 3]> {
        if self.scheme != Scheme::Q2di || level > self.max_level {
            return None;
        }
        let side = self.tiling.side(level) as u64;
        Some(match self.spec.dggrs {
            // Quads 0 and 11 hold one zone each, at vertices 0 and 11.
            "ISEA3H" | "ISEA4H" | "ISEA7H" | "IGEO7" => [12, side, side],
            "ISEA4T" => [11, side, 2 * side],
            _ => [11, side, side],
        })
    }

    fn interpolation(&self, level: u8, points: &[LonLat], found: &mut [Interpolation]) -> Result<()> {
        check_lengths(points.len(), found.len())?;
        barycentric(self, level, points, found)
    }

    fn ids_follow_zone_order(&self) -> bool {
        self.scheme.carries_level()
    }

    fn zone_text(&self, level: u8, zone: Zone) -> Result<String> {
        self.check_zones(level, &[zone])?;
        Ok(self.scheme.text(&self.tiling, level, zone))
    }

    fn parse_zone(&self, text: &str, level: Option<u8>) -> Result<(u8, Zone)> {
        let text = text.trim();
        let GridSpec { dggrs, indexing, .. } = &self.spec;
        let not_a_zone = || Error::invalid(format!("'{text}' is no {dggrs} zone of scheme {indexing}"));
        if self.scheme.carries_level() {
            let by_digits = self.scheme.of_digits(&self.tiling, text);
            // A decimal number has no zeros in front, the digits of bases 0 to 9 have.
            let is_integer = text == "0" || !text.starts_with('0') || text.starts_with("0x") || text.starts_with("0X");
            let id = address::integer(text).filter(|_| is_integer);
            let by_integer = id.and_then(|id| self.scheme.level_and_zone(&self.tiling, id));
            let found = match (by_digits, by_integer) {
                // A long row of digits may be both. The level that the caller knows decides, else that a row of digits
                // hardly ever has many unused digits as an integer.
                (Some(digits), Some(integer)) if level == Some(digits.0) || integer.0 > 15 => Some(digits),
                (_, Some(integer)) => Some(integer),
                (digits, None) => digits,
            };
            return found.ok_or_else(not_a_zone);
        }
        let (level, numbers) = level_and_id_or(text, level)?;
        let level = level.ok_or_else(not_a_zone)?;
        self.check_level(level)?;
        let zone = self.scheme.zone_of_numbers(&self.tiling, level, numbers).ok_or_else(not_a_zone)?;
        Ok((level, zone))
    }
}
