//! Regions that users ask for: boxes and polygons in degrees, and the outline that a family's search follows.
//!
//! Everything lives in the plane of longitude and latitude: an edge is a straight line in that plane, whatever the
//! surface. Latitudes are of the grid's kind (geodetic on an ellipsoid). Longitudes are periodic: a polygon may run
//! beyond ±180 to cross the antimeridian, and a region is the same as its copies 360 degrees away. Regions are closed:
//! points on the outline belong to them. A pole is a line of that plane too: what reaches it reaches it at its own
//! longitudes, not at all of them.

use geo::{LineString, MultiPolygon};

use super::LonLat;
use crate::error::{Error, Result};

/// How a region chooses zones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Containment {
    /// Zones that share at least a point with the region; to touch is to share.
    #[default]
    Intersects,
    /// Zones whose centroid is in the region, its outline included.
    Centroid,
    /// Zones no part of which is outside the region.
    Within,
}

impl std::str::FromStr for Containment {
    type Err = Error;

    /// The value of the open option `CONTAINMENT`, in any case.
    fn from_str(text: &str) -> Result<Self> {
        match text.trim().to_ascii_uppercase().as_str() {
            "INTERSECTS" => Ok(Self::Intersects),
            "CENTROID" => Ok(Self::Centroid),
            "WITHIN" => Ok(Self::Within),
            _ => Err(Error::invalid(format!("unknown containment '{text}'; use INTERSECTS, CENTROID or WITHIN"))),
        }
    }
}

/// A part of the globe, in degrees; made by [`Region::bbox`], [`Region::parse_bbox`] and [`Region::polygons`].
#[derive(Clone, Debug, PartialEq)]
pub enum Region {
    /// All points between two parallels and, going east, two meridians.
    Box {
        /// First meridian.
        west_deg: f64,
        /// First parallel.
        south_deg: f64,
        /// Last meridian, at least `west_deg`; all longitudes where it is 360 or more beyond it.
        east_deg: f64,
        /// Last parallel, at least `south_deg`.
        north_deg: f64,
    },
    /// Valid polygons with holes; rings of either winding.
    Polygons(MultiPolygon<f64>),
}

impl Region {
    /// A box; `west > east` crosses the antimeridian, 360 degrees or more are all longitudes.
    ///
    /// # Errors
    /// A number that is not finite, a latitude outside [-90, 90], `south > north`.
    pub fn bbox(west_deg: f64, south_deg: f64, east_deg: f64, north_deg: f64) -> Result<Self> {
        let corners = [(west_deg, south_deg), (east_deg, north_deg)];
        corners.iter().try_for_each(|&(lon, lat)| check_point(lon, lat))?;
        if south_deg > north_deg {
            return Err(Error::invalid(format!("box: south {south_deg} lies north of north {north_deg}")));
        }
        let turns = ((west_deg - east_deg) / 360.0).ceil().max(0.0);
        Ok(Self::Box { west_deg, south_deg, east_deg: east_deg + 360.0 * turns, north_deg })
    }

    /// The box of the open option text `west,south,east,north`.
    ///
    /// # Errors
    /// Not four numbers; as [`Region::bbox`].
    pub fn parse_bbox(text: &str) -> Result<Self> {
        let numbers: Vec<f64> = text
            .split(',')
            .map(|part| part.trim().parse())
            .collect::<std::result::Result<_, _>>()
            .map_err(|_| Error::invalid(format!("box '{text}' is not four numbers west,south,east,north")))?;
        match numbers[..] {
            [west, south, east, north] => Self::bbox(west, south, east, north),
            _ => Err(Error::invalid(format!("box '{text}' has {} numbers, not west,south,east,north", numbers.len()))),
        }
    }

    /// Polygons; they must be valid (no ring crosses itself or another), which is not checked.
    ///
    /// # Errors
    /// A number that is not finite, a latitude outside [-90, 90].
    pub fn polygons(polygons: MultiPolygon<f64>) -> Result<Self> {
        rings(&polygons).flat_map(|ring| &ring.0).try_for_each(|point| check_point(point.x, point.y))?;
        Ok(Self::Polygons(polygons))
    }

