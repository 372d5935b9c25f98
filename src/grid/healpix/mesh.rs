//! The edges of zones that lie together on a base zone: of a square of them each corner is found once, and latitudes once a
//! parallel.

use super::latitude::Latitude;
use super::projection::{is_in_belt, octants, parallel, part};
use crate::grid::Zone;
use crate::grid::mesh::{Mesh, MeshEdge, MeshPoint, NO_ZONE};

/// A rectangle of columns and rows of a base zone.
struct Patch {
    base: u64,
    /// First column and row.
    first: [u64; 2],
    /// Number of both.
    shape: [usize; 2],
}

impl Patch {
    /// The smallest that holds `zones`, if most of what it holds are such.
    fn around(level: u8, zones: &[Zone]) -> Option<Self> {
        let (base, i, j) = part(level, *zones.first()?);
        let (mut first, mut last) = ([i, j], [i, j]);
        for zone in zones {
            let (own, i, j) = part(level, *zone);
            if own != base {
                return None;
            }
            (first, last) = ([first[0].min(i), first[1].min(j)], [last[0].max(i), last[1].max(j)]);
        }
        let shape = [0, 1].map(|axis| (last[axis] - first[axis] + 1) as usize);
        (shape[0].saturating_mul(shape[1]) < 2 * zones.len()).then_some(Self { base, first, shape })
    }
}

/// Makes `mesh` that of `zones`, each edge once; false, and nothing is done, where they are too scattered for that.
pub(super) fn of_patch(latitude: &Latitude, level: u8, zones: &[Zone], mesh: &mut Mesh) -> bool {
    let Some(Patch { base, first, shape: [columns, rows] }) = Patch::around(level, zones) else { return false };
    let mut at_place = vec![NO_ZONE; columns * rows];
    for (number, zone) in zones.iter().enumerate() {
        let (_, i, j) = part(level, *zone);
        at_place[(j - first[1]) as usize * columns + (i - first[0]) as usize] = number as u32;
    }
    let zone_at = |i: usize, j: usize| if i < columns && j < rows { at_place[j * columns + i] } else { NO_ZONE };
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
    let point = |halves_i: usize, halves_j: usize, lons_deg: &mut Vec<f64>| {
        let (parallel, meridian) = (halves_i + halves_j, halves_i + 2 * rows - halves_j);
        if is_shared {
            return MeshPoint { meridian: meridian as u32, parallel: parallel as u32 };
        }
        lons_deg.push(lon_deg(parallel, meridian));
        MeshPoint { meridian: lons_deg.len() as u32 - 1, parallel: parallel as u32 }
    };
    mesh.corners.reserve((columns + 1) * (rows + 1));
    mesh.edges.reserve(2 * (columns + 1) * (rows + 1));
    mesh.middles.reserve(2 * (columns + 1) * (rows + 1));
    let corner = |i: usize, j: usize| (j * (columns + 1) + i) as u32;
    for j in 0..=rows {
        let mut west = NO_ZONE;
        for i in 0..=columns {
            mesh.corners.push(point(2 * i, 2 * j, &mut mesh.lons_deg));
            // North-east, the zone of this corner to the left; north-west, it to the right.
            let (own, south) = (zone_at(i, j), if j > 0 { zone_at(i, j - 1) } else { NO_ZONE });
            if own != NO_ZONE || south != NO_ZONE {
                mesh.edges.push(MeshEdge { ends: [corner(i, j), corner(i + 1, j)], zones: [own, south] });
                mesh.middles.push(point(2 * i + 1, 2 * j, &mut mesh.lons_deg));
            }
            if own != NO_ZONE || west != NO_ZONE {
                mesh.edges.push(MeshEdge { ends: [corner(i, j), corner(i, j + 1)], zones: [west, own] });
                mesh.middles.push(point(2 * i, 2 * j + 1, &mut mesh.lons_deg));
            }
            west = own;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::super::projection::boundary;
    use super::*;
    use crate::grid::LonLat;

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
            let shared = mesh.edges.iter().filter(|edge| !edge.zones.contains(&NO_ZONE)).count();
            assert_eq!(mesh.edges.len() + shared, 4 * zones.len());
            for (number, zone) in zones.iter().enumerate() {
                let ring = boundary(&latitude, level, *zone, 2);
                if !ring.len().is_multiple_of(2) {
                    continue;
                }
                let mut seen = 0;
                for (edge, middle) in mesh.edges.iter().zip(&mesh.middles) {
                    let Some(which) = edge.zones.iter().position(|zone| *zone == number as u32) else { continue };
                    let mut ends = edge.ends.map(|corner| mesh.place(&mesh.corners[corner as usize]));
                    if which == 1 {
                        ends.reverse();
                    }
                    let same = |a: &LonLat, b: &LonLat| {
                        let turns = (a.lon_deg - b.lon_deg) / 360.0;
                        a.lat_deg == b.lat_deg && (turns - turns.round()).abs() < 1e-15
                    };
                    let at = (0..4).find(|at| same(&ring[2 * at], &ends[0])).expect("a corner of the ring");
                    assert!(same(&ring[2 * at + 1], &mesh.place(middle)) && same(&ring[(2 * at + 2) % 8], &ends[1]));
                    seen += 1;
                }
                assert_eq!(seen, 4, "{zone:?}");
            }
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
