//! Where a raster's pixels lie on the globe.
//!
//! Pixel (column, row) covers [column, column + 1) x [row, row + 1) of the raster's plane of *positions*. There are two
//! kinds of raster. On [`Axes`] columns are meridians and rows parallels; longitudes are periodic, and what reaches beyond
//! a pole is cut off there. Any other is [`Mapped`]: a [`Map`] takes points of the globe to positions and back.

use std::fmt;

use super::axis::Axis;
use crate::error::{Error, Result};
use crate::grid::LonLat;
use crate::grid::authalic::Authalic;

/// Column and row, from the outer corner of the first pixel; NaN where a point is not on the raster's plane.
pub type Position = [f64; 2];

/// A place nowhere on the plane.
pub const NOWHERE: Position = [f64::NAN; 2];

/// How a full turn and 90 degrees are told from what falls short, in pixels.
const SNAP: f64 = 1e-3;

/// A map between the globe and a raster's plane.
pub trait Map: Send + Sync {
    /// The positions of `points`, [`NOWHERE`] where there is none. Both slices have the same length.
    fn positions(&self, points: &[LonLat], positions: &mut [Position]) -> Result<()>;

    /// The points at `positions`, NaN where there is none; the inverse of [`Map::positions`].
    fn places(&self, positions: &[Position], points: &mut [LonLat]) -> Result<()>;

    /// True when the part of the globe that the pixels cover ends only where they do, and where the map itself ends or is torn, as at
    /// the limb of a projection: it has no holes between pixels, however small.
    fn is_smooth(&self) -> bool {
        false
    }
}

/// A raster's pixels on the globe.
pub enum Lattice {
    /// Meridians and parallels.
    Axes(Axes),
    /// Anything else.
    Mapped(Mapped),
}

/// Pixels between meridians and parallels, in degrees.
#[derive(Clone, Debug, PartialEq)]
pub struct Axes {
    lon: Axis,
    lat: Axis,
    /// The columns of at most one turn.
    turn_columns: usize,
    /// They are a whole turn.
    is_whole_turn: bool,
}

impl Axes {
    /// The pixels of a longitude and a latitude axis.
    ///
    /// # Errors
    /// Numbers that are not finite; a raster that lies beyond the poles.
    pub fn new(lon: Axis, lat: Axis) -> Result<Self> {
        let ends = [lon.ends(), lat.ends()];
        if ends.iter().any(|(low, high)| !low.is_finite() || !high.is_finite()) || lon.count() == 0 || lat.count() == 0
        {
            return Err(Error::invalid("a raster without a place on the globe: its extent is not finite"));
        }
        if lat.ends().0 >= 90.0 || lat.ends().1 <= -90.0 || lon.ends().1 - lon.ends().0 > 36_000.0 {
            let ((west, east), (south, north)) = (ends[0], ends[1]);
            return Err(Error::invalid(format!(
                "longitudes {west} to {east} and latitudes {south} to {north} are not degrees on the globe"
            )));
        }
        let west = lon.edge(0);
        let columns_within = |limit: f64| (0..=lon.count()).rev().find(|&at| (lon.edge(at) - west).abs() <= limit);
        let within = columns_within(360.0 + SNAP * lon.pixel_size()).unwrap_or(0);
        let is_whole_turn = ((lon.edge(within) - west).abs() - 360.0).abs() <= SNAP * lon.pixel_size();
        // Part of a pixel beyond a whole turn stays: the meridian that begins the raster lies in it.
        let turn_columns = if is_whole_turn { within } else { (within + 1).min(lon.count()) };
        Ok(Self { lon, lat, turn_columns, is_whole_turn })
    }

    /// The longitudes.
    pub fn lon(&self) -> &Axis {
        &self.lon
    }

    /// The latitudes.
    pub fn lat(&self) -> &Axis {
        &self.lat
    }

