//! Pixels of a raster: looked up at once, each chunk read once, gathered in parallel.

use std::sync::Arc;

use rayon::prelude::*;

use super::level::Level;
use super::lookup::{Batch, Lookup, Place, Sampling};
use super::pixels::Pixels;
use super::tiling::{Tile, Wanted};
use super::{Caches, Raster};
use crate::error::{Error, Kind, Result};
use crate::store::{self, Call, NumericType, Run, Source, Target};

/// Places looked up at a time.
const PLACES_AT_ONCE: usize = 1 << 21;

/// The most bytes of values that one block of pixels takes: more is read in parts.
const VALUES_BYTES: u64 = 256 << 20;

/// So few pixels are never read in parts.
const FEW_PIXELS: usize = 64;

/// Which lookup: level and pixels.
pub(super) type LookupKey = (usize, [u64; 4], [usize; 2]);

/// Which tile: level, number along the zones, tile along the other axes.
pub(super) type TileKey = (usize, u64, Vec<u64>);

/// A band that is read: which slice of the array, or the mask.
#[derive(Clone, Debug)]
enum Band {
    Mask,
    /// The tile along the other axes, and the slice's number in it.
    Slice(Vec<u64>, usize),
}

impl Raster {
    /// Reads `pixels` of `bands`, counted from 1 (0: the mask, 255 inside the coverage), into `target`, whose axes are bands,
    /// rows and columns. `progress` hears which share is done, and stops the reading by `false`.
    ///
    /// # Errors
    /// A band or a target that does not fit; a chunk that cannot be read; [`Kind::Cancelled`].
    pub fn read(
        &self,
        call: &Arc<Call>,
        pixels: &Pixels,
        bands: &[usize],
        target: Target<'_>,
        progress: &mut dyn FnMut(f64) -> bool,
    ) -> Result<()> {
        if target.counts() != [bands.len(), pixels.rows, pixels.columns] {
            let message = format!("a buffer of {:?} for {} bands of {pixels:?}", target.counts(), bands.len());
            return Err(Error::invalid(message));
        }
        if bands.iter().any(|band| *band > self.bands.len()) {
            return Err(Error::invalid(format!("bands {bands:?} of {}", self.bands.len())));
        }
        let numbers = [pixels.first_column, pixels.first_row, pixels.column_step, pixels.row_step];
        if !numbers.iter().all(|number| number.is_finite()) || pixels.column_step.min(pixels.row_step) <= 0.0 {
            return Err(Error::invalid(format!("pixels that lie nowhere: {pixels:?}")));
        }
        let at = self.level_for(call, pixels.step())?;
        let level = self.level(at);
        let bands: Vec<Band> = bands.iter().map(|band| self.band(level, *band)).collect();
        let sampling = self.sampling(level, pixels.step());
        let block = Block { raster: self, call, at, level, sampling, bands: &bands };
        let rows = (PLACES_AT_ONCE / sampling.places() / pixels.columns.max(1)).max(1);
        let total = pixels.rows.max(1) as f64;
        for (first, part) in target.batches(1, rows) {
            let rows = part.counts()[1];
            block.read(&pixels.part(0, first, pixels.columns, rows), part)?;
            if !progress((first + rows) as f64 / total) {
                return Err(Error::new(Kind::Cancelled, "reading was cancelled"));
            }
        }
        Ok(())
    }

    fn band(&self, level: &Level, number: usize) -> Band {
        match number.checked_sub(1) {
            None => Band::Mask,
            Some(index) => {
                let (tile, slice) = level.tiling.slice(&self.slices.indices(index as u64));
                Band::Slice(tile, slice)
            }
        }
    }
}

/// Pixels of some bands of one level.
struct Block<'a> {
    raster: &'a Raster,
    call: &'a Arc<Call>,
    /// Number of the level.
    at: usize,
    level: &'a Level,
    sampling: Sampling,
    bands: &'a [Band],
}

