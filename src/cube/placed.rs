//! Zone axes of several dimensions: positions tell the zones.
//!
//! A position is one number here too, its rank when all positions are counted in the order of storage; a store's arrays
//! may have their dimensions in several orders, the first one counts.

use std::fmt;
use std::sync::Arc;

use crate::convention::{Placement, Position};
use crate::cube::axis::NO_ZONE;
use crate::cube::finder::ZoneFinder;
use crate::error::{Error, Result};
use crate::grid::{self, Address, Grid, GridSpec, Zone};

/// Zones looked up at a time.
const BATCH: usize = 4096;

/// The zones of a level placed along several dimensions.
pub struct Placed {
    /// The grid, in the scheme whose addresses positions are.
    grid: Arc<dyn Grid>,
    level: u8,
    placement: Placement,
    /// Lengths of the dimensions, slowest first.
    sizes: Vec<u64>,
    /// What each of them counts: an index into [`Position`].
    meaning: Vec<usize>,
    /// Zones along a quad's side.
    side: u64,
}

impl fmt::Debug for Placed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { level, placement, sizes, meaning, .. } = self;
        write!(f, "{} {level} {placement:?} {sizes:?} {meaning:?}", self.grid.spec().dggrs)
    }
}

impl PartialEq for Placed {
    fn eq(&self, other: &Self) -> bool {
        let told =
            |placed: &Self| (placed.level, placed.placement.clone(), placed.sizes.clone(), placed.meaning.clone());
        self.grid.spec() == other.grid.spec() && told(self) == told(other)
    }
}

impl Placed {
    /// Dimensions of `sizes`, slowest first, which count what `meaning` says: 0 face, 1 x, 2 y, 3 conversion.
    ///
    /// # Errors
    /// A grid without such addresses; more positions than can be counted.
    pub fn new(spec: &GridSpec, level: u8, placement: Placement, sizes: Vec<u64>, meaning: Vec<usize>) -> Result<Self> {
        let grid = grid::grid(spec)?;
        if sizes.iter().try_fold(1u64, |product, size| product.checked_mul(*size)).is_none() {
            return Err(Error::corrupt(format!("zone dimensions of {sizes:?} positions")));
        }
        let side = grid.address_extent(level).map_or(1, |[_, side, _]| side);
        Ok(Self { grid, level, placement, sizes, meaning, side })
    }

    /// Number of positions.
    #[expect(clippy::len_without_is_empty, reason = "there is no axis without positions")]
    pub fn len(&self) -> u64 {
        self.sizes.iter().product()
    }

    /// Lengths of the dimensions, slowest first.
    pub fn sizes(&self) -> &[u64] {
        &self.sizes
    }

    /// The indices along the dimensions, slowest first, of a position; zeros follow.
    pub fn indices(&self, mut position: u64) -> [u64; 4] {
        let mut indices = [0; 4];
        for (index, size) in indices.iter_mut().zip(&self.sizes).rev() {
            *index = position % size;
            position /= size;
        }
        indices
    }

    fn address_position(&self, position: u64) -> Position {
        let mut found = Position::default();
        for (index, meaning) in self.indices(position).into_iter().zip(&self.meaning) {
            found[*meaning] = index;
        }
        found
    }

    /// The zones at `positions`, [`NO_ZONE`] at padding.
    pub fn zones(&self, positions: impl Iterator<Item = u64>) -> Result<Vec<Zone>> {
        let mut zones = Vec::with_capacity(positions.size_hint().0);
        let mut positions = positions.peekable();
        while positions.peek().is_some() {
            let batch: Vec<Position> = positions.by_ref().take(BATCH).map(|p| self.address_position(p)).collect();
            let first = zones.len();
            zones.resize(first + batch.len(), NO_ZONE);
            self.batch(&batch, &mut zones[first..])?;
        }
        Ok(zones)
    }

    fn batch(&self, positions: &[Position], zones: &mut [Zone]) -> Result<()> {
        let mut addresses = Vec::with_capacity(positions.len());
        let mut owners = Vec::with_capacity(positions.len());
        for (owner, position) in positions.iter().enumerate() {
            for address in self.placement.addresses(self.side, *position) {
                addresses.push(address);
                owners.push(owner);
            }
        }
        let mut found = vec![None; addresses.len()];
        self.grid.zones_of_addresses(self.level, &addresses, &mut found)?;
        for (owner, zone) in owners.into_iter().zip(found) {
            let Some(zone) = zone else { continue };
            if zones[owner] == NO_ZONE && (self.placement.is_exact() || self.place(zone)? == Some(positions[owner])) {
                zones[owner] = zone;
            }
        }
        Ok(())
    }

