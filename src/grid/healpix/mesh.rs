//! The edges of zones that lie together on a base zone: of a square of them each corner is found once, and latitudes once a
//! parallel.

use super::latitude::Latitude;
use super::projection::{is_in_belt, octants, parallel, part};
use crate::grid::Zone;
use crate::grid::mesh::{Mesh, MeshPoint};
use crate::grid::patch::Patch;

/// Makes `mesh` that of `zones`, each edge once; false, and nothing is done, where they are too scattered for that. Between
/// zones that were not asked for it has edges too.
pub(super) fn of_patch(latitude: &Latitude, level: u8, zones: &[Zone], mesh: &mut Mesh) -> bool {
    let Some(patch) = Patch::around(zones, 0, |zone| part(level, zone)) else { return false };
    let Patch { base, first, shape: [columns, rows], .. } = patch;
    let side = (1u64 << level) as f64;
    let (lowest, skew) = ((first[0] + first[1]) as f64, first[0] as f64 - first[1] as f64);
    // Lines at every half of a zone: parallels from the lowest corner's up, meridians from the westernmost's.
    let lines = 2 * (columns + rows);
    let height = |parallel: usize| lowest + parallel as f64 / 2.0;
    let across = |meridian: usize| skew + (meridian as f64 / 2.0 - rows as f64);
    mesh.clear();
    mesh.lats_deg.extend((0..=lines).map(|line| parallel(latitude, side, base, height(line))));
    // In the belt points on a diagonal share a meridian.
    let is_shared = is_in_belt(side, base, height(0)) && is_in_belt(side, base, height(lines));
    let octants: Vec<(f64, f64)> = (0..=lines).map(|line| octants(side, base, height(line))).collect();
    let lon_deg = |parallel: usize, meridian: usize| {
        let (middle, zones) = octants[parallel];
        45.0 * (middle + across(meridian) / zones)
    };
    if is_shared {
        mesh.lons_deg.extend((0..=lines).map(|meridian| lon_deg(0, meridian)));
    }
    let Mesh { lons_deg, corners, edges, middles, .. } = mesh;
    patch.draw(false, corners, edges, middles, |points, count, [halves_i, halves_j]| {
        let line = |at: usize| (halves_i + 2 * at + halves_j, halves_i + 2 * at + 2 * rows - halves_j);
        if is_shared {
            points.extend(
                (0..count)
                    .map(line)
                    .map(|(parallel, meridian)| MeshPoint { meridian: meridian as u32, parallel: parallel as u32 }),
            );
        } else {
            let own = lons_deg.len();
            lons_deg.extend((0..count).map(line).map(|(parallel, meridian)| lon_deg(parallel, meridian)));
            points.extend((0..count).map(|at| MeshPoint { meridian: (own + at) as u32, parallel: line(at).0 as u32 }));
        }
    });
    true
}

#[cfg(test)]
mod tests {
    use super::super::projection::boundary;
    use super::*;
    use crate::grid::mesh::NO_ZONE;
    use crate::grid::mesh::tests::assert_edges;

    #[test]
    fn a_meshs_edges_are_those_of_each_zones_boundary() {
        let latitude = Latitude::new(1.0 / 298.257_223_563);
        let level = 6;
        // A square, a run across squares, parts of a globe; in a cap, in the belt and across both.
        for zones in [0..64, 4096 * 3 + 600..4096 * 3 + 1000, 4096 * 5..4096 * 5 + 1024, 4096 * 9 + 1..4096 * 10] {
            let mut zones: Vec<Zone> = zones.map(Zone).collect();
            zones.remove(zones.len() / 3);
            let mut mesh = Mesh::default();
            assert!(of_patch(&latitude, level, &zones, &mut mesh));
            let shared = assert_edges(&mesh, &zones, |zone| boundary(&latitude, level, zone, 2));
            let own = mesh.edges.iter().filter(|edge| edge.zones != [NO_ZONE; 2]).count();
            assert_eq!(own + shared, 4 * zones.len());
        }
    }

    #[test]
    fn scattered_zones_have_no_mesh() {
        let latitude = Latitude::new(0.0);
        for zones in [&[][..], &[Zone(0), Zone(63)], &[Zone(63), Zone(64)]] {
            assert!(!of_patch(&latitude, 3, zones, &mut Mesh::default()));
        }
    }
}
