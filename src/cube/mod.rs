//! The cube: a store's hierarchy with the grid laid over it.
//!
//! [`open`] answers a connection string with a tree of [`Group`]s and [`Array`]s, which is all that `abi/` sees. Some
//! arrays are stored, some computed (zone ids, centroids, ...), some a selection of stored ones; they look alike.

mod axis;
mod computed;
mod connection;
pub mod creation;
mod crs;
mod detect;
mod finder;
mod gather;
mod group;
mod layer;
mod line;
mod open;
mod options;
mod path;
mod placed;
mod positions;
mod progression;
mod quantity;
mod selection;
mod stored;

use std::sync::Arc;

use crate::error::Result;
use crate::store::{Call, Target};

pub use crate::hierarchy::{AttributeValue, Attributes, DataType};
pub use finder::ZoneFinder;
pub use line::{Indices, ZoneLine};
pub use open::{Identified, Named, OpenRequest, identify, open, open_named};
pub use path::{array_at, group_at};

/// One axis of an array, as GDAL shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dimension {
    /// Name, unique in its group.
    pub name: String,
    /// Full name of the group that defines it (`/` or `/a/b`); with `name` it identifies the dimension.
    pub group: String,
    /// GDAL's dimension type: `DGGS_ZONE`, `TEMPORAL`, `VERTICAL`, `HORIZONTAL_X`, `HORIZONTAL_Y` or empty.
    pub kind: String,
    /// GDAL's direction (`UP`, `DOWN`, `EAST`, ...) or empty.
    pub direction: String,
    /// Number of positions.
    pub size: u64,
    /// Full name of the indexing variable, where there is one.
    pub indexing_variable: Option<String>,
}

/// A window on an array: for each axis the first position, the number of positions, and the (possibly negative,
/// possibly zero when the count is 1) step between them. Checked against the shape by [`Array`]'s methods.
#[derive(Clone, Debug, Default)]
pub struct Window {
    /// First position on each axis.
    pub start: Vec<u64>,
    /// Number of positions on each axis.
    pub count: Vec<usize>,
    /// Positions between one and the next on each axis.
    pub step: Vec<i64>,
}

/// A group of the opened store.
pub trait Group: Send + Sync {
    /// Last part of [`Group::full_name`]; `/` for the root.
    fn name(&self) -> &str;
    /// Path from the opened root: `/`, `/a`, `/a/b`.
    fn full_name(&self) -> &str;
    /// Names of the child groups, in storage order.
    fn group_names(&self, call: &Arc<Call>) -> Result<Vec<String>>;
    /// Names of the arrays, stored and computed.
    fn array_names(&self, call: &Arc<Call>) -> Result<Vec<String>>;
    /// A child group, `None` when there is none of that name.
    fn open_group(&self, call: &Arc<Call>, name: &str) -> Result<Option<Arc<dyn Group>>>;
    /// An array of this group, `None` when there is none of that name.
    fn open_array(&self, call: &Arc<Call>, name: &str) -> Result<Option<Arc<dyn Array>>>;
    /// The dimensions that this group defines.
    fn dimensions(&self, call: &Arc<Call>) -> Result<Vec<Dimension>>;
    /// The attributes that users see.
    fn attributes(&self) -> &Attributes;
    /// Key and value pairs of `GetStructuralInfo()`.
    fn structural_info(&self) -> Vec<(String, String)>;
    /// A connection string that opens the same store with the same open options; empty when the name alone does.
    fn connection(&self) -> &str;

    /// The open options, of the whole store.
    fn open_options(&self) -> &[(String, String)] {
        &[]
    }

    /// The zone axes of this group, as views show them.
    fn zone_lines(self: Arc<Self>) -> Vec<ZoneLine> {
        Vec::new()
    }
}

/// An array of the opened store: stored, selected or computed.
pub trait Array: Send + Sync {
    /// Last part of [`Array::full_name`].
    fn name(&self) -> &str;
    /// Path from the opened root.
    fn full_name(&self) -> &str;
    /// Axes, slowest first.
    fn dimensions(&self) -> &[Dimension];
    /// Type of the elements as users see them.
    fn data_type(&self) -> &DataType;
    /// The attributes that users see.
    fn attributes(&self) -> &Attributes;
    /// The nodata value, one element of [`Array::data_type`] in native byte order.
    fn nodata(&self) -> Option<&[u8]>;
    /// `value = stored * scale + offset`.
    fn scale(&self) -> Option<f64>;
    /// See [`Array::scale`].
    fn offset(&self) -> Option<f64>;
    /// Unit of the values, empty when unknown.
    fn unit(&self) -> &str;
    /// CRS as WKT (WKT2:2019), axes to be mapped longitude, latitude; `None` when the array has no zone axis and no CRS.
    fn crs_wkt(&self) -> Option<&str>;
    /// Full names of the coordinate variables.
    fn coordinate_variables(&self) -> &[String];
    /// Full names of the same array on the coarser levels of a pyramid, the finest first; a name may name nothing.
    fn overviews(&self) -> &[String] {
        &[]
    }
    /// Natural block (chunk) along each axis; 0 where unknown.
    fn block_size(&self) -> Vec<u64>;
    /// The smallest block that can be read alone: differs from [`Array::block_size`] in shards.
    fn read_block_size(&self) -> Vec<u64> {
        self.block_size()
    }
    /// The array's zones; `None` where it lies on no zone axis.
    fn zone_finder(&self) -> Option<ZoneFinder> {
        None
    }
    /// False for what only says which zone is where: ids, centres, everything computed.
    fn is_data(&self) -> bool {
        true
    }
    /// Key and value pairs of `GetStructuralInfo()`.
    fn structural_info(&self) -> Vec<(String, String)>;

    /// Reads numbers into the caller's memory, converted to the target's type as GDAL converts.
    ///
    /// # Errors
    /// A window outside the array; an array that is not numeric; a chunk that cannot be read or decoded.
    fn read_numbers(&self, call: &Arc<Call>, window: &Window, target: Target<'_>) -> Result<()>;

    /// Reads text, in C order of the window; `None` is a missing value.
    fn read_texts(&self, call: &Arc<Call>, window: &Window) -> Result<Vec<Option<String>>>;

    /// Reads structured elements in C order of the window, each laid out as [`DataType::Compound`] says.
    fn read_compounds(&self, call: &Arc<Call>, window: &Window) -> Result<Vec<u8>>;

    /// Fetches the window's chunks in parallel into the bounded cache.
    fn advise_read(&self, call: &Arc<Call>, window: &Window, options: &[(String, String)]) -> Result<()>;
}
