//! The cube: a store's hierarchy with the grid laid over it.
//!
//! [`open`] answers a connection string with a tree of [`Group`]s and [`Array`]s, which is all that `abi/` sees. Some
//! arrays are stored, some computed (zone ids, centroids, ...), some a selection of stored ones; they look alike.

mod axis;
mod computed;
mod connection;
mod create;
pub mod creation;
pub(crate) mod crs;
mod detect;
mod editing;
mod finder;
mod gather;
mod group;
mod id_array;
mod layer;
mod line;
mod open;
mod options;
mod path;
mod placed;
mod positions;
mod progression;
mod quantity;
mod resampling;
mod selection;
mod stored;

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::store::{Call, Input, Target};

pub use crate::hierarchy::{AttributeValue, Attributes, DataType};
pub use axis::NO_ZONE;
pub use create::{CreateRequest, create};
pub use finder::ZoneFinder;
pub use layer::ZONE_DIMENSION;
pub use line::{Indices, ZoneLine};
pub use open::{Identified, Named, OpenRequest, identify, open, open_named, split_name, store_path};
pub use path::{array_at, group_at};
pub use placed::Placed;
pub use positions::RankedRanges;
pub use quantity::{COMPUTED_IDS, is_computed};
pub use resampling::Resampling;

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

/// An array to be created.
#[derive(Clone, Debug)]
pub struct NewArray {
    /// Its name in the group.
    pub name: String,
    /// Its axes, slowest first; those of kind `DGGS_ZONE` come from [`Group::create_dimension`] or [`Group::dimensions`].
    pub dimensions: Vec<Dimension>,
    /// Type of its elements.
    pub data_type: DataType,
    /// Creation options of arrays.
    pub options: Vec<(String, String)>,
}

fn read_only<T>(name: &str) -> Result<T> {
    Err(Error::unsupported(format!("{name}: the store was opened for reading only; open it for update to change it")))
}