    /// True when the columns go around the globe.
    pub fn is_whole_turn(&self) -> bool {
        self.is_whole_turn
    }

    /// Number of columns that go around the globe, or all.
    pub fn turn_columns(&self) -> usize {
        self.turn_columns
    }

    /// True when every point of the globe lies in a pixel, or less than a pixel beyond the last row before a pole.
    fn is_global(&self) -> bool {
        let rows = self.lat.count();
        let reaches = |end: usize, inner: usize, pole: f64| {
            let (edge, next) = (self.lat.edge(end), self.lat.edge(inner));
            (pole - edge) * pole.signum() <= (edge - next).abs() * (1.0 + SNAP)
        };
        let (first, last) = if self.lat.ascends() { (-90.0, 90.0) } else { (90.0, -90.0) };
        let all_columns = self.is_whole_turn || (self.lon.ends().1 - self.lon.ends().0) >= 360.0;
        all_columns && reaches(0, 1, first) && reaches(rows, rows - 1, last)
    }

    /// The same rows, the outermost drawn out to a pole that lies less than a pixel beyond: the last row of a Gaussian
    /// grid ends short of it.
    #[must_use]
    pub fn closed_at_poles(self) -> Self {
        let rows = self.lat.count();
        if !self.is_global() {
            return self;
        }
        let mut edges: Vec<f64> = (0..=rows).map(|index| self.lat.edge(index)).collect();
        let (first, last) = if self.lat.ascends() { (-90.0, 90.0) } else { (90.0, -90.0) };
        let short = |edge: f64, pole: f64| edge.abs() < 90.0 && (edge - pole).abs() > 0.0;
        if !short(edges[0], first) && !short(edges[rows], last) {
            return self;
        }
        if short(edges[0], first) {
            edges[0] = first;
        }
        if short(edges[rows], last) {
            edges[rows] = last;
        }
        Self { lat: Axis::Edges(edges), ..self }
    }

    /// The position of a point, [`NOWHERE`] outside.
    #[inline]
    fn position(&self, point: LonLat) -> Position {
        of_lines(self.column(point.lon_deg), self.row(point.lat_deg))
    }

    /// The column of a meridian, NaN outside.
    #[inline]
    pub fn column(&self, lon_deg: f64) -> f64 {
        let (low, high) = self.lon.ends();
        let first = self.lon.edge(0);
        // The turn that begins at the first column's outer edge, whichever way columns run.
        let lon = match self.lon.ascends() {
            true => low + turn(lon_deg - low),
            false => high - turn(high - lon_deg),
        };
        let mut column = self.lon.position(lon);
        if column.is_nan() || column >= self.turn_columns as f64 {
            if !self.is_whole_turn && lon != first {
                return f64::NAN;
            }
            // Rounding at the seam of a whole turn.
            column = (self.turn_columns as f64).next_down();
        }
        column.max(0.0)
    }

    /// The row of a parallel, NaN outside.
    #[inline]
    pub fn row(&self, lat_deg: f64) -> f64 {
        let rows = self.lat.count() as f64;
        let mut row = self.lat.position(lat_deg);
        if row == rows && lat_deg.abs() == 90.0 {
            // The pole itself belongs to the row that ends there.
            row = rows.next_down();
        }
        if row >= 0.0 && row < rows { row } else { f64::NAN }
    }
}

/// The position on a column and a row, [`NOWHERE`] where one is outside.
#[inline]
pub fn of_lines(column: f64, row: f64) -> Position {
    if column.is_nan() || row.is_nan() { NOWHERE } else { [column, row] }
}

/// `degrees` in [0, 360).
#[inline]
fn turn(degrees: f64) -> f64 {
    if (0.0..360.0).contains(&degrees) {
        return degrees;
    }
    let turned = degrees - 360.0 * (degrees / 360.0).floor();
    if turned >= 360.0 { 0.0 } else { turned }
}

