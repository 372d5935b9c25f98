//! Mathematics of Discrete Global Grid Systems; knows nothing of Zarr or GDAL.
//!
//! A [`Family`] is a module of related DGGRSs; [`FAMILIES`] lists them all. A family makes a [`Grid`] from a
//! [`GridSpec`], the one explicit identity of a grid: wrong zones look plausible, so nothing here has a default that
//! the caller did not ask for.
//!
//! Two numbers name a zone. [`Zone`] is internal: unique within a level, in the family's hierarchical order, so that
//! sets of zones are short lists of ranges ([`ZoneSet`]). [`ZoneId`] is what a store holds: the same zone in the
//! grid's indexing scheme. Terms follow OGC 21-038r1.

mod arguments;
pub mod authalic;
mod crossings;
mod descend;
pub mod h3;
pub mod healpix;
mod interpolate;
pub mod isea;
mod longitude;
pub mod mesh;
mod patch;
pub mod region;
pub mod relate;
pub mod rhealpix;
mod squares;
mod surface;
mod survey;
pub(crate) mod vector;
mod zone_set;

use std::ops::Range;
use std::sync::Arc;

use crate::error::{Error, Result};
pub use crossings::Crossings;
pub use interpolate::Interpolation;
pub use mesh::Mesh;
pub use region::{Containment, Region};
pub use survey::{Survey, survey};
pub use zone_set::ZoneSet;

/// Longitude and latitude in degrees, longitude first.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C)]
pub struct LonLat {
    /// Degrees east; results are in [-180, 180), arguments may be any finite number.
    pub lon_deg: f64,
    /// Degrees north in [-90, 90], of the kind that [`Surface`] says.
    pub lat_deg: f64,
}

/// A zone within its level, in the family's hierarchical order; internal, never stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Zone(pub u64);

/// A zone's id in the grid's indexing scheme, as stores hold it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct ZoneId(pub u64);

/// A zone as several numbers, in an indexing scheme that has such: a face (quad or triangle) and a place on it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Address {
    /// Number of the face.
    pub face: u64,
    /// First coordinate on it; an integer where the scheme counts zones (`Q2DI`).
    pub x: f64,
    /// Second coordinate on it.
    pub y: f64,
}

/// The surface that zones tile, and with it the kind of latitude that goes in and out.
#[derive(Clone, Debug, PartialEq)]
pub enum Surface {
    /// A sphere; latitudes are used as they are.
    Sphere {
        /// Radius in metres.
        radius_m: f64,
    },
    /// An ellipsoid of revolution; latitudes are geodetic and mapped to the authalic sphere.
    Ellipsoid {
        /// Its name where the source gave one (`WGS84`, `GRS80`).
        name: Option<String>,
        /// Semi-major axis in metres.
        semi_major_m: f64,
        /// Inverse flattening; finite and greater than 1.
        inverse_flattening: f64,
    },
}

/// How the polyhedron stands on the surface, in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Orientation {
    /// Longitude of vertex 0 (or of the central meridian).
    pub lon_0_deg: f64,
    /// Latitude of vertex 0.
    pub lat_0_deg: f64,
    /// Azimuth from vertex 0 to vertex 1.
    pub azimuth_deg: f64,
}

/// The identity of a grid at all levels. The level travels beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct GridSpec {
    /// Name of the DGGRS as in `docs/interface.md`, one of its family's names: `HEALPix`, `H3`, `ISEA4H`, ...
    pub dggrs: &'static str,
    /// What the zones tile.
    pub surface: Surface,
    /// For families that can be turned.
    pub orientation: Option<Orientation>,
    /// Zone id scheme, one of the family's, in its canonical spelling: `nested`, `SEQNUM`, ...
    pub indexing: &'static str,
}

/// A module of related DGGRSs.
pub trait Family: Send + Sync {
    /// The DGGRSs of this family, canonically spelled.
    fn dggrs_names(&self) -> &'static [&'static str];

    /// The zone id schemes of `dggrs`, canonically spelled, the default first.
    fn indexing_schemes(&self, dggrs: &str) -> &'static [&'static str];

    /// The identity of `dggrs` when a user names it alone (`DGGS:HEALPix/9`): the defaults of `docs/interface.md`.
    fn default_spec(&self, dggrs: &'static str) -> GridSpec;

    /// The grid of `spec`.
    ///
    /// # Errors
    /// Where the family cannot stand on that surface, be turned so, or has no such indexing scheme.
    fn grid(&self, spec: &GridSpec) -> Result<Arc<dyn Grid>>;
}

/// One DGGRS with all its levels: the verbs of OGC Topic 21.
///
/// Slices go in and out so that a call through the trait object costs nothing per zone. `zones` given to any method
/// must be valid at `level` (see [`Grid::zones_of_ids`] and [`Grid::parse_zone`], which check); otherwise the result
/// is an error or meaningless, never a panic.
pub trait Grid: Send + Sync {
    /// The identity that this grid was made from.
    fn spec(&self) -> &GridSpec;

    /// The finest level.
    fn max_level(&self) -> u8;

