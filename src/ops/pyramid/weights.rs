//! The finer zones that a zone is made of.
//!
//! Where the children of a zone are told by the index (H3, IGEO7) or tile it (squares, triangles), each counts once. The
//! hexagons of ISEA3H, ISEA4H and ISEA7H share children: a child counts by the part of it that lies in the zone, and by its
//! area, so that the mean over the globe stays what it is. Snyder's projection keeps areas and the hexagons of two levels
//! lie in it alike everywhere, so that the parts are the plane's:
//!
//! - ISEA3H: a child at a vertex lies in three zones, a third in each;
//! - ISEA4H: a child on an edge lies in two, half in each;
//! - ISEA7H: a child beside the central one has 11/12 of it in one zone and 1/12 in the next (a test cuts them).

use crate::error::Result;
use crate::grid::{Grid, LonLat, Zone};

/// The parts of a child of ISEA7H in the two zones that share it, the larger first.
pub const TWELFTHS: [f64; 2] = [11.0 / 12.0, 1.0 / 12.0];

/// A child nearer to its parent's centre than this part of the farthest child's distance lies in the middle.
const CENTRAL: f64 = 0.2;

/// The zones of a level, as they are made of the next finer one.
pub struct Weights<'a> {
    grid: &'a dyn Grid,
    level: u8,
    /// The level of the finer zones.
    fine: u8,
    shared: bool,
}

/// A finer zone that a zone is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Member {
    /// Which.
    pub zone: Zone,
    /// The part of it that lies in the zone; 1 where children are told by the index.
    pub part: f64,
    /// Its area in parts of a hexagon's; 1 where children are told by the index.
    pub area: f64,
}

impl<'a> Weights<'a> {
    /// Of `level`, made of zones of `fine`, any finer one.
    pub fn new(grid: &'a dyn Grid, level: u8, fine: u8) -> Self {
        Self { grid, level, fine, shared: matches!(grid.spec().dggrs, "ISEA3H" | "ISEA4H" | "ISEA7H") }
    }

    /// Appends the finer zones that `zone` is made of, and how much of each.
    ///
    /// # Errors
    /// The grid has no such zone.
    pub fn children(&self, zone: Zone, found: &mut Vec<Member>) -> Result<()> {
        if !self.shared {
            let children = self.grid.sub_zones(self.level, zone, self.fine)?;
            found.extend(children.iter().map(|zone| Member { zone, part: 1.0, area: 1.0 }));
            return Ok(());
        }
        let mut parts = vec![(zone, 1.0)];
        for level in self.level..self.fine {
            let mut finer = Vec::with_capacity(7 * parts.len());
            for (zone, part) in parts {
                for child in self.grid.children(level, zone)? {
                    let parents = self.grid.parents(level + 1, child)?;
                    if let Some(at) = parents.iter().position(|parent| *parent == zone) {
                        finer.push((child, part * self.part(at, parents.len())));
                    }
                }
            }
            // A zone may be reached over several.
            finer.sort_unstable_by_key(|(zone, _)| *zone);
            finer.dedup_by(|(zone, part), (kept, sum)| {
                let same = zone == kept;
                if same {
                    *sum += *part;
                }
                same
            });
            parts = finer;
        }
        // Twelve pentagons of 5/6 of a hexagon make level 0.
        let globe_m2 = 12.0 * self.grid.area_m2(0, Zone(0))?;
        let hexagon_m2 = globe_m2 / (self.grid.zone_count(self.fine) - 2) as f64;
        for (zone, part) in parts {
            let area = self.grid.area_m2(self.fine, zone)? / hexagon_m2;
            found.push(Member { zone, part, area });
        }
        Ok(())
    }

    /// The part of a child in the parent at `at` of its `count`.
    fn part(&self, at: usize, count: usize) -> f64 {
        match (self.grid.spec().dggrs, count) {
            ("ISEA7H", 2) => TWELFTHS[at],
            _ => 1.0 / count as f64,
        }
    }

    /// Appends the zones that the finer `zone` is a part of.
    ///
    /// # Errors
    /// The grid has no such zone.
    pub fn parents(&self, zone: Zone, found: &mut Vec<Zone>) -> Result<()> {
        if !self.shared {
            found.push(self.grid.ancestor(self.fine, zone, self.level)?);
            return Ok(());
        }
        let mut zones = vec![zone];
        for level in (self.level + 1..=self.fine).rev() {
            let mut coarser = Vec::new();
            for zone in zones {
                coarser.extend(self.grid.parents(level, zone)?);
            }
            coarser.sort_unstable();
            coarser.dedup();
            zones = coarser;
        }
        found.append(&mut zones);
        Ok(())
    }

    /// The one in the middle of `zone`; where there is none, as of squares cut in four, the first.
    ///
    /// # Errors
    /// The grid has no such zones.
    pub fn central(&self, zone: Zone) -> Result<Option<Member>> {
        let mut zone = zone;
        for level in self.level..self.fine {
            let centre = self.grid.centroid(level, zone)?;
            let zones: Vec<Zone> = self.grid.sub_zones(level, zone, level + 1)?.iter().collect();
            let mut places = vec![LonLat::default(); zones.len()];
            self.grid.centroids(level + 1, &zones, &mut places)?;
            let distances: Vec<f64> = places.iter().map(|place| chord(*place, centre)).collect();
            let widest = distances.iter().copied().fold(0.0, f64::max);
            let central = distances.iter().position(|distance| *distance < CENTRAL * widest);
            match zones.get(central.unwrap_or(0)) {
                Some(child) => zone = *child,
                None => return Ok(None),
            }
        }
        Ok(Some(Member { zone, part: 1.0, area: 1.0 }))
    }
}

/// The distance of two points through the unit sphere.
fn chord(a: LonLat, b: LonLat) -> f64 {
    let unit = |place: LonLat| {
        let (sin_lon, cos_lon) = place.lon_deg.to_radians().sin_cos();
        let (sin_lat, cos_lat) = place.lat_deg.to_radians().sin_cos();
        [cos_lon * cos_lat, sin_lon * cos_lat, sin_lat]
    };
    let (a, b) = (unit(a), unit(b));
    (0..3).map(|k| (a[k] - b[k]).powi(2)).sum::<f64>().sqrt()
}