    /// The outline, ready for many questions.
    ///
    /// # Errors
    /// Numbers that [`Region::bbox`] and [`Region::polygons`] refuse.
    pub fn outline(&self) -> Result<Outline> {
        match self {
            Self::Box { west_deg, south_deg, east_deg, north_deg } => {
                // A caller may have made the variant by hand.
                match Self::bbox(*west_deg, *south_deg, *east_deg, *north_deg)? {
                    Self::Box { west_deg, south_deg, east_deg, north_deg } => {
                        Ok(Outline::of_box(west_deg, south_deg, east_deg, north_deg))
                    }
                    Self::Polygons(_) => Err(Error::invalid("a box that is no box")),
                }
            }
            Self::Polygons(polygons) => {
                rings(polygons).flat_map(|ring| &ring.0).try_for_each(|point| check_point(point.x, point.y))?;
                Ok(Outline::of_polygons(polygons))
            }
        }
    }
}

fn rings(polygons: &MultiPolygon<f64>) -> impl Iterator<Item = &LineString<f64>> {
    polygons.iter().flat_map(|polygon| std::iter::once(polygon.exterior()).chain(polygon.interiors()))
}

fn check_point(lon_deg: f64, lat_deg: f64) -> Result<()> {
    if !lon_deg.is_finite() || !lat_deg.is_finite() {
        Err(Error::invalid(format!("region: ({lon_deg}, {lat_deg}) is not finite")))
    } else if lat_deg.abs() > 90.0 {
        Err(Error::invalid(format!("region: latitude {lat_deg} is outside [-90, 90]")))
    } else if lon_deg.abs() > MAX_LON_DEG {
        Err(Error::invalid(format!("region: longitude {lon_deg} is outside [-{MAX_LON_DEG}, {MAX_LON_DEG}]")))
    } else {
        Ok(())
    }
}

/// Beyond a hundred turns a longitude is a mistake, and would cost a copy of the outline for each turn.
const MAX_LON_DEG: f64 = 36_000.0;

/// A straight line in the plane of longitude and latitude.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Edge {
    /// Its first point.
    pub from: LonLat,
    /// Its last point.
    pub to: LonLat,
}

impl Edge {
    fn new(from: (f64, f64), to: (f64, f64)) -> Self {
        Self { from: LonLat { lon_deg: from.0, lat_deg: from.1 }, to: LonLat { lon_deg: to.0, lat_deg: to.1 } }
    }

    /// The point at `s` in [0, 1]; exact at both ends, and in a coordinate that does not change.
    pub fn at(&self, s: f64) -> LonLat {
        let lerp = |a: f64, b: f64| if s < 0.5 { a + s * (b - a) } else { b - (1.0 - s) * (b - a) };
        LonLat { lon_deg: lerp(self.from.lon_deg, self.to.lon_deg), lat_deg: lerp(self.from.lat_deg, self.to.lat_deg) }
    }

    fn is_meridian(&self) -> bool {
        self.from.lon_deg == self.to.lon_deg
    }
}

/// A region's outline: its edges, and which points are inside.
#[derive(Clone, Debug)]
pub struct Outline {
    edges: Vec<Edge>,
    inside: Inside,
}

#[derive(Clone, Debug)]
enum Inside {
    Box { west: f64, south: f64, east: f64, north: f64 },
    Polygons(Bands),
}

impl Outline {
    fn of_box(west: f64, south: f64, east: f64, north: f64) -> Self {
        let parallel = |lat, from, to| Edge::new((from, lat), (to, lat));
        let meridian = |lon| Edge::new((lon, south), (lon, north));
        let edges = if east - west >= 360.0 {
            vec![parallel(south, -180.0, 180.0), parallel(north, -180.0, 180.0)]
        } else {
            vec![parallel(south, west, east), parallel(north, west, east), meridian(west), meridian(east)]
        };
        Self { edges, inside: Inside::Box { west, south, east, north } }
    }

    fn of_polygons(polygons: &MultiPolygon<f64>) -> Self {
        let all: Vec<Edge> = rings(polygons)
            .flat_map(|ring| ring.0.windows(2).map(|pair| Edge::new(pair[0].x_y(), pair[1].x_y())))
            .collect();
        let (meridians, mut edges): (Vec<_>, Vec<_>) = all.iter().partition(|edge| edge.is_meridian());
        edges.extend(without_seams(meridians));
        Self { edges, inside: Inside::Polygons(Bands::new(all)) }
    }

