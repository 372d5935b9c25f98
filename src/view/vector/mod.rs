//! The vector view: a zone axis as a layer, its zones as features.
//!
//! A layer is named after its group, `zones` at the root. A feature's FID is its place on the zone axis; places without a
//! zone (padding) are no features. The first field is `zone_id`, the zone's text, which is unique over all levels; then
//! one a variable (`u`), or one a slice (`u_0`, `u_1`, `u_0_3`) where the variable has further dimensions that the open
//! option `SLICE` does not fix. What is missing in the store is null.
//!
//! - [`fields`] makes fields of arrays and reads them as columns;
//! - [`outline`] draws a zone, [`wkb`] writes it down;
//! - [`filter`] turns a spatial filter and zone ids into places on the axis;
//! - [`features`] reads batches.

mod extent;
mod features;
mod fields;
mod filter;
mod options;
mod outline;
mod wkb;

use std::sync::{Arc, OnceLock};

pub use features::{Batch, Features, Request};
pub use fields::{Column, Field, FieldKind, Values};
pub use filter::Filter;
pub use options::Geometry;
pub use wkb::Texts;

use crate::cube::{Group, ZoneLine};
use crate::error::{Context, Result};
use crate::store::Call;
use fields::Variable;
use options::Options;

/// How many groups are searched for zone axes.
const SEARCHED: usize = 256;

/// A zone axis as a layer.
pub struct Layer {
    name: String,
    line: ZoneLine,
    geometry: Geometry,
    variables: Vec<Variable>,
    fields: Vec<Field>,
    count: OnceLock<u64>,
    extent: OnceLock<Option<[f64; 4]>>,
}

/// The layers of a store, in the order of its groups.
///
/// # Errors
/// Groups or arrays that cannot be opened; a variable with so many slices that `SLICE` is needed.
pub fn layers(call: &Arc<Call>, root: &Arc<dyn Group>) -> Result<Vec<Layer>> {
    let options = Options::parse(root.open_options())?;
    let mut layers = Vec::new();
    let mut pending = vec![Arc::clone(root)];
    let mut searched = 0;
    while let Some(group) = pending.pop() {
        searched += 1;
        for line in Arc::clone(&group).zone_lines() {
            layers.push(Layer::new(call, line, &options)?);
        }
        if searched < SEARCHED {
            for name in group.group_names(call)?.iter().rev() {
                pending.extend(group.open_group(call, name)?);
            }
        }
    }
    options.check_slice(layers.iter().flat_map(|layer| &layer.variables))?;
    Ok(layers)
}

impl Layer {
    fn new(call: &Arc<Call>, line: ZoneLine, options: &Options) -> Result<Self> {
        let group = line.group_name().trim_start_matches('/');
        let name = if group.is_empty() { "zones" } else { group }.to_owned() + line.suffix();
        let (variables, fields) = fields::of(call, &line, options).context(|| format!("layer {name}"))?;
        let (count, extent) = (OnceLock::new(), OnceLock::new());
        Ok(Self { name, line, geometry: options.geometry, variables, fields, count, extent })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The fields after `zone_id`.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// What features are drawn as.
    pub fn geometry(&self) -> Geometry {
        self.geometry
    }

    /// The CRS as WKT, axes to be mapped longitude, latitude.
    pub fn crs_wkt(&self) -> Option<String> {
        self.line.crs_wkt()
    }

    /// Number of places on the zone axis: FIDs are below it.
    pub fn places(&self) -> u64 {
        self.line.len()
    }

    /// True when every place is a feature.
    pub fn is_dense(&self) -> bool {
        !self.line.may_pad()
    }

    /// Number of features. Reads zone ids only where the axis may be padded, and once.
    pub fn count(&self, call: &Arc<Call>) -> Result<u64> {
        if let Some(count) = self.count.get() {
            return Ok(*count);
        }
        let count = self.line.zone_count(call)?;
        Ok(*self.count.get_or_init(|| count))
    }
}