/// Pixels whose places a [`Map`] tells.
pub struct Mapped {
    columns: usize,
    rows: usize,
    map: Box<dyn Map>,
}

impl Mapped {
    /// `columns` x `rows` pixels placed by `map`.
    pub fn new(columns: usize, rows: usize, map: Box<dyn Map>) -> Self {
        Self { columns, rows, map }
    }

    /// The map.
    pub fn map(&self) -> &dyn Map {
        &*self.map
    }
}

impl Lattice {
    /// Number of columns.
    pub fn columns(&self) -> usize {
        match self {
            Self::Axes(axes) => axes.lon.count(),
            Self::Mapped(mapped) => mapped.columns,
        }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        match self {
            Self::Axes(axes) => axes.lat.count(),
            Self::Mapped(mapped) => mapped.rows,
        }
    }

    /// The positions of `points` that lie in a pixel, [`NOWHERE`] for the others. Both slices have the same length.
    ///
    /// # Errors
    /// The map fails.
    pub fn positions(&self, points: &[LonLat], positions: &mut [Position]) -> Result<()> {
        match self {
            Self::Axes(axes) => {
                for (point, position) in points.iter().zip(positions) {
                    *position = axes.position(*point);
                }
            }
            Self::Mapped(mapped) => {
                mapped.map.positions(points, positions)?;
                let (columns, rows) = (mapped.columns as f64, mapped.rows as f64);
                for position in positions {
                    let [column, row] = *position;
                    if !(column >= 0.0 && column < columns && row >= 0.0 && row < rows) {
                        *position = NOWHERE;
                    }
                }
            }
        }
        Ok(())
    }

    /// The points at `positions`, NaN where there is none. Both slices have the same length.
    ///
    /// # Errors
    /// The map fails.
    pub fn places(&self, positions: &[Position], points: &mut [LonLat]) -> Result<()> {
        match self {
            Self::Axes(axes) => {
                for (&[column, row], point) in positions.iter().zip(points) {
                    let lat_deg = axes.lat.value(row).clamp(-90.0, 90.0);
                    *point = LonLat { lon_deg: axes.lon.value(column), lat_deg };
                }
                Ok(())
            }
            Self::Mapped(mapped) => mapped.map.places(positions, points),
        }
    }

    /// True when every point of the globe lies in a pixel.
    pub fn is_global(&self) -> bool {
        matches!(self, Self::Axes(axes) if axes.is_global())
    }

    /// As [`Map::is_smooth`].
    pub fn is_smooth(&self) -> bool {
        match self {
            Self::Axes(_) => true,
            Self::Mapped(mapped) => mapped.map.is_smooth(),
        }
    }

    /// Number of columns after which the raster begins again, where it goes around the globe.
    pub fn period(&self) -> Option<usize> {
        match self {
            Self::Axes(axes) => axes.is_whole_turn.then_some(axes.turn_columns),
            Self::Mapped(_) => None,
        }
    }
}

impl fmt::Debug for Lattice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Axes(axes) => axes.fmt(f),
            Self::Mapped(mapped) => write!(f, "Mapped({} x {})", mapped.columns, mapped.rows),
        }
    }
}