/// A group of the opened store.
///
/// A group of a store that was created or opened for update can be changed. It shows what was there when it was opened;
/// only the names of its children, and what is opened by them, are those of the moment.
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

    /// True when the store was created or opened for update; every method below is an error where it was not.
    fn is_writable(&self) -> bool {
        false
    }

    /// This group as it is at the moment, where it may be another than when it was opened.
    ///
    /// # Errors
    /// It is there no more.
    fn reopened(&self, _call: &Arc<Call>) -> Result<Option<Arc<dyn Group>>> {
        Ok(None)
    }

    /// A new group in this one.
    ///
    /// # Errors
    /// There is a node of that name; the name cannot be one; an option makes no sense.
    fn create_group(&self, _call: &Arc<Call>, _name: &str, _options: &[(String, String)]) -> Result<Arc<dyn Group>> {
        read_only(self.full_name())
    }

    /// A new axis of this group, stored with the first array on it. `dimension.group` and its indexing variable do not
    /// count. One of kind `DGGS_ZONE` is an axis of zones of the grid in the creation options.
    ///
    /// # Errors
    /// There is one of that name and another size; an axis of zones without a grid, or longer than its level.
    fn create_dimension(
        &self,
        _call: &Arc<Call>,
        _dimension: &Dimension,
        _options: &[(String, String)],
    ) -> Result<Dimension> {
        read_only(self.full_name())
    }

    /// A new array in this group, all its elements missing.
    ///
    /// # Errors
    /// There is a node of that name; the name cannot be one; a type, an option or a dimension that cannot be stored.
    fn create_array(&self, _call: &Arc<Call>, _array: &NewArray) -> Result<Arc<dyn Array>> {
        read_only(self.full_name())
    }

    /// Sets an attribute, or deletes it.
    ///
    /// # Errors
    /// There is none of that name to be deleted.
    fn set_attribute(&self, _call: &Arc<Call>, _name: &str, _value: Option<serde_json::Value>) -> Result<()> {
        read_only(self.full_name())
    }

    /// Deletes a child group with all that is in it.
    ///
    /// # Errors
    /// There is none of that name.
    fn delete_group(&self, _call: &Arc<Call>, _name: &str) -> Result<()> {
        read_only(self.full_name())
    }

    /// Deletes an array of this group.
    ///
    /// # Errors
    /// There is none of that name; it is computed.
    fn delete_array(&self, _call: &Arc<Call>, _name: &str) -> Result<()> {
        read_only(self.full_name())
    }

    /// Gives this group another name; what was opened of it before is of no use afterwards.
    ///
    /// # Errors
    /// It is the root; there is a node of that name; the file system cannot move folders.
    fn rename(&self, _call: &Arc<Call>, _new_name: &str) -> Result<()> {
        read_only(self.full_name())
    }

    /// Stores all metadata of the whole store that have changed. With `is_closing` what was left to us is completed (ids of
    /// a global axis that nobody wrote).
    ///
    /// # Errors
    /// The store cannot be written; with `is_closing`: ids that are missing or are no zones.
    fn flush(&self, _call: &Arc<Call>, _is_closing: bool) -> Result<()> {
        read_only(self.full_name())
    }

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

    /// True when its elements are stored, in a store that was created or opened for update; every method below is an error
    /// where they are not.
    fn is_writable(&self) -> bool {
        false
    }

    /// Writes numbers from the caller's memory, converted from the input's type as GDAL converts.
    ///
    /// # Errors
    /// A window outside the array; an array that is not numeric; a chunk that cannot be read, encoded or written.
    fn write_numbers(&self, _call: &Arc<Call>, _window: &Window, _input: Input<'_>) -> Result<()> {
        read_only(self.full_name())
    }

    /// Writes text, in C order of the window; `None` is a missing value.
    ///
    /// # Errors
    /// As [`Array::write_numbers`]; a text that is longer than the type allows.
    fn write_texts(&self, _call: &Arc<Call>, _window: &Window, _texts: &[Option<String>]) -> Result<()> {
        read_only(self.full_name())
    }

    /// Writes structured elements in C order of the window, each laid out as [`DataType::Compound`] says.
    ///
    /// # Errors
    /// As [`Array::write_numbers`].
    fn write_compounds(&self, _call: &Arc<Call>, _window: &Window, _bytes: &[u8]) -> Result<()> {
        read_only(self.full_name())
    }

    /// Sets an attribute, or deletes it.
    ///
    /// # Errors
    /// There is none of that name to be deleted.
    fn set_attribute(&self, _call: &Arc<Call>, _name: &str, _value: Option<serde_json::Value>) -> Result<()> {
        read_only(self.full_name())
    }

    /// Sets the nodata value, one element of [`Array::data_type`] in native byte order, or removes it.
    ///
    /// # Errors
    /// An array that is not numeric; an element of another size.
    fn set_nodata(&self, _call: &Arc<Call>, _value: Option<&[u8]>) -> Result<()> {
        read_only(self.full_name())
    }

    /// Sets the unit; an empty one removes it.
    fn set_unit(&self, _call: &Arc<Call>, _unit: &str) -> Result<()> {
        read_only(self.full_name())
    }

    /// Sets or removes the scale.
    fn set_scale(&self, _call: &Arc<Call>, _scale: Option<f64>) -> Result<()> {
        read_only(self.full_name())
    }

    /// Sets or removes the offset.
    fn set_offset(&self, _call: &Arc<Call>, _offset: Option<f64>) -> Result<()> {
        read_only(self.full_name())
    }

    /// Sets the CRS to a definition that PROJ takes, or leaves it to the grid.
    ///
    /// # Errors
    /// PROJ does not understand the definition.
    fn set_crs(&self, _call: &Arc<Call>, _definition: Option<&str>) -> Result<()> {
        read_only(self.full_name())
    }

    /// Changes the sizes of the axes, and with them those of all arrays of the group on the same axes.
    ///
    /// # Errors
    /// Another number of sizes; an axis of zones that would change.
    fn resize(&self, _call: &Arc<Call>, _sizes: &[u64]) -> Result<()> {
        read_only(self.full_name())
    }

    /// Gives the array another name; what was opened of it before is of no use afterwards.
    ///
    /// # Errors
    /// There is a node of that name; the file system cannot move folders.
    fn rename(&self, _call: &Arc<Call>, _new_name: &str) -> Result<()> {
        read_only(self.full_name())
    }
}
