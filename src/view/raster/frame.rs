//! Where the pixels of a raster lie: CRS, geotransform, size, and the longitude and latitude of any place on it.

use std::sync::Arc;

use super::coverage::Extent;
use super::options::RasterOptions;
use crate::error::{Context, Error, Result};
use crate::store::Call;
use crate::store::transform::{self, Transform};

/// Radius in metres of the sphere with WGS 84's area.
const EARTH_RADIUS_M: f64 = 6_371_007.180_9;

/// A share of a pixel by which a width may exceed a whole number of them before there is one more.
const SLACK: f64 = 1e-6;

/// The pixels of a raster, and where they lie.
#[derive(Debug)]
pub(super) struct Frame {
    /// The raster's CRS.
    pub(super) crs_wkt: String,
    /// From this CRS to the grid's longitudes and latitudes, where they are not the same.
    to_geographic: Option<Transform>,
    /// True when pixels lie outside of the CRS' map, where some projections repeat what is inside.
    leaves_map: bool,
    /// Left edge, width of a pixel, 0; upper edge, 0, height of a pixel (negative).
    pub(super) geotransform: [f64; 6],
    pub(super) columns: usize,
    pub(super) rows: usize,
    /// Roughly the size of a pixel, in degrees on the globe.
    pub(super) pixel_deg: f64,
}

impl Frame {
    /// The frame that `options` ask for, over a grid whose longitudes and latitudes are in the CRS `geographic`, and whose
    /// zones are about `zone_deg` degrees wide. `extent` finds where zones are; it gives `None` for the whole globe.
    ///
    /// # Errors
    /// A CRS that is unknown, or whose extent is; a box without pixels; more pixels than GDAL can count.
    pub(super) fn new(
        call: &Arc<Call>,
        options: &RasterOptions,
        geographic: &str,
        zone_deg: f64,
        extent: impl FnOnce() -> Result<Option<Extent>>,
    ) -> Result<Self> {
        // GDAL's own spelling of both, so that the same CRS is seen to be the same.
        let geographic = transform::user_crs_to_wkt(call, geographic)?;
        let crs = options.crs.as_deref().map(|crs| transform::user_crs_to_wkt(call, crs)).transpose();
        match crs.context(|| "open option CRS".into())? {
            Some(crs) if crs != geographic => Self::projected(options, crs, &geographic, zone_deg, extent),
            _ => Self::geographic(options, geographic, zone_deg, extent),
        }
    }

    fn geographic(
        options: &RasterOptions,
        crs_wkt: String,
        zone_deg: f64,
        extent: impl FnOnce() -> Result<Option<Extent>>,
    ) -> Result<Self> {
        const MOST_ROWS: f64 = (1u32 << 29) as f64;
        let rows = (360.0 / zone_deg).ceil().clamp(1.0, MOST_ROWS);
        let (width, height) = options.pixel.unwrap_or((180.0 / rows, 180.0 / rows));
        let (west, north, columns, rows) = match (options.bbox_deg, options.bbox_deg.map_or_else(extent, |_| Ok(None))?)
        {
            (Some([west, south, east, north]), _) => (west, north, (east - west) / width, (north - south) / height),
            (None, None) => (-180.0, 90.0, 360.0 / width, 180.0 / height),
            (None, Some(Extent { west_deg, south_deg, east_deg, north_deg })) => {
                // Whole pixels of the global raster.
                let first = ((west_deg + 180.0) / width).floor();
                let last = match east_deg - west_deg >= 360.0 {
                    true => first + (360.0 / width - SLACK).ceil(),
                    false => ((east_deg + 180.0) / width).ceil(),
                };
                let top = ((90.0 - north_deg) / height).floor().max(0.0);
                let bottom = ((90.0 - south_deg) / height).ceil().min((180.0 / height - SLACK).ceil());
                (-180.0 + first * width, 90.0 - top * height, last - first, bottom - top)
            }
        };
        let pixel_deg = width.max(height);
        Self {
            crs_wkt,
            to_geographic: None,
            leaves_map: false,
            geotransform: [west, width, 0.0, north, 0.0, -height],
            columns: 0,
            rows: 0,
            pixel_deg,
        }
        .sized(columns, rows)
    }

    fn projected(
        options: &RasterOptions,
        crs_wkt: String,
        geographic: &str,
        zone_deg: f64,
        extent: impl FnOnce() -> Result<Option<Extent>>,
    ) -> Result<Self> {
        let place = || "open option CRS".to_owned();
        let facts = transform::crs_facts(&crs_wkt).context(place)?;
        let to_geographic = Transform::new(&crs_wkt, geographic).context(place)?;
        let shown = match options.bbox_deg {
            Some([west_deg, south_deg, east_deg, north_deg]) => Extent { west_deg, south_deg, east_deg, north_deg },
            None => match (facts.area_of_use_deg.map(Extent::of_area), extent()?) {
                (Some(area), None) => area,
                (None, Some(extent)) => extent,
                (Some(area), Some(extent)) => extent.intersection(&area).ok_or_else(|| {
                    Error::invalid(format!("the cube lies outside of the CRS' area of use, {area}")).context(place())
                })?,
                (None, None) => {
                    return Err(Error::invalid(
                        "the CRS has no area of use: say with the open option BBOX=west,south,east,north (degrees) what to show",
                    )
                    .context(place()));
                }
            },
        };
        let [west, south, mut east, north] = to_geographic.bounds_of(shown.as_box()).context(place)?;
        let degree = if facts.is_geographic {
            1f64.to_radians() / facts.unit
        } else {
            1f64.to_radians() * EARTH_RADIUS_M / facts.unit
        };
        if facts.is_geographic && east <= west {
            east += 360.0 * degree;
        }
        let half_zone = zone_deg / 2.0 * degree;
        let size = (east - west) / ((east - west) / half_zone - SLACK).ceil().max(1.0);
        let (width, height) = options.pixel.unwrap_or((size, size));
        let pixel_deg = width.max(height) / degree;
        let geotransform = [west, width, 0.0, north, 0.0, -height];
        let frame = Self {
            crs_wkt,
            to_geographic: Some(to_geographic),
            leaves_map: false,
            geotransform,
            columns: 0,
            rows: 0,
            pixel_deg,
        };
        let frame = frame.sized((east - west) / width, (north - south) / height)?;
        // A geographic CRS goes round and round.
        if facts.is_geographic { Ok(frame) } else { frame.sampled() }
    }

