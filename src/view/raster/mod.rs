//! An array of a cube as a georeferenced raster: each pixel's centre is looked up in the grid.
//!
//! - [`open`] answers a connection string with a [`View`]: one raster, or the names of those that a store holds;
//! - [`frame`] says where pixels lie, [`coverage`] where zones do;
//! - [`lookup`] finds the places of a block of pixels in the array, [`tiling`] reads them by chunks, [`render`] brings them
//!   to the caller;
//! - a [`level`] is one array of a pyramid: reduced rasters are read from the coarsest that is fine enough.

mod bands;
mod coverage;
mod frame;
mod level;
mod lookup;
mod open;
mod options;
mod pixels;
mod render;
mod tiling;

use std::sync::Arc;

use once_cell::sync::OnceCell;

use crate::cube::Resampling;
use crate::cube::{self, Array, Group};
use crate::error::{Error, Result};
use crate::store::cache::Cache;
use crate::store::{Call, NumericType, Run, Source, Target};
use crate::view::slice::Slices;
pub use bands::Band;
use frame::Frame;
use level::Level;
use lookup::{Lookup, Sampling};
pub use open::{View, open};
use options::RasterOptions;
pub use pixels::Pixels;
use render::{LookupKey, TileKey};
use tiling::Tile;

/// GDAL's limit on the bands of a dataset.
const MOST_BANDS: u64 = 65_535;

/// A side of a natural block, in pixels.
const BLOCK: usize = 512;

/// Overviews end where a raster is no larger than this.
const LEAST_OVERVIEW: usize = 256;

/// Bytes of lookups that a raster remembers, so that its bands share them.
const LOOKUPS_BYTES: usize = 96 << 20;

/// Bytes of decoded values that a raster remembers.
const TILES_BYTES: usize = 96 << 20;

/// A raster over one array.
pub struct Raster {
    frame: Frame,
    /// The finest level: the array that was named.
    base: Level,
    /// The same array on coarser levels, the finest first; opened when they are first wanted.
    coarser: OnceCell<Vec<Level>>,
    root: Arc<dyn Group>,
    resampling: Resampling,
    slices: Slices,
    bands: Vec<Band>,
    number: NumericType,
    /// What pixels outside the coverage show, one element.
    missing: Vec<u8>,
    /// The same as a number to compare with, where the array has a nodata value.
    missing_number: Option<f64>,
    nodata: Option<Vec<u8>>,
    has_mask: bool,
    metadata: Vec<(String, String)>,
    caches: Caches,
}

/// What a raster remembers, bounded.
struct Caches {
    lookups: Cache<LookupKey, Lookup>,
    tiles: Cache<TileKey, Tile>,
}

impl Raster {
    /// The raster of `array`, of the store with root `root`.
    ///
    /// # Errors
    /// An array that is not numeric or lies on no zones; more bands than GDAL can show; options that do not fit.
    fn new(call: &Arc<Call>, root: Arc<dyn Group>, array: Arc<dyn Array>, options: &RasterOptions) -> Result<Self> {
        let number =
            array.data_type().numeric().map(NumericType::on_host).ok_or_else(|| {
                Error::unsupported("a raster needs numbers; open it as a multidimensional array instead")
            })?;
        if number.is_complex() && options.resampling != Resampling::Nearest {
            return Err(Error::unsupported("complex numbers are only shown with RESAMPLING=NEAREST"));
        }
        let base = Level::new(array.clone()).ok_or_else(|| {
            Error::unsupported("it lies on no zone axis; open it as a multidimensional array instead")
        })?;
        let slices = Slices::new(&*array, base.finder.dimensions(), &options.slice)?;
        if slices.count() > MOST_BANDS {
            let open: Vec<&str> = slices.dimensions().iter().map(|dimension| dimension.name.as_str()).collect();
            return Err(Error::unsupported(format!(
                "{} slices are more than the {MOST_BANDS} bands that GDAL can show: fix some of [{}] with the open option \
                 SLICE=dimension:index,...",
                slices.count(),
                open.join(", ")
            )));
        }
        if slices.count() == 0 {
            return Err(Error::unsupported("it is empty"));
        }
        let geographic = open::geographic_crs(&*array, &base.finder)?;
        let is_global = base.finder.is_global();
        let extent = || if is_global { Ok(None) } else { coverage::extent(call, &base.finder) };
        let frame = Frame::new(call, options, &geographic, base.zone_deg, extent)?;
        let leaves = !is_global || !frame.is_geographic() || frame.leaves_globe();
        let own = array.nodata().filter(|nodata| nodata.len() == number.size()).map(<[u8]>::to_vec);
        let nodata = own.clone().or_else(|| bands::not_a_number(number).filter(|_| leaves));
        let missing_number =
            own.as_deref().filter(|_| !number.is_complex()).map(|own| as_f64(own, number)).transpose()?;
        Ok(Self {
            bands: bands::bands(call, &root, &slices)?,
            metadata: bands::metadata(&*array),
            missing: nodata.clone().unwrap_or_else(|| vec![0; number.size()]),
            has_mask: nodata.is_none() && leaves,
            caches: Caches { lookups: Cache::new(LOOKUPS_BYTES), tiles: Cache::new(TILES_BYTES) },
            coarser: OnceCell::new(),
            resampling: options.resampling,
            frame,
            base,
            root,
            slices,
            number,
            missing_number,
            nodata,
        })
    }