    fn place(&self, zone: Zone) -> Result<Option<Position>> {
        let mut address = [Address::default()];
        self.grid.addresses(self.level, &[zone], &mut address)?;
        Ok(self.placement.position(self.side, address[0]))
    }

    fn position_of_address(&self, address: Address) -> Option<u64> {
        let place = self.placement.position(self.side, address)?;
        let indices = self.meaning.iter().map(|meaning| place[*meaning]);
        let mut axes = self.sizes.iter().zip(indices);
        axes.try_fold(0, |position, (size, index)| (index < *size).then(|| position * size + index))
    }

    /// The position of a zone; `None` when the array has none for it.
    pub fn position(&self, zone: Zone) -> Result<Option<u64>> {
        let mut address = [Address::default()];
        self.grid.addresses(self.level, &[zone], &mut address)?;
        Ok(self.position_of_address(address[0]))
    }

    /// The positions of zones, [`ZoneFinder::NOWHERE`] where the array has none. Both slices have the same length.
    pub fn positions(&self, zones: &[Zone], positions: &mut [u64]) -> Result<()> {
        let mut addresses = vec![Address::default(); zones.len().min(BATCH)];
        for (zones, positions) in zones.chunks(BATCH).zip(positions.chunks_mut(BATCH)) {
            let addresses = &mut addresses[..zones.len()];
            self.grid.addresses(self.level, zones, addresses)?;
            for (address, position) in addresses.iter().zip(positions) {
                *position = self.position_of_address(*address).unwrap_or(ZoneFinder::NOWHERE);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(
        dggrs: &'static str,
        indexing: &'static str,
        placement: Placement,
        sizes: &[u64],
        meaning: &[usize],
    ) -> Placed {
        let (family, name) = grid::family_of(dggrs).unwrap();
        let spec = GridSpec { indexing, ..family.default_spec(name) };
        Placed::new(&spec, 3, placement, sizes.into(), meaning.into()).unwrap()
    }

    /// Every zone has one position, and every other position is padding.
    fn check(placed: &Placed) {
        let zones = placed.zones(0..placed.len()).unwrap();
        let count = placed.grid.zone_count(placed.level);
        assert_eq!(zones.iter().filter(|zone| **zone != NO_ZONE).count() as u64, count);
        for zone in (0..count).map(Zone) {
            let position = placed.position(zone).unwrap().unwrap();
            assert_eq!(zones[position as usize], zone);
        }
    }

    #[test]
    fn every_zone_has_one_position() {
        let q2di = || Placement::Address { linear: Vec::new(), whole: true };
        check(&placed("ISEA4H", "Q2DI", q2di(), &[8, 8, 13], &[2, 1, 0]));
        check(&placed("ISEA3H", "Q2DI", q2di(), &[12, 9, 9], &[0, 1, 2]));
        check(&placed("ISEA7H", "Q2DI", q2di(), &[12, 49, 49], &[0, 1, 2]));
        check(&placed("ISEA4T", "Q2DI", q2di(), &[11, 8, 16], &[0, 1, 2]));
        check(&placed("ISEA4D", "Q2DI", q2di(), &[11, 8, 8], &[0, 1, 2]));
        check(&placed("ISEA4D", "Q2DI", Placement::Penta, &[5, 8, 16], &[0, 2, 1]));
    }

    #[test]
    fn linear_conversions_place_every_zone_once() {
        use crate::convention::Linear;
        let whole = |gt: &[[f64; 6]]| Placement::Address {
            linear: gt.iter().map(|gt| Linear::new(*gt).unwrap()).collect(),
            whole: true,
        };
        // Positions counted from the far corner.
        let turned = whole(&[[7.5, -1.0, 0.0, 7.5, 0.0, -1.0]]);
        check(&placed("ISEA4H", "Q2DI", turned, &[12, 8, 8], &[0, 1, 2]));
        // The two triangles of a diamond.
        let triangles = whole(&[[-0.5, 1.0, 0.0, -1.0, 0.0, 2.0], [-0.5, 1.0, 0.0, 0.0, 0.0, 2.0]]);
        check(&placed("ISEA4T", "Q2DI", triangles, &[11, 8, 8, 2], &[0, 1, 2, 3]));
        // Rows of hexagons on a triangle, half a zone apart.
        let side = 1.0 / 8.0;
        let (half, row) = (side / 2.0, side * 0.75f64.sqrt());
        let gt = [-(side + half) / 2.0, side, half, -row / 2.0, 0.0, row];
        let projtri = Placement::Address { linear: vec![Linear::new(gt).unwrap()], whole: false };
        check(&placed("ISEA4H", "PROJTRI", projtri, &[20, 9, 9], &[0, 1, 2]));
    }
}
