//! The pixels that zones take their values from.

use std::cell::Cell;

use super::covers::Covers;
use super::lattice::{Axes, Lattice, NOWHERE, Position, of_lines};
use super::overlap::{Overlap, Pen};
use crate::cube::Resampling;
use crate::error::Result;
use crate::grid::{Crossings, Grid, LonLat, Zone};

/// The row and column of no pixel.
pub const NO_PIXEL: [u32; 2] = [u32::MAX; 2];

thread_local! {
    /// Kept for the next batch: fresh memory for each would cost more than what is done with it.
    static CROSSINGS: Cell<Crossings> = const { Cell::new(Crossings::NONE) };
}

/// Overlaps smaller than this part of the pixel and of the zone are rounding, where a value is not weighted.
const SLIVER: f64 = 1e-9;

/// Pixels of a batch of zones.
#[derive(Clone, Debug)]
pub enum Footprint {
    /// Row and column of one pixel a zone, or [`NO_PIXEL`].
    Pixels(Vec<[u32; 2]>),
    /// The position of one point a zone, or [`NOWHERE`].
    Points(Vec<Position>),
    /// The pixels that each zone overlaps.
    Covers(Covers),
}

impl Footprint {
    /// Bytes that it takes.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Pixels(pixels) => size_of_val(&pixels[..]),
            Self::Points(points) => size_of_val(&points[..]),
            Self::Covers(covers) => covers.bytes(),
        }
    }
}

/// Finds the footprints of the zones of a level on a raster.
pub struct Footprints<'a> {
    grid: &'a dyn Grid,
    level: u8,
    lattice: &'a Lattice,
    resampling: Resampling,
    overlap: Option<Overlap<'a>>,
}

impl<'a> Footprints<'a> {
    /// For `resampling` by `grid`'s zones at `level` on `lattice`.
    ///
    /// # Errors
    /// A raster too large to be numbered; the lattice's map fails.
    pub fn new(grid: &'a dyn Grid, level: u8, lattice: &'a Lattice, resampling: Resampling) -> Result<Self> {
        let by_area = !matches!(resampling, Resampling::Nearest | Resampling::Bilinear);
        let overlap = by_area.then(|| Overlap::new(grid, level, lattice)).transpose()?;
        Ok(Self { grid, level, lattice, resampling, overlap })
    }

    /// The raster.
    pub fn lattice(&self) -> &'a Lattice {
        self.lattice
    }

    /// How values are made.
    pub fn resampling(&self) -> Resampling {
        self.resampling
    }

    /// The overlaps, where values are made by area.
    pub fn overlap(&self) -> Option<&Overlap<'a>> {
        self.overlap.as_ref()
    }

    /// What a thread draws with, where values are made by area.
    pub fn pen(&self) -> Option<Pen<'_>> {
        self.overlap.as_ref().map(Overlap::pen)
    }

    /// The pixels of `zones`.
    ///
    /// # Errors
    /// Zones that the grid does not have; the lattice's map fails.
    pub fn of(&self, zones: &[Zone], pen: &mut Option<Pen<'_>>) -> Result<Footprint> {
        if let (Some(overlap), Some(pen)) = (&self.overlap, pen) {
            let mut covers = Covers::with_capacity(zones.len());
            overlap.cover(zones, pen, &mut covers)?;
            if !matches!(self.resampling, Resampling::Average | Resampling::Sum) {
                drop_slivers(overlap, zones, &mut covers)?;
            }
            return Ok(Footprint::Covers(covers));
        }
        if let Lattice::Axes(axes) = self.lattice {
            return self.on_axes(axes, zones);
        }
        let mut centroids = vec![LonLat::default(); zones.len()];
        self.grid.centroids(self.level, zones, &mut centroids)?;
        let mut positions = vec![NOWHERE; zones.len()];
        self.lattice.positions(&centroids, &mut positions)?;
        Ok(match self.resampling {
            Resampling::Bilinear => Footprint::Points(positions),
            _ => Footprint::Pixels(positions.iter().map(pixel_of).collect()),
        })
    }

    /// The pixels that hold the centroids of `zones`, or the centroids' positions: columns of meridians, rows of parallels.
    fn on_axes(&self, axes: &Axes, zones: &[Zone]) -> Result<Footprint> {
        let mut crossings = CROSSINGS.take();
        self.grid.crossings(self.level, zones, &mut crossings)?;
        let Crossings { lons_deg: columns, lats_deg: rows, places } = &mut crossings;
        columns.iter_mut().for_each(|line| *line = axes.column(*line));
        rows.iter_mut().for_each(|line| *line = axes.row(*line));
        let footprint = match self.resampling {
            Resampling::Bilinear => {
                let position = |&[column, row]: &[u32; 2]| of_lines(columns[column as usize], rows[row as usize]);
                Footprint::Points(places.iter().map(position).collect())
            }
            _ => {
                // No number of a pixel is so large that it is NaN's.
                let whole = |line: &f64| if line.is_nan() { u32::MAX } else { *line as u32 };
                let columns: Vec<u32> = columns.iter().map(whole).collect();
                let rows: Vec<u32> = rows.iter().map(whole).collect();
                let pixel = |&[column, row]: &[u32; 2]| {
                    let pixel = [rows[row as usize], columns[column as usize]];
                    if pixel.contains(&u32::MAX) { NO_PIXEL } else { pixel }
                };
                Footprint::Pixels(places.iter().map(pixel).collect())
            }
        };
        CROSSINGS.set(crossings);
        Ok(footprint)
    }
}

/// Removes overlaps that only rounding makes.
fn drop_slivers(overlap: &Overlap<'_>, zones: &[Zone], covers: &mut Covers) -> Result<()> {
    covers.retain(|zone, [row, column], part| {
        // The area of a zone is asked for only where it decides.
        Ok(part > SLIVER || part * overlap.pixel_area(row, column) > SLIVER * overlap.zone_area(zones[zone])?)
    })
}

/// Row and column of the pixel at a position.
#[inline]
pub fn pixel_of(position: &Position) -> [u32; 2] {
    let [column, row] = *position;
    if column.is_finite() { [row as u32, column as u32] } else { NO_PIXEL }
}
