//! A zone axis of a group as one line of zones, for views that show zones one by one.

use std::ops::Range;
use std::sync::Arc;

use crate::convention::ZoneAxis;
use crate::cube::axis::NO_ZONE;
use crate::cube::crs::{Crs, grid_definition};
use crate::cube::group::CubeGroup;
use crate::cube::layer::{Layer, ZONE_DIMENSION};
use crate::cube::positions::RankedRanges;
use crate::cube::progression::Progression;
use crate::cube::quantity::Quantity;
use crate::cube::{Array, Dimension, Group, ZoneFinder};
use crate::error::{Context, Result};
use crate::grid::{Grid, Zone, ZoneSet};
use crate::store::Call;

/// The zones that a zone axis shows, in its order, and the arrays on it. An axis of several dimensions is one line too, in
/// storage order.
pub struct ZoneLine {
    group: Arc<CubeGroup>,
    layer: Layer,
    is_global: bool,
}

/// Indices along a [`ZoneLine`], ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Indices(RankedRanges);

impl Indices {
    /// How many there are.
    pub fn len(&self) -> u64 {
        self.0.len()
    }

    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.0.len() == 0
    }

    /// The index of rank `rank`.
    ///
    /// # Panics
    /// When `rank` is not below [`Indices::len`].
    pub fn nth(&self, rank: u64) -> u64 {
        self.0.nth(rank)
    }

    /// The rank of `index`, `None` when it is not among them.
    pub fn rank(&self, index: u64) -> Option<u64> {
        self.0.rank(index)
    }
}

impl From<Range<u64>> for Indices {
    fn from(range: Range<u64>) -> Self {
        Self(RankedRanges::new((!range.is_empty()).then_some(range)))
    }
}

impl ZoneLine {
    /// The axis of `layer`, a layer of `group`.
    pub(super) fn new(group: Arc<CubeGroup>, layer: &Layer) -> Self {
        Self { group, layer: layer.line(None), is_global: layer.axis.is_global() }
    }

    /// Full name of the group.
    pub fn group_name(&self) -> &str {
        self.group.full_name()
    }

    /// What tells the axes of one group apart; empty where it has one.
    pub fn suffix(&self) -> &str {
        &self.layer.suffix
    }

    /// What the store says of the axis.
    pub fn told(&self) -> &ZoneAxis {
        &self.layer.found
    }

    /// Names and sizes of the dimensions that the store has the zones on, in the order in which places count them.
    pub fn stored_dimensions(&self) -> Vec<(&str, u64)> {
        let names = self.layer.stored_dimensions.iter().map(String::as_str);
        match self.layer.axis.placed() {
            Some(placed) => names.zip(placed.sizes().iter().copied()).collect(),
            None => names.map(|name| (name, self.len())).collect(),
        }
    }

    /// Its zones, to be found by zone; positions are places on the line.
    pub fn finder(&self) -> ZoneFinder {
        ZoneFinder::new(self.layer.axis.clone(), vec![0], self.group.store().to_owned())
    }

    /// The grid.
    pub fn grid(&self) -> &Arc<dyn Grid> {
        self.layer.axis.grid()
    }

    /// The refinement level.
    pub fn level(&self) -> u8 {
        self.layer.axis.level()
    }

    /// Number of places; some may be padding, see [`ZoneLine::may_pad`].
    pub fn len(&self) -> u64 {
        self.layer.axis.len()
    }

    /// True when there are no places.
    pub fn is_empty(&self) -> bool {
        self.layer.axis.is_empty()
    }

    /// True when there may be places without a zone.
    pub fn may_pad(&self) -> bool {
        self.layer.axis.may_pad()
    }

    /// Number of places that hold a zone. Reads zone ids only where there may be padding.
    pub fn zone_count(&self, call: &Arc<Call>) -> Result<u64> {
        self.layer.axis.zone_count(call).context(|| self.group.store().to_owned())
    }

    /// True when every zone of the level has its place.
    pub fn is_global(&self) -> bool {
        self.is_global
    }

    /// The zones at `count` indices from `start` on; `None` is padding.
    pub fn zones(&self, call: &Arc<Call>, start: u64, count: usize) -> Result<Vec<Option<Zone>>> {
        let zones = self.layer.axis.zones(call, Progression { start, count, step: 1 });
        let zones = zones.context(|| self.group.store().to_owned())?;
        Ok(zones.into_iter().map(|zone| (zone != NO_ZONE).then_some(zone)).collect())
    }

    /// The indices that hold zones of `set`.
    pub fn indices_of(&self, call: &Arc<Call>, set: &ZoneSet) -> Result<Indices> {
        self.layer.axis.indices_of(call, set).map(Indices).context(|| self.group.store().to_owned())
    }

    /// The line of `indices` alone.
    #[must_use]
    pub fn part(&self, indices: &Indices) -> Self {
        Self { group: self.group.clone(), layer: self.layer.line(Some(&indices.0)), is_global: false }
    }

    /// Names of the arrays on the zones: the stored ones but the zone ids and the zones' centres, then those that the open
    /// option `COMPUTED` asks for.
    pub fn array_names(&self) -> Vec<String> {
        self.group.names_on(&self.layer)
    }

    /// The array `name` on this line's zones; `None` when there is none.
    pub fn open_array(&self, call: &Arc<Call>, name: &str) -> Result<Option<Arc<dyn Array>>> {
        self.group.array_on(call, name, &self.layer).context(|| self.group.store().to_owned())
    }

    /// True when an array is computed and holds zone ids.
    pub fn holds_ids(&self, name: &str) -> bool {
        use Quantity::{Children, Neighbours, Parent, ZoneId};
        let mut computed = self.layer.computed.iter();
        computed.any(|(known, quantity)| known == name && matches!(quantity, Children | Neighbours | Parent | ZoneId))
    }

    /// Which of an array's dimensions is this line.
    pub fn axis_of(dimensions: &[Dimension]) -> Option<usize> {
        dimensions.iter().position(|dimension| dimension.kind == ZONE_DIMENSION)
    }

    /// The CRS of the zones' longitudes and latitudes, as WKT: that of the grid.
    pub fn crs_wkt(&self) -> Option<String> {
        Crs::new(vec![grid_definition(self.grid().spec())]).wkt().map(str::to_owned)
    }
}
