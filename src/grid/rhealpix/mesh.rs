//! The edges of zones that lie together on a face: of a square of them each corner is found once, and on the faces of the belt
//! longitudes once a meridian and latitudes once a parallel.

use super::RhealpixGrid;
use super::address::{Square, part, side};
use crate::error::Result;
use crate::grid::Zone;
use crate::grid::mesh::{Mesh, MeshPoint};
use crate::grid::patch::Patch;

/// Zones of the squares that are looked at: those below one zone three levels up.
const SQUARE: u64 = 9u64.pow(3);

/// Makes `mesh` that of `zones`; edges between two zones of a square are in it once.
pub(super) fn of_zones(grid: &RhealpixGrid, level: u8, zones: &[Zone], mesh: &mut Mesh) -> Result<()> {
    mesh.clear();
    let mut number = 0;
    for zones in zones.chunk_by(|a, b| a.0 / SQUARE == b.0 / SQUARE) {
        if !push_square(grid, level, zones, number, mesh) {
            mesh.push_rings(grid, level, zones, number)?;
        }
        number += zones.len() as u32;
    }
    Ok(())
}

/// Adds zones of a square; false, and nothing is done, where they are scattered or where longitudes jump between them.
fn push_square(grid: &RhealpixGrid, level: u8, zones: &[Zone], number: u32, mesh: &mut Mesh) -> bool {
    let place = |zone| {
        let Square { face, column, row } = part(level, zone);
        (u64::from(face), column, row)
    };
    let Some(patch) = Patch::around(zones, number, place) else { return false };
    let Patch { base, first, shape: [columns, rows], .. } = patch;
    let n = side(level) as f64;
    // Half sides of a zone from the face's centre.
    let from_centre = |axis: usize, halves: usize| 2.0 * first[axis] as f64 - n + halves as f64;
    let point = |i: usize, j: usize| grid.projection.point_of(base as u8, n, from_centre(0, i), from_centre(1, j));
    let (lons_before, lats_before) = (mesh.lons_deg.len(), mesh.lats_deg.len());
    let in_belt = (1..=4).contains(&base);
    if in_belt {
        mesh.lons_deg.extend((0..=2 * columns).map(|i| point(i, 0).lon_deg));
        mesh.lats_deg.extend((0..=2 * rows).map(|j| point(0, j).lat_deg));
    } else {
        let all = (0..=2 * rows).flat_map(|j| (0..=2 * columns).map(move |i| point(i, j)));
        for place in all {
            mesh.lons_deg.push(place.lon_deg);
            mesh.lats_deg.push(place.lat_deg);
        }
        // Around the pole, and where the meridian opposite to the central one is.
        let lons_deg = &mesh.lons_deg[lons_before..];
        let (low, high) =
            lons_deg.iter().fold((f64::MAX, f64::MIN), |(low, high), lon| (low.min(*lon), high.max(*lon)));
        if high - low > 180.0 {
            mesh.lons_deg.truncate(lons_before);
            mesh.lats_deg.truncate(lats_before);
            return false;
        }
    }
    let Mesh { corners, edges, middles, .. } = mesh;
    patch.draw(true, corners, edges, middles, |points, count, [i, j]| {
        points.extend((0..count).map(|at| i + 2 * at).map(|i| {
            let [meridian, parallel] = if in_belt { [i, j] } else { [j * (2 * columns + 1) + i; 2] };
            MeshPoint { meridian: (lons_before + meridian) as u32, parallel: (lats_before + parallel) as u32 }
        }));
    });
    true
}

#[cfg(test)]
mod tests {
    use super::super::FAMILY;
    use super::*;
    use crate::grid::Family;
    use crate::grid::mesh::tests::assert_edges;

    #[test]
    fn a_meshs_edges_are_those_of_each_zones_boundary() {
        let grid = FAMILY.grid(&FAMILY.default_spec("rHEALPix")).unwrap();
        let level = 4;
        let face = 9u64.pow(4);
        let (mut all_shared, mut all) = (0, 0);
        // On both caps, also around the pole, on the belt, across faces and squares, with a gap.
        for zones in
            [0..900, 3000..3700, face - 400..face + 800, 2 * face + 700..2 * face + 1500, 5 * face + 2900..6 * face]
        {
            let mut zones: Vec<Zone> = zones.map(Zone).collect();
            zones.remove(zones.len() / 3);
            let mut mesh = Mesh::default();
            grid.mesh(level, &zones, &mut mesh).unwrap();
            let shared = assert_edges(&mesh, &zones, |zone| grid.boundary(level, zone, 2).unwrap());
            (all_shared, all) = (all_shared + shared, all + zones.len());
        }
        // Of 2 a zone, less those around squares and gaps, and all of the square with the pole.
        assert!(all_shared > all && all_shared < 2 * all, "{all_shared} of {all}");
    }
}
