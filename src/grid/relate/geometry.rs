//! The relation of a zone to a geometry in degrees, in the equal-area plane around the zone's centre.
//!
//! Edges of the geometry are straight in the plane of longitude and latitude, as everywhere in [`crate::grid::region`],
//! and latitudes are of the grid's kind. Longitudes are periodic: a geometry may cross the antimeridian by running
//! beyond ±180, or in two parts that meet there. Poles are ordinary points of the equal-area plane. Both sides are made
//! of short chords: of a zone's edge in [`ZONE_SEGMENTS`] parts, so that the outline bends by less than 1e-3 of the zone
//! where it is large, and of the geometry's edges no longer than [`STEP`] of the zone's radius near the zone. To touch
//! is therefore exact at common vertices only.
//!
//! A polygon that goes around the globe or holds the zone's antipode is first cut to a window around the zone, to 1e-5
//! degree; its outline beyond is taken to be somewhere, also where it is the whole globe.

use geo::algorithm::Validation;
use geo::{
    BoundingRect, Coord, CoordsIter, Geometry, GeometryCollection, LineString, MultiLineString, MultiPoint,
    MultiPolygon, Point, Polygon, Relate,
};

use super::frame::Frame;
use super::matrix::Relation;
use super::{radius, ring_places, unit, window};
use crate::error::{Error, Result};
use crate::grid::{Grid, LonLat, Region, Zone};

/// Parts of a zone's edge.
const ZONE_SEGMENTS: u32 = 32;

/// Longest chord of the geometry, in radii of the zone, where it is near; a tenth of its distance elsewhere.
const STEP: f64 = 0.05;

/// An edge of more degrees of longitude is cut whatever its chord is: it may end where it began.
const MAX_EDGE_DEG: f64 = 30.0;

/// Polygons wider than this, in degrees of longitude, may meet themselves around the globe.
const MAX_WIDTH_DEG: f64 = 350.0;

/// The relation of a zone, the first, to a geometry, the second. Edges are straight in longitude and latitude.
///
/// # Errors
/// A level or zone that the grid does not have; a geometry that is not valid, with numbers that are not finite or with
/// latitudes outside [-90, 90].
pub fn geometry(grid: &dyn Grid, level: u8, zone: Zone, geometry: &Geometry<f64>) -> Result<Relation> {
    for Coord { x, y } in geometry.coords_iter() {
        if !x.is_finite() || !y.is_finite() || y.abs() > 90.0 {
            return Err(Error::invalid(format!("({x}, {y}) is no longitude, latitude in [-90, 90]")));
        }
    }
    geometry.check_validation().map_err(|error| Error::invalid(format!("the geometry is not valid: {error}")))?;
    let places = ring_places(grid, level, zone, ZONE_SEGMENTS)?;
    let units: Vec<_> = places.iter().map(|place| unit(*place)).collect();
    let centre = grid.centroid(level, zone)?;
    let frame = Frame::new(&grid.spec().surface, centre);
    let plane = Plane { frame, centre, near: STEP * radius(grid, level, zone, &units)?, places };
    let own = Polygon::new(plane.places.iter().map(|place| plane.frame.project(*place)).collect(), vec![]);
    let mut is_cut = false;
    let other = plane.of_geometry(geometry, &mut is_cut)?;
    if other.coords_count() == 0 {
        let relation = Relation::apart(None);
        return Ok(if is_cut { relation } else { Relation::of_matrix(&own.relate(&other)) });
    }
    let relation = Relation::of_matrix(&own.relate(&other));
    Ok(if is_cut { relation.with_more_outside() } else { relation })
}

/// The equal-area plane around a zone.
pub(super) struct Plane {
    frame: Frame,
    /// The zone's centre.
    pub(super) centre: LonLat,
    /// Longest chord near the zone, in radii of the globe.
    near: f64,
    /// The zone's boundary.
    pub(super) places: Vec<LonLat>,
}

