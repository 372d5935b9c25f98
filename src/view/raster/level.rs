//! One refinement level of what a raster shows.

use std::sync::Arc;

use super::coverage::zone_size_deg;
use super::tiling::Tiling;
use crate::cube::{Array, ZoneFinder};

/// The array of one level, ready to be looked up.
pub(super) struct Level {
    pub(super) array: Arc<dyn Array>,
    pub(super) finder: ZoneFinder,
    pub(super) tiling: Tiling,
    /// About how wide a zone is, in degrees.
    pub(super) zone_deg: f64,
}

impl Level {
    /// `array`, which lies on zones; `None` when it does not.
    pub(super) fn new(array: Arc<dyn Array>) -> Option<Self> {
        let finder = array.zone_finder()?;
        let tiling = Tiling::new(&*array, &finder);
        let zone_deg = zone_size_deg(&**finder.grid(), finder.level());
        Some(Self { array, finder, tiling, zone_deg })
    }
}