    /// The edges that part inside from outside.
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// True when `point` is in the region or on its outline.
    pub fn contains(&self, point: LonLat) -> bool {
        let LonLat { lon_deg: lon, lat_deg: lat } = point;
        match &self.inside {
            Inside::Box { west, south, east, north } => {
                (*south..=*north).contains(&lat)
                    && (east - west >= 360.0 || copies(lon, *west, *east).any(|lon| (*west..=*east).contains(&lon)))
            }
            Inside::Polygons(bands) => copies(lon, bands.west, bands.east).any(|lon| bands.contains(lon, lat)),
        }
    }
}

/// The longitudes equal to `lon` within [`west`, `east`], and perhaps one just outside at either end.
fn copies(lon: f64, west: f64, east: f64) -> impl Iterator<Item = f64> {
    let first = ((west - lon) / 360.0).ceil() - 1.0;
    let last = ((east - lon) / 360.0).floor() + 1.0;
    (0..=(last - first).max(0.0) as u32).map(move |turn| lon + 360.0 * (first + f64::from(turn)))
}

/// Edges along one meridian, where two lie on each other (also 360 degrees apart: a polygon that goes around the globe
/// meets itself there), have the region on both sides and part nothing: only what an odd number covers stays.
fn without_seams(meridians: Vec<Edge>) -> Vec<Edge> {
    let mut ends: Vec<(f64, f64)> = meridians
        .iter()
        .flat_map(|edge| [edge.from, edge.to])
        .map(|end| (end.lon_deg.rem_euclid(360.0), end.lat_deg))
        .collect();
    ends.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    ends.chunks_exact(2).filter(|pair| pair[0] != pair[1]).map(|pair| Edge::new(pair[0], pair[1])).collect()
}

/// The edges of polygons, sorted into bands of latitude: the even-odd rule looks at one band only.
#[derive(Clone, Debug)]
struct Bands {
    west: f64,
    east: f64,
    south: f64,
    /// Bands per degree.
    density: f64,
    edges: Vec<Edge>,
    /// Positions in `edges`, a list a band.
    bands: Vec<Vec<u32>>,
}

impl Bands {
    fn new(edges: Vec<Edge>) -> Self {
        let fold = |of: fn(&LonLat) -> f64, pick: fn(f64, f64) -> f64, start: f64| {
            edges.iter().flat_map(|edge| [of(&edge.from), of(&edge.to)]).fold(start, pick)
        };
        let west = fold(|end| end.lon_deg, f64::min, f64::INFINITY);
        let east = fold(|end| end.lon_deg, f64::max, f64::NEG_INFINITY);
        let south = fold(|end| end.lat_deg, f64::min, f64::INFINITY);
        let north = fold(|end| end.lat_deg, f64::max, f64::NEG_INFINITY);
        let count = edges.len().clamp(1, 1 << 14);
        let density = if north > south { count as f64 / (north - south) } else { 0.0 };
        let mut bands = Self { west, east, south, density, edges, bands: vec![Vec::new(); count] };
        for (position, edge) in bands.edges.iter().enumerate() {
            let (a, b) = (bands.band(edge.from.lat_deg), bands.band(edge.to.lat_deg));
            for band in &mut bands.bands[a.min(b)..=a.max(b)] {
                band.push(position as u32);
            }
        }
        bands
    }

    fn band(&self, lat: f64) -> usize {
        (((lat - self.south) * self.density) as usize).min(self.bands.len() - 1)
    }

    /// The even-odd rule, points on an edge inside.
    fn contains(&self, lon: f64, lat: f64) -> bool {
        let mut odd = false;
        for &position in &self.bands[self.band(lat)] {
            let Edge { from: a, to: b } = self.edges[position as usize];
            let side = (b.lon_deg - a.lon_deg) * (lat - a.lat_deg) - (b.lat_deg - a.lat_deg) * (lon - a.lon_deg);
            let spans = |x: f64, p: f64, q: f64| p.min(q) <= x && x <= p.max(q);
            if side == 0.0 && spans(lon, a.lon_deg, b.lon_deg) && spans(lat, a.lat_deg, b.lat_deg) {
                return true;
            }
            if (a.lat_deg <= lat) != (b.lat_deg <= lat) && (side > 0.0) == (b.lat_deg > a.lat_deg) {
                odd = !odd;
            }
        }
        odd
    }
}
