//! Where the pixels of a raster lie: from affine transformations, coordinates and CRSs to lattices.

use std::sync::Arc;

use super::curvilinear::Curvilinear;
use super::expansion;
use crate::convention::ellipsoid;
use crate::error::{Error, Result};
use crate::grid::{LonLat, Surface};
use crate::ops::quantise::axis::Axis;
use crate::ops::quantise::lattice::{Axes, Lattice, Map, Mapped, Position};
use crate::store::dataset::{Centres, Locator, Raster};
use crate::store::{Call, Degrees, transform};

/// The lattice of a classic raster, and the surface of its longitudes and latitudes.
///
/// # Errors
/// A raster that does not say where it lies.
pub fn of_raster(call: &Arc<Call>, raster: &Raster) -> Result<(Lattice, Surface)> {
    let (columns, rows) = (raster.columns(), raster.rows());
    let transform = raster.crs_wkt().map(|wkt| Degrees::new(call, wkt)).transpose();
    match raster.geo_transform() {
        Some(affine) => of_affine(affine, columns, rows, transform?),
        None if raster.is_located() => {
            if let Some(Centres { mut x, mut y, crs }) = raster.centres(call)? {
                // Exact, and at ease with poles and the antimeridian, which the transformer is not.
                let crs = crs.map(|crs| Degrees::new(call, &transform::user_crs_to_wkt(call, &crs)?)).transpose()?;
                if let Some(crs) = crs.as_ref().filter(|crs| !crs.is_identity()) {
                    crs.to_degrees(&mut x, &mut y)?;
                }
                return Ok((of_centres(columns, &x, &y)?, crs.map_or_else(wgs84, |crs| surface_of(&crs))));
            }
            let map = Located { locator: Locator::new(call, raster)?, columns, rows };
            Ok((Lattice::Mapped(Mapped::new(columns, rows, Box::new(map))), wgs84()))
        }
        None if raster.has_rpc() => Err(Error::unsupported(
            "the source says where it lies by rational polynomials (RPC), which need heights: rectify it first (gdalwarp -rpc \
             -to RPC_DEM=dem.tif)",
        )),
        None => Err(Error::invalid(
            "the source does not say where it lies: it has neither a geotransform nor ground control points nor \
             geolocation arrays (gdal_translate -a_ullr and -a_srs add them)",
        )),
    }
}

/// The lattice of pixels by an affine transformation: x = a0 + column a1 + row a2, y = a3 + column a4 + row a5.
///
/// # Errors
/// A transformation that cannot be inverted; numbers that are no degrees where there is no CRS.
pub fn of_affine(affine: [f64; 6], columns: usize, rows: usize, crs: Option<Degrees>) -> Result<(Lattice, Surface)> {
    let is_straight = affine[2] == 0.0 && affine[4] == 0.0;
    if is_straight {
        let x = Axis::Regular { first: affine[0], step: affine[1], count: columns };
        let y = Axis::Regular { first: affine[3], step: affine[5], count: rows };
        return of_axes(x, y, crs);
    }
    let affine = Affine::new(affine)?;
    let Some(crs) = crs else {
        return Err(no_crs());
    };
    let surface = surface_of(&crs);
    let map = Projected::new(Plane::Affine(affine), crs);
    Ok((Lattice::Mapped(Mapped::new(columns, rows, Box::new(map))), surface))
}

/// The lattice of pixels between lines x and y of a CRS; without one these must be degrees.
///
/// # Errors
/// Numbers that are no degrees where there is no CRS.
pub fn of_axes(x: Axis, y: Axis, crs: Option<Degrees>) -> Result<(Lattice, Surface)> {
    match crs {
        None => match Axes::new(x, y) {
            Ok(axes) if are_degrees(&axes) => Ok((Lattice::Axes(axes.closed_at_poles()), wgs84())),
            _ => Err(no_crs()),
        },
        Some(crs) if crs.is_identity() => Ok((Lattice::Axes(Axes::new(x, y)?.closed_at_poles()), surface_of(&crs))),
        Some(crs) => {
            let (columns, rows, surface) = (x.count(), y.count(), surface_of(&crs));
            let map = Projected::new(Plane::Axes { x, y }, crs);
            Ok((Lattice::Mapped(Mapped::new(columns, rows, Box::new(map))), surface))
        }
    }
}

/// Whether numbers that nothing tells to be degrees can be: rows may go on beyond the poles, and columns around the globe, but not
/// for long.
fn are_degrees(axes: &Axes) -> bool {
    let within = |(low, high): (f64, f64), limit: f64| low >= -limit && high <= limit;
    within(axes.lat().ends(), 180.0) && within(axes.lon().ends(), 1080.0)
}