/// A place as a unit vector of the authalic sphere.
pub(in crate::ops) fn unit(authalic: &Authalic, place: LonLat) -> [f64; 3] {
    let (sin_lon, cos_lon) = place.lon_deg.to_radians().sin_cos();
    let (sin_lat, cos_lat) = authalic.authalic_rad(place.lat_deg.to_radians()).sin_cos();
    [cos_lon * cos_lat, sin_lon * cos_lat, sin_lat]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axes(west: f64, columns: usize, step: f64, north: f64, rows: usize) -> Axes {
        let lon = Axis::Regular { first: west, step, count: columns };
        let lat = Axis::Regular { first: north, step: -step.abs(), count: rows };
        Axes::new(lon, lat).unwrap()
    }

    fn at(axes: &Axes, lon_deg: f64, lat_deg: f64) -> Position {
        axes.position(LonLat { lon_deg, lat_deg })
    }

    #[test]
    fn longitudes_wrap_on_every_kind_of_axis() {
        // -180..180, 0..360, eastward from 170 over the antimeridian, westward
        for (west, step) in [(-180.0, 1.0), (0.0, 1.0), (170.0, 1.0), (180.0, -1.0)] {
            let axes = axes(west, 360, step, 90.0, 180);
            assert!(axes.is_whole_turn() && axes.is_global());
            for lon in [-180.0, -179.5, -0.5, 0.5, 179.5, 359.5, 540.5] {
                let [column, _] = at(&axes, lon, 0.0);
                let back = axes.lon.value(column);
                assert!(((back - lon) / 360.0 - ((back - lon) / 360.0).round()).abs() < 1e-12, "{west} {lon}");
                assert!((0.0..360.0).contains(&column));
            }
        }
    }

    #[test]
    fn a_part_of_the_globe_has_ends() {
        let axes = axes(170.0, 20, 1.0, 10.0, 20);
        assert!(!axes.is_whole_turn() && !axes.is_global());
        assert_eq!(at(&axes, -175.5, 9.5), [14.5, 0.5]);
        assert_eq!(at(&axes, 170.0, 10.0), [0.0, 0.0]);
        for (lon, lat) in [(-170.0, 0.0), (169.9, 0.0), (175.0, 10.1), (175.0, -10.0)] {
            assert!(at(&axes, lon, lat)[0].is_nan(), "{lon} {lat}");
        }
    }

    #[test]
    fn rows_beyond_the_poles_are_no_place_and_the_pole_itself_is_one() {
        // Pixels centred on -180, -90 and so on, as in a geoid grid.
        let axes = axes(-180.125, 1440, 0.25, 90.125, 721);
        assert!(axes.is_whole_turn() && axes.is_global());
        assert_eq!(at(&axes, 0.0, 90.0), [720.5, 0.5]);
        assert_eq!(at(&axes, 0.0, -90.0), [720.5, 720.5]);
        let to_the_edge = self::axes(-180.0, 360, 1.0, 90.0, 180);
        assert!(at(&to_the_edge, 0.0, -90.0)[1] < 180.0);
        // Both ends are the same meridian: the first columns serve.
        let doubled = self::axes(-180.125, 1441, 0.25, 90.125, 721);
        assert_eq!((doubled.turn_columns(), doubled.is_whole_turn()), (1440, true));
        assert_eq!(at(&doubled, 180.0, 0.0)[0], 0.5);
    }

    #[test]
    fn gaussian_rows_are_drawn_out_to_the_poles() {
        let lat = Axis::Edges(vec![89.7, 45.0, 0.0, -45.0, -89.7]);
        let lon = Axis::Regular { first: 0.0, step: 90.0, count: 4 };
        let axes = Axes::new(lon.clone(), lat).unwrap().closed_at_poles();
        assert_eq!(axes.lat.ends(), (-90.0, 90.0));
        let short = Axes::new(lon, Axis::Edges(vec![80.0, 79.0, 0.0, -89.0, -89.7])).unwrap().closed_at_poles();
        assert_eq!(short.lat.ends(), (-89.7, 80.0));
    }

    #[test]
    fn numbers_that_are_no_degrees_are_refused() {
        let metres = Axis::Regular { first: 4e6, step: 1000.0, count: 100 };
        let lon = Axis::Regular { first: 0.0, step: 90.0, count: 4 };
        assert!(Axes::new(lon.clone(), metres.clone()).is_err());
        assert!(Axes::new(metres, Axis::Regular { first: f64::NAN, step: 1.0, count: 2 }).is_err());
        assert!(Axes::new(lon, Axis::Regular { first: f64::NAN, step: 1.0, count: 2 }).is_err());
    }
}