    /// The array.
    pub fn array(&self) -> &dyn Array {
        &*self.base.array
    }

    /// Columns and rows.
    pub fn size(&self) -> (usize, usize) {
        (self.frame.columns, self.frame.rows)
    }

    /// Columns and rows of a natural block.
    pub fn block(&self) -> (usize, usize) {
        (self.frame.columns.min(BLOCK), self.frame.rows.min(BLOCK))
    }

    /// As GDAL's.
    pub fn geotransform(&self) -> [f64; 6] {
        self.frame.geotransform
    }

    /// The raster's CRS as WKT2, axes to be mapped longitude, latitude or east, north.
    pub fn crs_wkt(&self) -> &str {
        &self.frame.crs_wkt
    }

    /// Type of the pixels.
    pub fn number(&self) -> NumericType {
        self.number
    }

    /// The bands, from band 1 on.
    pub fn bands(&self) -> &[Band] {
        &self.bands
    }

    /// The nodata value, one element of [`Raster::number`].
    pub fn nodata(&self) -> Option<&[u8]> {
        self.nodata.as_deref()
    }

    /// True when pixels may lie outside the coverage and no nodata value says so: band 0 does.
    pub fn has_mask(&self) -> bool {
        self.has_mask
    }

    /// What is known of the whole raster, as pairs of text.
    pub fn metadata(&self) -> &[(String, String)] {
        &self.metadata
    }

    /// Columns and rows of the overviews, each half of the one before.
    pub fn overviews(&self) -> Vec<(usize, usize)> {
        let (columns, rows) = self.size();
        let sizes = (1..31u32).map(|k| (columns.div_ceil(1 << k), rows.div_ceil(1 << k)));
        let large = |at: u32| columns.max(rows).div_ceil(1 << at) > LEAST_OVERVIEW;
        sizes.zip(0..).take_while(|(_, at)| large(*at)).map(|(size, _)| size).collect()
    }

    fn level(&self, at: usize) -> &Level {
        match (at.checked_sub(1), self.coarser.get()) {
            (Some(at), Some(coarser)) => &coarser[at],
            _ => &self.base,
        }
    }

    /// Number of the level for pixels `step` times the raster's: the coarsest whose zones are no wider than two such pixels.
    fn level_for(&self, call: &Arc<Call>, step: f64) -> Result<usize> {
        const ABOUT: f64 = 1.01;
        if step < 2.0 / ABOUT || self.base.array.overviews().is_empty() {
            return Ok(0);
        }
        let coarser = self.coarser.get_or_try_init(|| self.open_coarser(call))?;
        let widest = 2.0 * ABOUT * step * self.frame.pixel_deg;
        Ok(coarser.iter().rposition(|level| level.zone_deg <= widest).map_or(0, |at| at + 1))
    }

    /// The same array on the coarser levels of the pyramid, as far as it is the same there.
    fn open_coarser(&self, call: &Arc<Call>) -> Result<Vec<Level>> {
        let mut levels = Vec::new();
        for name in self.base.array.overviews() {
            let Some(array) = cube::array_at(&self.root, call, name)? else { continue };
            let same_type = array.data_type() == self.base.array.data_type();
            let Some(level) = Level::new(array).filter(|_| same_type) else { continue };
            let slices = Slices::new(&*level.array, level.finder.dimensions(), &Default::default())?;
            let shape = |slices: &Slices| -> Vec<(String, u64)> {
                slices.dimensions().iter().map(|dimension| (dimension.name.clone(), dimension.size)).collect()
            };
            if shape(&slices) == shape(&self.slices) {
                levels.push(level);
            }
        }
        Ok(levels)
    }

    /// How pixels `step` times the raster's are made of the zones of `level`.
    fn sampling(&self, level: &Level, step: f64) -> Sampling {
        const MOST: f64 = 16.0;
        match self.resampling {
            Resampling::Nearest => Sampling::Centre,
            Resampling::Bilinear => Sampling::Interpolated,
            // The only other one that the open option admits: the average.
            _ => {
                let side = 2.0 * step.max(1.0) * self.frame.pixel_deg / level.zone_deg;
                Sampling::Spread(side.ceil().clamp(2.0, MOST) as usize)
            }
        }
    }

    /// Means as elements of the raster's type; NaN is what lies outside.
    fn as_shown(&self, values: &[f64]) -> Result<Vec<u8>> {
        let size = self.number.size();
        let mut shown = vec![0; values.len() * size];
        let source =
            Source { bytes: bytemuck::cast_slice(values), data_type: NumericType::Float64, shape: &[values.len()] };
        let mut target = Target::from_bytes(&mut shown, self.number, &[values.len()])?;
        target.copy_from(&source, &[&[Run::whole(0, values.len())]])?;
        for (value, element) in values.iter().zip(shown.chunks_exact_mut(size)).filter(|(value, _)| value.is_nan()) {
            debug_assert!(value.is_nan());
            element.copy_from_slice(&self.missing);
        }
        Ok(shown)
    }
}

/// One element as a number to calculate with.
fn as_f64(element: &[u8], number: NumericType) -> Result<f64> {
    let mut value = [0f64];
    let source = Source { bytes: element, data_type: number, shape: &[1] };
    Target::from_slice(&mut value, &[1])?.copy_from(&source, &[&[Run::whole(0, 1)]])?;
    Ok(value[0])
}
