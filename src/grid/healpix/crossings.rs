//! The meridians and parallels that zones of a square of a base zone share.
//!
//! A square of n x n zones has 2 n - 1 parallels, and in the belt as many meridians. In the caps meridians converge, and
//! each zone has its own.

use super::HealpixGrid;
use super::projection::{is_in_belt, meridian, parallel, part};
use crate::error::Result;
use crate::grid::longitude::wrapped;
use crate::grid::{Crossings, Zone};

/// Levels between a zone and the square that it is looked at in.
const DEPTH: u8 = 5;

/// Zones of the largest square.
const SQUARE: usize = 1 << (2 * DEPTH);

/// Column and row in a square, of zones in nested order; the same in smaller squares.
const PLACES: [[u8; 2]; SQUARE] = {
    let mut places = [[0; 2]; SQUARE];
    let mut zone = 0;
    while zone < SQUARE {
        let mut bit = 0;
        while bit < DEPTH {
            places[zone][0] |= ((zone >> (2 * bit) & 1) as u8) << bit;
            places[zone][1] |= ((zone >> (2 * bit + 1) & 1) as u8) << bit;
            bit += 1;
        }
        zone += 1;
    }
    places
};

/// Fewer zones of a square in a row have not many lines in common.
const FEW: usize = 128;

/// Makes `crossings` those of the centroids of `zones`.
pub(super) fn crossings(grid: &HealpixGrid, level: u8, zones: &[Zone], crossings: &mut Crossings) -> Result<()> {
    crossings.clear();
    let depth = DEPTH.min(level);
    let mut rest = zones;
    // Zones before `rest` whose turn has not come.
    let mut apart = 0;
    while let Some(first) = rest.get(apart) {
        let numbers = first.0..=first.0 | ((1 << (2 * depth)) - 1);
        let run = rest[apart..].iter().zip(numbers).take_while(|(zone, number)| zone.0 == *number).count();
        if run < FEW {
            apart += run;
            continue;
        }
        let (before, after) = rest.split_at(apart);
        let (run, after) = after.split_at(run);
        crossings.push_apart(grid, level, before)?;
        push_run(grid, level, depth, run, crossings);
        (rest, apart) = (after, 0);
    }
    crossings.push_apart(grid, level, rest)
}

/// Appends the crossings of a run of zones of a square.
fn push_run(grid: &HealpixGrid, level: u8, depth: u8, zones: &[Zone], crossings: &mut Crossings) {
    let (side, sides) = ((1u64 << level) as f64, 1usize << depth);
    let within = zones[0].0 as usize & ((1 << (2 * depth)) - 1);
    let (base, first_i, first_j) = part(level, Zone(zones[0].0 - within as u64));
    let height = |i_and_j: usize| (first_i + first_j + i_and_j as u64) as f64 + 1.0;
    let across = |i: f64, j: f64| first_i as f64 + i - (first_j as f64 + j);
    let places = &PLACES[within..within + zones.len()];
    let Crossings { lons_deg, lats_deg, places: found } = crossings;
    let (lon, lat) = (lons_deg.len() as u32, lats_deg.len() as u32);
    let lines = 2 * sides - 1;
    lats_deg.extend((0..lines).map(|line| parallel(&grid.latitude, side, base, height(line))));
    let shared = is_in_belt(side, base, height(0)) && is_in_belt(side, base, height(lines - 1));
    if shared {
        // From the westernmost on, which is that of column 0 in the last row.
        let west = (sides - 1) as f64;
        lons_deg.extend((0..lines).map(|line| wrapped(meridian(side, base, height(0), across(line as f64, west)))));
        found.extend(places.iter().map(|&[i, j]| {
            let (i, j) = (u32::from(i), u32::from(j));
            [lon + i + (sides as u32 - 1) - j, lat + i + j]
        }));
    } else {
        lons_deg.extend(places.iter().map(|&[i, j]| {
            wrapped(meridian(side, base, height(usize::from(i) + usize::from(j)), across(f64::from(i), f64::from(j))))
        }));
        found.extend(places.iter().zip(lon..).map(|(&[i, j], lon)| [lon, lat + u32::from(i) + u32::from(j)]));
    }
}

#[cfg(test)]
mod tests {
    use super::super::FAMILY;
    use super::*;
    use crate::grid::{Family, LonLat};

    #[test]
    fn crossings_are_the_centroids_to_the_bit_and_lines_are_shared() {
        let grid = FAMILY.grid(&FAMILY.default_spec("HEALPix")).unwrap();
        for level in [0u8, 1, 3, 4, 5, 6, 10, 13, 29] {
            let count = 12u64 << (2 * level);
            // The whole, or runs that begin and end within squares, on every base zone and across two, and a few zones apart.
            let runs = (0..12).map(|base| {
                let first = (base * (count / 12) + 777).min(count);
                first..(first + 3000).min(count)
            });
            let mut zones: Vec<Zone> = match level {
                0..=6 => (0..count).map(Zone).collect(),
                _ => runs.flatten().chain(count - 1500..count).map(Zone).collect(),
            };
            if level > 4 {
                zones.splice(1000..1400, (0..300).map(|at| Zone(at * 7)));
            }
            let (mut found, mut expected) = (Crossings::default(), vec![LonLat::default(); zones.len()]);
            grid.crossings(level, &zones, &mut found).unwrap();
            grid.centroids(level, &zones, &mut expected).unwrap();
            assert_eq!(found.places.len(), zones.len());
            for (&[lon, lat], expected) in found.places.iter().zip(&expected) {
                let crossing = LonLat { lon_deg: found.lons_deg[lon as usize], lat_deg: found.lats_deg[lat as usize] };
                assert_eq!(crossing, *expected, "level {level}");
            }
            if level > 4 {
                assert!(
                    found.lats_deg.len() * 4 < zones.len() && found.lons_deg.len() * 5 < zones.len() * 4,
                    "{level}"
                );
            }
        }
    }
}