impl Plane {
    fn of_geometry(&self, geometry: &Geometry<f64>, is_cut: &mut bool) -> Result<Geometry<f64>> {
        Ok(match geometry {
            Geometry::Point(point) => Geometry::Point(self.point(point.0)),
            Geometry::MultiPoint(points) => {
                Geometry::MultiPoint(MultiPoint(points.iter().map(|point| self.point(point.0)).collect()))
            }
            Geometry::Line(line) => self.lines(&[LineString::from(*line)]),
            Geometry::LineString(line) => self.lines(std::slice::from_ref(line)),
            Geometry::MultiLineString(lines) => self.lines(&lines.0),
            Geometry::Polygon(polygon) => self.areas(MultiPolygon(vec![polygon.clone()]), is_cut)?,
            Geometry::MultiPolygon(polygons) => self.areas(polygons.clone(), is_cut)?,
            Geometry::Rect(rect) => self.areas(MultiPolygon(vec![rect.to_polygon()]), is_cut)?,
            Geometry::Triangle(triangle) => self.areas(MultiPolygon(vec![triangle.to_polygon()]), is_cut)?,
            Geometry::GeometryCollection(parts) => {
                let parts: Result<Vec<_>> = parts.iter().map(|part| self.of_geometry(part, is_cut)).collect();
                Geometry::GeometryCollection(GeometryCollection(parts?))
            }
        })
    }

    fn point(&self, place: Coord<f64>) -> Point<f64> {
        self.at(place).into()
    }

    fn at(&self, place: Coord<f64>) -> Coord<f64> {
        self.frame.project(LonLat { lon_deg: place.x, lat_deg: place.y }).into()
    }

    fn lines(&self, lines: &[LineString<f64>]) -> Geometry<f64> {
        Geometry::MultiLineString(MultiLineString(lines.iter().flat_map(|line| self.line(line)).collect()))
    }

    /// A line of short chords. Where it goes through the antipode it comes in two.
    fn line(&self, line: &LineString<f64>) -> Vec<LineString<f64>> {
        let Some(first) = line.0.first() else { return vec![] };
        let mut parts = vec![vec![self.at(*first)]];
        for pair in line.0.windows(2) {
            self.add_edge(pair[0], pair[1], MAX_HALVINGS, &mut parts);
        }
        parts.into_iter().filter(|part| part.len() > 1).map(LineString).collect()
    }

    /// Appends the edge without its first point, which is there.
    fn add_edge(&self, from: Coord<f64>, to: Coord<f64>, halvings: u32, parts: &mut Vec<Vec<Coord<f64>>>) {
        let (start, end) = (self.at(from), self.at(to));
        let length = (end.x - start.x).hypot(end.y - start.y);
        let distance = start.x.hypot(start.y).min(end.x.hypot(end.y)) - length;
        let is_short = length <= self.near.max(0.1 * distance) && (to.x - from.x).abs() <= MAX_EDGE_DEG;
        if !is_short && halvings > 0 {
            let middle = (from + to) / 2.0;
            self.add_edge(from, middle, halvings - 1, parts);
            self.add_edge(middle, to, halvings - 1, parts);
        } else if length > 1.0 {
            parts.push(vec![end]);
        } else if let Some(part) = parts.last_mut().filter(|part| part.last() != Some(&end)) {
            part.push(end);
        }
    }

    fn areas(&self, polygons: MultiPolygon<f64>, is_cut: &mut bool) -> Result<Geometry<f64>> {
        let bounds = polygons.bounding_rect();
        let antipode = LonLat { lon_deg: self.centre.lon_deg + 180.0, lat_deg: -self.centre.lat_deg };
        let is_far = bounds.is_some_and(|bounds| bounds.width() > MAX_WIDTH_DEG)
            || Region::polygons(polygons.clone())?.outline()?.contains(antipode);
        *is_cut |= is_far;
        Ok(Geometry::MultiPolygon(if is_far { window::cut(self, &polygons) } else { self.polygons(&polygons) }))
    }

    /// Polygons that neither hold the antipode nor meet themselves around the globe.
    pub(super) fn polygons(&self, polygons: &MultiPolygon<f64>) -> MultiPolygon<f64> {
        let ring = |ring: &LineString<f64>| LineString(self.line(ring).into_iter().flat_map(|part| part.0).collect());
        let polygon = |polygon: &Polygon<f64>| {
            Polygon::new(ring(polygon.exterior()), polygon.interiors().iter().map(ring).collect())
        };
        MultiPolygon(polygons.iter().map(polygon).collect())
    }
}

/// Halves of an edge of the whole globe are then below a hundredth of the finest zones.
const MAX_HALVINGS: u32 = 44;