impl Block<'_> {
    /// Reads `pixels` into `target`, in parts where their values would take too much memory.
    fn read(&self, pixels: &Pixels, target: Target<'_>) -> Result<()> {
        if pixels.count() == 0 || self.bands.is_empty() {
            return Ok(());
        }
        let lookup = self.lookup(pixels)?;
        if pixels.count() > FEW_PIXELS && self.bytes(&lookup) > VALUES_BYTES {
            drop(lookup);
            let (columns, rows) = (pixels.columns, pixels.rows);
            if rows >= columns {
                let (above, below) = target.split_at(1, rows / 2);
                self.read(&pixels.part(0, 0, columns, rows / 2), above)?;
                return self.read(&pixels.part(0, rows / 2, columns, rows - rows / 2), below);
            }
            let (left, right) = target.split_at(2, columns / 2);
            self.read(&pixels.part(0, 0, columns / 2, rows), left)?;
            return self.read(&pixels.part(columns / 2, 0, columns - columns / 2, rows), right);
        }
        // Bands that lie in the same tiles together.
        let mut target = target;
        let mut done = vec![false; self.bands.len()];
        while let Some(first) = done.iter().position(|done| !done) {
            let others = |band: &Band| match band {
                Band::Mask => None,
                Band::Slice(others, _) => Some(others.clone()),
            };
            let wanted = others(&self.bands[first]);
            let group: Vec<usize> = (first..done.len()).filter(|at| others(&self.bands[*at]) == wanted).collect();
            let tiles = match &wanted {
                Some(others) => self.tiles(&lookup, others)?,
                None => Vec::new(),
            };
            for band in group {
                done[band] = true;
                let part = target.reborrow().narrow(0, band, 1);
                self.gather(&lookup, &tiles, &self.bands[band], pixels, part)?;
            }
        }
        Ok(())
    }

    /// The pixels looked up, or remembered from another band.
    fn lookup(&self, pixels: &Pixels) -> Result<Arc<Lookup>> {
        let numbers = [pixels.first_column, pixels.first_row, pixels.column_step, pixels.row_step];
        let key: LookupKey = (self.at, numbers.map(f64::to_bits), [pixels.columns, pixels.rows]);
        let Caches { lookups, .. } = &self.raster.caches;
        if let Some(known) = lookups.get(&key) {
            return Ok(known);
        }
        let made = Arc::new(Lookup::new(self.call, &self.raster.frame, self.level, self.sampling, pixels)?);
        lookups.put(key, made.clone(), made.size());
        Ok(made)
    }

    /// Type of the values that are kept: the array's own, or numbers to calculate with.
    fn number(&self) -> NumericType {
        match self.sampling {
            Sampling::Centre => self.raster.number,
            Sampling::Interpolated | Sampling::Spread(_) => NumericType::Float64,
        }
    }

    /// Bytes of values of the tiles of `lookup`, for the slices that take the most.
    fn bytes(&self, lookup: &Lookup) -> u64 {
        let (tiling, size) = (&self.level.tiling, self.number().size());
        let of = |band: &Band| match band {
            Band::Mask => 0,
            Band::Slice(others, _) => {
                let bytes = lookup.tiles.iter().map(|wanted| tiling.bytes(tiling.worth_reading(*wanted), others, size));
                bytes.fold(0, u64::saturating_add)
            }
        };
        self.bands.iter().map(of).max().unwrap_or(0)
    }

    /// The values of the tiles of `lookup`, one after the other.
    fn tiles(&self, lookup: &Lookup, others: &[u64]) -> Result<Vec<Arc<Tile>>> {
        let (tiling, cache) = (&self.level.tiling, &self.raster.caches.tiles);
        let read = |wanted: &Wanted| -> Result<Arc<Tile>> {
            let wanted = tiling.worth_reading(*wanted);
            let key: TileKey = (self.at, wanted.number, others.to_vec());
            if let Some(known) = cache.get(&key) {
                return Ok(known);
            }
            let tile = Arc::new(tiling.read(self.call, &*self.level.array, wanted, others, self.number())?);
            if tiling.is_whole(wanted) {
                cache.put(key, tile.clone(), tile.len());
            }
            Ok(tile)
        };
        match &lookup.tiles[..] {
            [] => Ok(Vec::new()),
            [only] => Ok(vec![read(only)?]),
            several => store::pool::install(self.call, || several.par_iter().map(read).collect())?,
        }
    }

    /// Brings one band's pixels to the caller.
    fn gather(
        &self,
        lookup: &Lookup,
        tiles: &[Arc<Tile>],
        band: &Band,
        pixels: &Pixels,
        target: Target<'_>,
    ) -> Result<()> {
        let disjoint = target.is_disjoint();
        let work = |(batch, (_, mut part)): (&Batch, (usize, Target<'_>))| -> Result<()> {
            let rows = part.counts()[1];
            let shape = [1, rows, pixels.columns];
            let (bytes, data_type) = match (band, self.sampling) {
                (Band::Mask, _) => (self.mask(batch), NumericType::UInt8),
                (Band::Slice(_, slice), Sampling::Centre) => (self.nearest(batch, tiles, *slice), self.raster.number),
                (Band::Slice(_, slice), _) => {
                    let values = self.weighted(batch, tiles, *slice);
                    (self.raster.as_shown(&values)?, self.raster.number)
                }
            };
            let whole = shape.map(|count| [Run::whole(0, count)]);
            let runs: Vec<&[Run]> = whole.iter().map(|run| &run[..]).collect();
            part.copy_from(&Source { bytes: &bytes, data_type, shape: &shape }, &runs)
        };
        let parts = lookup.batches.iter().zip(target.batches(1, pixels.rows_a_batch()));
        let parts: Vec<_> = parts.collect();
        if parts.len() == 1 || !disjoint {
            return parts.into_iter().try_for_each(work);
        }
        store::pool::install(self.call, || parts.into_par_iter().try_for_each(work))?
    }

    /// 255 where any of a pixel's zones is in the coverage.
    fn mask(&self, batch: &Batch) -> Vec<u8> {
        let places = batch.places.chunks_exact(self.sampling.places());
        places.map(|places| if places.iter().all(|place| place.is_nowhere()) { 0 } else { 255 }).collect()
    }

    fn nearest(&self, batch: &Batch, tiles: &[Arc<Tile>], slice: usize) -> Vec<u8> {
        let values = slices(batch, tiles, slice);
        let missing = &self.raster.missing[..];
        match self.raster.number.size() {
            1 => gather_elements::<1>(&batch.places, &values, missing),
            2 => gather_elements::<2>(&batch.places, &values, missing),
            4 => gather_elements::<4>(&batch.places, &values, missing),
            8 => gather_elements::<8>(&batch.places, &values, missing),
            _ => gather_elements::<16>(&batch.places, &values, missing),
        }
    }

    /// Weighted means of each pixel's zones that have a value, NaN where too few have: in an interpolation those of half
    /// the weight, in a mean over the pixel one.
    fn weighted(&self, batch: &Batch, tiles: &[Arc<Tile>], slice: usize) -> Vec<f64> {
        let values = slices(batch, tiles, slice);
        let each = self.sampling.places();
        let least = if self.sampling == Sampling::Interpolated { 0.5 } else { f64::MIN_POSITIVE };
        let missing = self.raster.missing_number;
        let mean = |(pixel, places): (usize, &[Place])| {
            let (mut sum, mut weight) = (0.0, 0.0);
            for (k, place) in places.iter().enumerate().filter(|(_, place)| !place.is_nowhere()) {
                let (bytes, first) = values[place.tile as usize];
                let at = (place.zone - first) as usize * size_of::<f64>();
                let value = f64::from_ne_bytes(bytes[at..at + size_of::<f64>()].try_into().expect("eight bytes"));
                if value.is_nan() || Some(value) == missing {
                    continue;
                }
                let share = batch.weights.get(pixel * each + k).map_or(1.0, |weight| f64::from(*weight));
                (sum, weight) = (sum + share * value, weight + share);
            }
            if weight >= least { sum / weight } else { f64::NAN }
        };
        batch.places.chunks_exact(each).enumerate().map(mean).collect()
    }
}

/// One slice of each of a batch's tiles, and which zone it begins with.
fn slices<'t>(batch: &Batch, tiles: &'t [Arc<Tile>], slice: usize) -> Vec<(&'t [u8], u32)> {
    batch.tiles.iter().map(|tile| tiles[*tile as usize].slice(slice)).collect()
}

/// The elements of `SIZE` bytes at `places`.
fn gather_elements<const SIZE: usize>(places: &[Place], values: &[(&[u8], u32)], missing: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; places.len() * SIZE];
    let mut elements = bytes.as_chunks_mut::<SIZE>().0.iter_mut();
    for run in places.chunk_by(|a, b| a.tile == b.tile) {
        let places = run.iter().zip(&mut elements);
        match values.get(run[0].tile as usize) {
            Some((slice, first)) => {
                let slice = slice.as_chunks::<SIZE>().0;
                places.for_each(|(place, element)| *element = slice[(place.zone - first) as usize]);
            }
            None => places.for_each(|(_, element)| element.copy_from_slice(missing)),
        }
    }
    bytes
}
