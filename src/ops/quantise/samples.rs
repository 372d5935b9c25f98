//! Samples of a raster's pixels: how large they are, and about where.

use super::lattice::{Lattice, unit};
use super::overlap::Overlap;
use crate::error::{Error, Result};
use crate::grid::authalic::Authalic;
use crate::grid::{Grid, LonLat};

/// The coarsest level whose zones are not larger than the raster's largest pixels.
///
/// # Errors
/// A raster without a pixel on the globe; the lattice's map fails.
pub fn level_of(grid: &dyn Grid, lattice: &Lattice) -> Result<u8> {
    let mut largest = 0f64;
    let samples = Samples::of(lattice)?;
    let overlap = Overlap::new(grid, 0, lattice)?;
    for (position, _) in samples.inside() {
        largest = largest.max(overlap.pixel_area(position[1] as u32, position[0] as u32));
    }
    if largest == 0.0 {
        return Err(Error::invalid("the source has no pixel on the globe"));
    }
    let globe = 4.0 * std::f64::consts::PI;
    // A hair more: a level whose zones are as large as pixels, to rounding, will do.
    let fits = |level: &u8| globe / grid.zone_count(*level) as f64 <= largest * (1.0 + 1e-6);
    Ok((0..=grid.max_level()).find(fits).unwrap_or(grid.max_level()))
}

/// Corners of pixels, evenly spread, and where they lie.
pub(super) struct Samples {
    columns: usize,
    positions: Vec<[f64; 2]>,
    places: Vec<LonLat>,
    shape: [f64; 2],
}

/// Most samples along a side.
const SAMPLES: usize = 256;

impl Samples {
    pub(super) fn of(lattice: &Lattice) -> Result<Self> {
        let (columns, rows) = (lattice.columns(), lattice.rows());
        let steps = |count: usize| {
            let parts = count.min(SAMPLES);
            (0..=parts).map(move |part| (count * part / parts) as f64).collect::<Vec<f64>>()
        };
        let (xs, ys) = (steps(columns), steps(rows));
        let positions: Vec<[f64; 2]> = ys.iter().flat_map(|y| xs.iter().map(move |x| [*x, *y])).collect();
        let mut places = vec![LonLat::default(); positions.len()];
        lattice.places(&positions, &mut places)?;
        Ok(Self { columns: xs.len(), positions, places, shape: [columns as f64, rows as f64] })
    }

    /// The places that are on the globe.
    pub(super) fn places(&self) -> impl Iterator<Item = LonLat> + '_ {
        self.places.iter().copied().filter(|place| place.lon_deg.is_finite() && place.lat_deg.abs() <= 90.0)
    }

    /// The samples that are a pixel's first corner on the globe.
    fn inside(&self) -> impl Iterator<Item = ([f64; 2], LonLat)> + '_ {
        let all = self.positions.iter().copied().zip(self.places.iter().copied());
        all.filter(|(position, place)| {
            position[0] < self.shape[0] && position[1] < self.shape[1] && place.lon_deg.is_finite()
        })
    }

    /// The largest angle between a sample and the next in its row or column.
    pub(super) fn spacing_rad(&self) -> f64 {
        let sphere = Authalic::sphere();
        let units: Vec<[f64; 3]> = self.places.iter().map(|place| unit(&sphere, *place)).collect();
        let apart = |a: usize, b: usize| (0..3).map(|k| (units[a][k] - units[b][k]).powi(2)).sum::<f64>().sqrt();
        let mut widest = 0f64;
        for at in 0..units.len() {
            for other in [at + 1, at + self.columns] {
                let same_row = other != at + 1 || other % self.columns != 0;
                if other < units.len() && same_row && apart(at, other).is_finite() {
                    widest = widest.max(apart(at, other));
                }
            }
        }
        widest
    }
}