/// The lattice of pixels whose centres' longitudes and latitudes are given, row by row.
///
/// # Errors
/// Fewer than two rows or columns; a plane that is not all on the globe.
pub fn of_centres(columns: usize, lon_deg: &[f64], lat_deg: &[f64]) -> Result<Lattice> {
    let map = Curvilinear::new(columns, lon_deg, lat_deg)?;
    let rows = lon_deg.len() / columns.max(1);
    Ok(Lattice::Mapped(Mapped::new(columns, rows, Box::new(map))))
}

pub(super) fn wgs84() -> Surface {
    ellipsoid::named("WGS84").expect("a name that is known")
}

fn no_crs() -> Error {
    Error::invalid(
        "the source has no CRS, and its coordinates are not degrees of longitude and latitude: say which CRS it is in \
         (gdal_translate -a_srs)",
    )
}

/// The surface of a CRS' longitudes and latitudes.
pub(super) fn surface_of(crs: &Degrees) -> Surface {
    let (semi_major_m, inverse_flattening) = crs.ellipsoid();
    if inverse_flattening == 0.0 {
        return Surface::Sphere { radius_m: semi_major_m };
    }
    let found = Surface::Ellipsoid { name: None, semi_major_m, inverse_flattening };
    let is_found = |known: &Surface| match known {
        Surface::Ellipsoid { semi_major_m: a, inverse_flattening: f, .. } => {
            (a - semi_major_m).abs() < 1e-6 && (f - inverse_flattening).abs() < 1e-9
        }
        Surface::Sphere { .. } => false,
    };
    ["WGS84", "GRS80"].into_iter().filter_map(ellipsoid::named).find(is_found).unwrap_or(found)
}

/// An affine transformation and its inverse.
#[derive(Clone, Copy, Debug)]
struct Affine {
    forward: [f64; 6],
    /// Of its linear part.
    determinant: f64,
}

impl Affine {
    fn new(forward: [f64; 6]) -> Result<Self> {
        let determinant = forward[1] * forward[5] - forward[2] * forward[4];
        if determinant == 0.0 || !determinant.is_finite() {
            return Err(Error::invalid(format!("the geotransform {forward:?} has no inverse")));
        }
        Ok(Self { forward, determinant })
    }

    fn to_plane(self, [column, row]: Position) -> (f64, f64) {
        let g = &self.forward;
        (g[0] + column * g[1] + row * g[2], g[3] + column * g[4] + row * g[5])
    }

    fn to_pixels(self, x: f64, y: f64) -> Position {
        let g = &self.forward;
        let (x, y) = (x - g[0], y - g[3]);
        [(x * g[5] - y * g[2]) / self.determinant, (y * g[1] - x * g[4]) / self.determinant]
    }
}

/// Pixels in the plane of a CRS.
enum Plane {
    Affine(Affine),
    Axes { x: Axis, y: Axis },
}

impl Plane {
    /// About how far, in units of the plane, a point may be moved so that its position is moved by a pixel, in any direction.
    fn pixel_size(&self) -> f64 {
        match self {
            Self::Affine(Affine { forward: [_, a, b, _, c, d], determinant }) => {
                determinant.abs() / (b.abs() + d.abs()).max(a.abs() + c.abs())
            }
            Self::Axes { x, y } => x.smallest_pixel().min(y.smallest_pixel()),
        }
    }
}

struct Projected {
    plane: Plane,
    crs: Degrees,
    /// How far, in units of the plane, a position may be from PROJ's.
    tolerance: f64,
}

/// The same in pixels.
const TOLERANCE_PIXELS: f64 = 1e-10;

impl Projected {
    fn new(plane: Plane, crs: Degrees) -> Self {
        let tolerance = TOLERANCE_PIXELS * plane.pixel_size();
        Self { plane, crs, tolerance }
    }
}

impl Map for Projected {
    fn positions(&self, points: &[LonLat], positions: &mut [Position]) -> Result<()> {
        let mut x: Vec<f64> = points.iter().map(|point| point.lon_deg).collect();
        let mut y: Vec<f64> = points.iter().map(|point| point.lat_deg).collect();
        expansion::project(&mut x, &mut y, self.tolerance, &|x, y| self.crs.from_degrees(x, y))?;
        for ((position, &x), &y) in positions.iter_mut().zip(&x).zip(&y) {
            *position = match &self.plane {
                Plane::Affine(affine) => affine.to_pixels(x, y),
                Plane::Axes { x: columns, y: rows } => [columns.position(x), rows.position(y)],
            };
        }
        Ok(())
    }