    /// Number of zones on the globe at `level`.
    fn zone_count(&self, level: u8) -> u64;

    /// The zone that holds each point. `points` and `zones` have the same length.
    ///
    /// # Errors
    /// A latitude outside [-90, 90] or a number that is not finite.
    fn zones_at(&self, level: u8, points: &[LonLat], zones: &mut [Zone]) -> Result<()>;

    /// The grid's centre of each zone. `zones` and `centroids` have the same length.
    fn centroids(&self, level: u8, zones: &[Zone], centroids: &mut [LonLat]) -> Result<()>;

    /// Makes `crossings` the centroids of `zones`, equal to those of [`Grid::centroids`], by their meridians and parallels. A
    /// grid that can tell cheaply which zones share them gives each once.
    ///
    /// # Errors
    /// As [`Grid::centroids`].
    fn crossings(&self, level: u8, zones: &[Zone], crossings: &mut Crossings) -> Result<()> {
        crossings.clear();
        crossings.push_apart(self, level, zones)
    }

    /// The zone's boundary: a ring without its closing point, counter-clockwise seen from outside the globe, each
    /// edge cut into `segments` parts (1: the vertices alone). Longitudes are continuous along the ring (they may
    /// leave [-180, 180]) unless the ring goes around a pole. A vertex at a pole may be two points, one on each meridian
    /// that ends there, so that the ring is right in the plane of longitude and latitude too.
    fn boundary(&self, level: u8, zone: Zone, segments: u32) -> Result<Vec<LonLat>>;

    /// Appends the boundaries of `zones` to `places`, and to `ends` how many places there are after each.
    ///
    /// # Errors
    /// As [`Grid::boundary`].
    fn boundaries(
        &self,
        level: u8,
        zones: &[Zone],
        segments: u32,
        places: &mut Vec<LonLat>,
        ends: &mut Vec<usize>,
    ) -> Result<()> {
        for zone in zones {
            places.extend(self.boundary(level, *zone, segments)?);
            ends.push(places.len());
        }
        Ok(())
    }

    /// Makes `mesh` that of `zones`: their edges, each with its middle, as [`Grid::boundary`] has them. A grid that can
    /// tell cheaply which zones share an edge gives it once.
    ///
    /// # Errors
    /// As [`Grid::boundary`].
    fn mesh(&self, level: u8, zones: &[Zone], mesh: &mut Mesh) -> Result<()> {
        mesh.set_rings(self, level, zones)
    }

    /// Area on the grid's surface, in square metres.
    fn area_m2(&self, level: u8, zone: Zone) -> Result<f64>;

    /// The parents at `level - 1`, the one that holds the centroid first; empty at level 0.
    fn parents(&self, level: u8, zone: Zone) -> Result<Vec<Zone>>;

    /// The children at `level + 1`; empty at the finest level.
    fn children(&self, level: u8, zone: Zone) -> Result<Vec<Zone>>;

    /// True when the children of every zone tile it (a congruent hierarchy): containment then follows from ancestors.
    fn children_tile_parent(&self) -> bool;

    /// The zones that share an edge or a vertex, in ascending order, `zone` itself not among them.
    fn neighbours(&self, level: u8, zone: Zone) -> Result<Vec<Zone>>;

    /// The largest number of neighbours and of children that a zone can have (width of padded arrays).
    fn max_neighbours(&self) -> usize;
    /// See [`Grid::max_neighbours`].
    fn max_children(&self) -> usize;
    /// Number of points of [`Grid::boundary`] with one segment an edge, at most.
    fn max_vertices(&self) -> usize;

    /// All zones at `sub_level` (at least `level`) whose ancestor at `level` is `zone`.
    fn sub_zones(&self, level: u8, zone: Zone, sub_level: u8) -> Result<ZoneSet>;

    /// All zones of `level` on the globe.
    fn all_zones(&self, level: u8) -> Result<ZoneSet>;

    /// The zones of `level` that `region` chooses by `containment`, without visiting the globe.
    fn zones_in(&self, level: u8, region: &Region, containment: Containment) -> Result<ZoneSet>;

    /// The ids of `zones` in the grid's indexing scheme. Both slices have the same length.
    fn ids(&self, level: u8, zones: &[Zone], ids: &mut [ZoneId]) -> Result<()>;

    /// The zones of `ids`; the inverse of [`Grid::ids`].
    ///
    /// # Errors
    /// An id that names no zone of `level`; the message gives the id and the scheme.
    fn zones_of_ids(&self, level: u8, ids: &[ZoneId], zones: &mut [Zone]) -> Result<()>;

    /// The zones at the given positions of an axis that holds the whole globe in the order of its ids.
    fn zones_of_positions(&self, level: u8, positions: Range<u64>, zones: &mut [Zone]) -> Result<()>;

    /// The positions of zones on an axis that holds the whole globe in the order of its ids.
    fn positions(&self, level: u8, zones: &[Zone], positions: &mut [u64]) -> Result<()>;

