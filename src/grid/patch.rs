//! Squares of zones that share their edges, in grids whose zones are squares of columns and rows.

use super::Zone;
use super::mesh::{MeshEdge, MeshPoint, NO_ZONE};

/// A rectangle of columns and rows of zones.
pub(super) struct Patch {
    /// What they are columns and rows of: a base zone, a face.
    pub(super) base: u64,
    /// First column and row.
    pub(super) first: [u64; 2],
    /// Number of both.
    pub(super) shape: [usize; 2],
    /// The zone at each place, as its place among those asked for, or [`NO_ZONE`]: row by row, with one column and row more on each
    /// side.
    zones: Vec<u32>,
}

impl Patch {
    /// The smallest that holds `zones`, the first of which is the one of this `number`, if most of what it holds are such. `place`
    /// tells base, column and row of a zone.
    pub(super) fn around(zones: &[Zone], number: u32, place: impl Fn(Zone) -> (u64, u64, u64)) -> Option<Self> {
        let base = place(*zones.first()?).0;
        let (mut first, mut last) = ([u64::MAX; 2], [0; 2]);
        let mut places = Vec::with_capacity(zones.len());
        for zone in zones {
            let (own, i, j) = place(*zone);
            if own != base {
                return None;
            }
            (first, last) = ([first[0].min(i), first[1].min(j)], [last[0].max(i), last[1].max(j)]);
            places.push([i, j]);
        }
        let [columns, rows] = [0, 1].map(|axis| (last[axis] - first[axis] + 1) as usize);
        if columns.saturating_mul(rows) >= 2 * zones.len() {
            return None;
        }
        let mut found = Self { base, first, shape: [columns, rows], zones: vec![NO_ZONE; (columns + 2) * (rows + 2)] };
        for ([i, j], number) in places.into_iter().zip(number..) {
            found.zones[((j - first[1]) as usize + 1) * (columns + 2) + (i - first[0]) as usize + 1] = number;
        }
        Some(found)
    }

    /// Zones in a row, from the one before the first column on; row 0 is the one before the first.
    fn row(&self, row: usize) -> &[u32] {
        &self.zones[row * (self.shape[0] + 2)..][..self.shape[0] + 2]
    }

    /// Appends corners, edges and middles, those between zones that were not asked for too. Rows follow each other to the left
    /// of the way along a row, seen from outside the globe, or where `is_mirrored` to the right. `points` appends a row of
    /// points: as many as it is told, a zone apart, from so many halves of a column and row on.
    pub(super) fn draw(
        &self,
        is_mirrored: bool,
        corners: &mut Vec<MeshPoint>,
        edges: &mut Vec<MeshEdge>,
        middles: &mut Vec<MeshPoint>,
        mut points: impl FnMut(&mut Vec<MeshPoint>, usize, [usize; 2]),
    ) {
        let [columns, rows] = self.shape;
        let first = corners.len() as u32;
        let sides = |left: u32, right: u32| if is_mirrored { [right, left] } else { [left, right] };
        for j in 0..=rows {
            let (own, before) = (self.row(j + 1), self.row(j));
            let corner = first + (j * (columns + 1)) as u32;
            points(corners, columns + 1, [0, 2 * j]);
            points(middles, columns, [1, 2 * j]);
            let along_row = own[1..].iter().zip(&before[1..]).zip(corner..).take(columns);
            edges.extend(
                along_row.map(|((own, before), corner)| MeshEdge {
                    ends: [corner, corner + 1],
                    zones: sides(*own, *before),
                }),
            );
            if j < rows {
                points(middles, columns + 1, [0, 2 * j + 1]);
                let next = columns as u32 + 1;
                let along_column = own.windows(2).zip(corner..);
                edges.extend(
                    along_column.take(columns + 1).map(|(pair, corner)| MeshEdge {
                        ends: [corner, corner + next],
                        zones: sides(pair[0], pair[1]),
                    }),
                );
            }
        }
    }
}