    /// Looks at an even sample of the pixels, those at the edges among them, whether they lie on the map.
    fn sampled(mut self) -> Result<Self> {
        const SIDE: usize = 65;
        let along = |count: usize| -> Vec<f64> {
            (0..SIDE).map(|k| 0.5 + (count - 1) as f64 * k as f64 / (SIDE - 1) as f64).collect()
        };
        let (across, down) = (along(self.columns), along(self.rows));
        let mut xs: Vec<f64> = down.iter().flat_map(|_| across.iter().copied()).collect();
        let mut ys: Vec<f64> = down.iter().flat_map(|y| std::iter::repeat_n(*y, SIDE)).collect();
        self.leaves_map = true;
        self.to_degrees(&mut xs, &mut ys)?;
        self.leaves_map = !xs.iter().chain(&ys).all(|degrees| degrees.is_finite());
        Ok(self)
    }

    /// With so many columns and rows, which need not be whole numbers.
    fn sized(mut self, columns: f64, rows: f64) -> Result<Self> {
        let whole = |count: f64| (count - SLACK).ceil().max(1.0);
        let (columns, rows) = (whole(columns), whole(rows));
        if !(columns <= f64::from(i32::MAX) && rows <= f64::from(i32::MAX)) {
            return Err(Error::invalid(format!(
                "a raster of {columns} x {rows} pixels is larger than GDAL can show: choose larger pixels with the open option \
                 RES, or a part with BBOX"
            )));
        }
        (self.columns, self.rows) = (columns as usize, rows as usize);
        Ok(self)
    }

    /// True when every pixel lies on the globe, in whatever part.
    pub(super) fn is_geographic(&self) -> bool {
        self.to_geographic.is_none()
    }

    /// True when pixels lie beyond a pole.
    pub(super) fn leaves_globe(&self) -> bool {
        let [_, _, _, top, _, height] = self.geotransform;
        let bottom = top + (self.rows as f64 - 0.5) * height;
        self.is_geographic() && (top + 0.5 * height > 90.0 || bottom < -90.0)
    }

    /// Makes longitudes infinite where the place `asked` for is not the one that they have on the map.
    fn drop_repeated(
        &self,
        transform: &Transform,
        asked: (&[f64], &[f64]),
        lon: &mut [f64],
        lat: &[f64],
    ) -> Result<()> {
        const SHARE_OF_A_PIXEL: f64 = 0.01;
        let (mut xs, mut ys) = (lon.to_vec(), lat.to_vec());
        transform.inverse(&mut xs, &mut ys)?;
        let [_, width, _, _, _, height] = self.geotransform.map(f64::abs);
        let is_there = |at: usize| {
            (xs[at] - asked.0[at]).abs() <= SHARE_OF_A_PIXEL * width
                && (ys[at] - asked.1[at]).abs() <= SHARE_OF_A_PIXEL * height
        };
        for (at, lon) in lon.iter_mut().enumerate() {
            if !is_there(at) {
                *lon = f64::INFINITY;
            }
        }
        Ok(())
    }

    /// The longitude of each of `columns` of a geographic frame, in place; as [`Frame::to_degrees`].
    pub(super) fn longitudes(&self, columns: &mut [f64]) {
        let [left, width, ..] = self.geotransform;
        columns.iter_mut().for_each(|x| *x = left + *x * width);
    }

    /// The latitude of each of `rows` of a geographic frame, in place; as [`Frame::to_degrees`].
    pub(super) fn latitudes(&self, rows: &mut [f64]) {
        let [.., top, _, height] = self.geotransform;
        rows.iter_mut().for_each(|y| *y = top + *y * height);
        within_poles(rows);
    }

    /// From columns and rows, counted in pixels from the upper left corner, to longitudes and latitudes in degrees, in place;
    /// what lies on no part of the globe becomes infinite.
    ///
    /// # Errors
    /// PROJ fails.
    pub(super) fn to_degrees(&self, columns: &mut [f64], rows: &mut [f64]) -> Result<()> {
        let [left, width, _, top, _, height] = self.geotransform;
        columns.iter_mut().for_each(|x| *x = left + *x * width);
        rows.iter_mut().for_each(|y| *y = top + *y * height);
        if let Some(transform) = &self.to_geographic {
            let asked = self.leaves_map.then(|| (columns.to_vec(), rows.to_vec()));
            transform.forward(columns, rows)?;
            if let Some((xs, ys)) = asked {
                self.drop_repeated(transform, (&xs, &ys), columns, rows)?;
            }
        }
        within_poles(rows);
        Ok(())
    }
}

/// A hair beyond a pole, by rounding, is the pole; more is nowhere.
fn within_poles(lat_deg: &mut [f64]) {
    for latitude in lat_deg.iter_mut().filter(|latitude| latitude.abs() > 90.0) {
        *latitude = if latitude.abs() < 90.0 + 1e-9 { latitude.clamp(-90.0, 90.0) } else { f64::INFINITY };
    }
}