    /// The zones around each point and their weights in an interpolation. `points` and `found` have
    /// the same length.
    ///
    /// # Errors
    /// As [`Grid::zones_at`].
    fn interpolation(&self, level: u8, points: &[LonLat], found: &mut [Interpolation]) -> Result<()>;

    /// True when [`Zone`] order, id order and global position order are one (`nested`): ranges need no enumeration.
    fn ids_follow_zone_order(&self) -> bool;

    /// The zone's text, unique over all levels (`level/id` where the id does not carry the level).
    fn zone_text(&self, level: u8, zone: Zone) -> Result<String>;

    /// The level and zone that a user names: a zone text, or an integer id when it carries its level or `level` is
    /// given (the cube's).
    ///
    /// # Errors
    /// A text that is no zone of this grid; a level that does not fit.
    fn parse_zone(&self, text: &str, level: Option<u8>) -> Result<(u8, Zone)>;

    /// The zones' addresses in the grid's indexing scheme. Both slices have the same length.
    ///
    /// # Errors
    /// A scheme whose ids are not addresses of several numbers.
    fn addresses(&self, _level: u8, _zones: &[Zone], _addresses: &mut [Address]) -> Result<()> {
        Err(no_addresses(self.spec()))
    }

    /// The zone at each address, `None` where an address is no zone's; the inverse of [`Grid::addresses`].
    ///
    /// # Errors
    /// As [`Grid::addresses`].
    fn zones_of_addresses(&self, _level: u8, _addresses: &[Address], _zones: &mut [Option<Zone>]) -> Result<()> {
        Err(no_addresses(self.spec()))
    }

    /// One more than the largest face, x and y of any zone's address; `None` where addresses are not integers, or are no
    /// addresses at all.
    fn address_extent(&self, _level: u8) -> Option<[u64; 3]> {
        None
    }

    /// The ancestor of `zone` at `coarser` (at most `level`), along first parents.
    ///
    /// # Errors
    /// A `coarser` that is finer than `level`.
    fn ancestor(&self, level: u8, zone: Zone, coarser: u8) -> Result<Zone> {
        if coarser > level {
            return Err(Error::invalid(format!("an ancestor at level {coarser} of a zone of level {level}")));
        }
        (coarser..level).rev().try_fold(zone, |zone, above| {
            let parents = self.parents(above + 1, zone)?;
            parents.first().copied().ok_or_else(|| Error::invalid(format!("zone {} has no parent", zone.0)))
        })
    }

    /// The zones within `rings` steps from neighbour to neighbour of `zone`, itself among them.
    fn k_ring(&self, level: u8, zone: Zone, rings: u32) -> Result<ZoneSet> {
        let mut found = ZoneSet::from_zones([zone]);
        let mut frontier = vec![zone];
        for _ in 0..rings {
            let mut next = Vec::new();
            for zone in frontier {
                next.extend(self.neighbours(level, zone)?.into_iter().filter(|other| !found.contains(*other)));
            }
            next.sort_unstable();
            next.dedup();
            found = found.union(&ZoneSet::from_zones(next.iter().copied()));
            frontier = next;
        }
        Ok(found)
    }

    /// Single-point form of [`Grid::zones_at`].
    fn zone_at(&self, level: u8, point: LonLat) -> Result<Zone> {
        let mut zone = [Zone(0)];
        self.zones_at(level, &[point], &mut zone)?;
        Ok(zone[0])
    }

    /// Single-zone form of [`Grid::centroids`].
    fn centroid(&self, level: u8, zone: Zone) -> Result<LonLat> {
        let mut point = [LonLat::default()];
        self.centroids(level, &[zone], &mut point)?;
        Ok(point[0])
    }
}

macro_rules! families {
    ($($module:ident),+ $(,)?) => {
        /// Every family of this build, in the order in which names are looked up.
        pub static FAMILIES: &[&dyn Family] = &[$(&$module::FAMILY),+];
    };
}

families! { healpix, h3, isea, rhealpix }

/// The family and canonical spelling of a DGGRS name, in any case.
///
/// # Errors
/// An unknown name; the message lists the known ones.
pub fn family_of(name: &str) -> Result<(&'static dyn Family, &'static str)> {
    FAMILIES
        .iter()
        .flat_map(|family| family.dggrs_names().iter().map(move |known| (*family, *known)))
        .find(|(_, known)| known.eq_ignore_ascii_case(name))
        .ok_or_else(|| {
            let known: Vec<_> = FAMILIES.iter().flat_map(|family| family.dggrs_names()).copied().collect();
            Error::invalid(format!("unknown DGGRS '{name}'; this driver knows {}", known.join(", ")))
        })
}

fn no_addresses(spec: &GridSpec) -> Error {
    Error::unsupported(format!(
        "ids of {} in scheme {} are not addresses of several numbers",
        spec.dggrs, spec.indexing
    ))
}

/// The grid of `spec`, made by its family.
///
/// # Errors
/// As [`Family::grid`].
pub fn grid(spec: &GridSpec) -> Result<Arc<dyn Grid>> {
    family_of(spec.dggrs)?.0.grid(spec)
}
