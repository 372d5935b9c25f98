//! Places on the border of a raster, as close to each other as is asked for.

use super::lattice::{Lattice, Position, unit};
use crate::error::Result;
use crate::grid::LonLat;
use crate::grid::authalic::Authalic;

/// Places along a side to begin with, less one.
const PARTS: usize = 128;

/// Places are not looked for between two that are closer than this part of a side: the map is torn there, or ends.
const CLOSEST: f64 = 1e-9;

/// Places on the sides of a raster beyond which there may be places in no pixel.
pub(super) struct Border<'a> {
    lattice: &'a Lattice,
    sides: Vec<Side>,
}

struct Side {
    from: Position,
    to: Position,
    samples: Vec<Sample>,
}

#[derive(Clone, Copy)]
struct Sample {
    /// Where on the side, in [0, 1].
    at: f64,
    place: LonLat,
    /// The place in space; NaN where it is not on the globe.
    unit: [f64; 3],
}

impl<'a> Border<'a> {
    /// Some places on each side.
    ///
    /// # Errors
    /// The lattice's map fails.
    pub(super) fn new(lattice: &'a Lattice) -> Result<Self> {
        let (columns, rows) = (lattice.columns() as f64, lattice.rows() as f64);
        let [first, right, last, left]: [Position; 4] = [[0.0, 0.0], [columns, 0.0], [columns, rows], [0.0, rows]];
        let mut ends = vec![(first, right), (left, last)];
        // Where the raster goes around the globe the next column is the first again.
        if lattice.period().is_none() {
            ends.extend([(first, left), (right, last)]);
        }
        let parts: Vec<f64> = (0..=PARTS).map(|part| part as f64 / PARTS as f64).collect();
        let mut border = Self { lattice, sides: Vec::new() };
        for (from, to) in ends {
            let side = Side { from, to, samples: Vec::new() };
            let samples = border.samples(&side, &parts)?;
            border.sides.push(Side { samples, ..side });
        }
        Ok(border)
    }

    /// Adds places until neighbours are at most `apart` from each other, as a chord of the sphere of radius 1.
    ///
    /// # Errors
    /// The lattice's map fails.
    pub(super) fn refine(&mut self, apart: f64) -> Result<()> {
        for index in 0..self.sides.len() {
            loop {
                let side = &self.sides[index];
                let is_wide = |pair: &&[Sample]| {
                    let [a, b] = [pair[0], pair[1]];
                    let chord = (0..3).map(|k| (a.unit[k] - b.unit[k]).powi(2)).sum::<f64>().sqrt();
                    // Where one of the two is not on the globe, the chord is no number.
                    let is_on = a.unit[0].is_finite() || b.unit[0].is_finite();
                    is_on && (chord > apart || chord.is_nan()) && b.at - a.at > CLOSEST
                };
                let between = side.samples.windows(2).filter(is_wide).map(|pair| (pair[0].at + pair[1].at) / 2.0);
                let between: Vec<f64> = between.collect();
                if between.is_empty() {
                    break;
                }
                let added = self.samples(side, &between)?;
                let samples = &mut self.sides[index].samples;
                samples.extend(added);
                samples.sort_unstable_by(|a, b| a.at.total_cmp(&b.at));
            }
        }
        Ok(())
    }

    /// The places that are on the globe.
    pub(super) fn places(&self) -> impl Iterator<Item = LonLat> + '_ {
        let all = self.sides.iter().flat_map(|side| &side.samples);
        all.filter(|sample| sample.unit[0].is_finite()).map(|sample| sample.place)
    }

    fn samples(&self, side: &Side, parts: &[f64]) -> Result<Vec<Sample>> {
        let along = |at: f64| [0, 1].map(|k| side.from[k] + (side.to[k] - side.from[k]) * at);
        let positions: Vec<Position> = parts.iter().map(|at| along(*at)).collect();
        let mut places = vec![LonLat::default(); parts.len()];
        self.lattice.places(&positions, &mut places)?;
        let sphere = Authalic::sphere();
        let sample = |(&at, place): (&f64, LonLat)| {
            let is_on = place.lon_deg.is_finite() && place.lat_deg.abs() <= 90.0;
            Sample { at, place, unit: if is_on { unit(&sphere, place) } else { [f64::NAN; 3] } }
        };
        Ok(parts.iter().zip(places).map(sample).collect())
    }
}