    fn places(&self, positions: &[Position], points: &mut [LonLat]) -> Result<()> {
        let (mut x, mut y): (Vec<f64>, Vec<f64>) = positions
            .iter()
            .map(|&[column, row]| match &self.plane {
                Plane::Affine(affine) => affine.to_plane([column, row]),
                Plane::Axes { x, y } => (x.value(column), y.value(row)),
            })
            .unzip();
        self.crs.to_degrees(&mut x, &mut y)?;
        for ((point, lon_deg), lat_deg) in points.iter_mut().zip(x).zip(y) {
            *point = LonLat { lon_deg, lat_deg };
        }
        Ok(())
    }

    fn is_smooth(&self) -> bool {
        true
    }
}

/// Pixels that GDAL's own transformer places.
struct Located {
    locator: Locator,
    columns: usize,
    rows: usize,
}

impl Map for Located {
    fn positions(&self, points: &[LonLat], positions: &mut [Position]) -> Result<()> {
        let mut x: Vec<f64> = points.iter().map(|point| point.lon_deg).collect();
        let mut y: Vec<f64> = points.iter().map(|point| point.lat_deg).collect();
        self.locator.transform(true, &mut x, &mut y);
        positions.iter_mut().zip(x).zip(y).for_each(|((position, x), y)| *position = [x, y]);
        // Longitudes of the source may go on beyond 180 degrees, or be counted from 0 to 360.
        let is_inside = |[column, row]: &Position| {
            (0.0..=self.columns as f64).contains(column) && (0.0..=self.rows as f64).contains(row)
        };
        let others: Vec<usize> = (0..points.len()).filter(|at| !is_inside(&positions[*at])).collect();
        let turned = |at: &usize| points[*at].lon_deg + if points[*at].lon_deg < 0.0 { 360.0 } else { -360.0 };
        let mut x: Vec<f64> = others.iter().map(turned).collect();
        let mut y: Vec<f64> = others.iter().map(|at| points[*at].lat_deg).collect();
        self.locator.transform(true, &mut x, &mut y);
        for (at, position) in others.into_iter().zip(x.into_iter().zip(y).map(|(x, y)| [x, y])) {
            if is_inside(&position) {
                positions[at] = position;
            }
        }
        Ok(())
    }

    fn places(&self, positions: &[Position], points: &mut [LonLat]) -> Result<()> {
        let (mut x, mut y): (Vec<f64>, Vec<f64>) = positions.iter().map(|&[column, row]| (column, row)).unzip();
        self.locator.transform(false, &mut x, &mut y);
        for ((point, lon_deg), lat_deg) in points.iter_mut().zip(x).zip(y) {
            *point = LonLat { lon_deg, lat_deg };
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turned_raster_goes_there_and_back() {
        let affine = Affine::new([100.0, 3.0, -1.0, 50.0, 0.5, -2.0]).unwrap();
        let (x, y) = affine.to_plane([12.5, 7.25]);
        let [column, row] = affine.to_pixels(x, y);
        assert!((column - 12.5).abs() < 1e-12 && (row - 7.25).abs() < 1e-12);
        assert!(Affine::new([0.0, 1.0, 2.0, 0.0, 2.0, 4.0]).is_err());
    }

    #[test]
    fn the_surface_is_the_sources_own() {
        let call = Call::capture();
        let of = |crs: &str| {
            let transform = Degrees::new(&call, crs).unwrap();
            of_affine([0.0, 1.0, 0.0, 10.0, 0.0, -1.0], 4, 4, Some(transform)).unwrap()
        };
        let (lattice, surface) = of("EPSG:4326");
        assert!(matches!(lattice, Lattice::Axes(_)));
        assert_eq!(surface, wgs84());
        let (_, surface) = of("+proj=longlat +R=6371229 +no_defs");
        assert_eq!(surface, Surface::Sphere { radius_m: 6_371_229.0 });
        let (lattice, surface) = of("EPSG:3857");
        assert!(matches!(lattice, Lattice::Mapped(_)));
        assert_eq!(surface, wgs84());
    }

    #[test]
    fn without_a_crs_coordinates_must_be_degrees() {
        assert!(of_affine([-10.0, 1.0, 0.0, 10.0, 0.0, -1.0], 4, 4, None).is_ok());
        let error = of_affine([5e5, 30.0, 0.0, 4e6, 0.0, -30.0], 4, 4, None).unwrap_err().to_string();
        assert!(error.contains("-a_srs"), "{error}");
    }
}
