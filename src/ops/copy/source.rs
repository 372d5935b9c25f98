//! What a source holds: its groups and arrays, and the zone axes that its metadata tell, whichever driver reads it.

use std::sync::Arc;

use serde_json::Value;

use crate::convention::{self, ArrayMeta, Attributes, ElementKind, GroupMeta, IdentityOptions, ZoneAxis};
use crate::cube;
use crate::error::{Error, Result};
use crate::grid;
use crate::store::dataset::{Array, Dataset, Group};
use crate::store::{Call, DataType};

/// A group of the source, with what is in it.
pub(super) struct SourceGroup {
    /// Path from the root: `/`, `/a`.
    pub(super) path: String,
    pub(super) attributes: Attributes,
    /// Arrays that are stored, or list the ids of an axis.
    pub(super) arrays: Vec<SourceArray>,
    pub(super) axes: Vec<ZoneAxis>,
    /// Refinement level of each axis.
    pub(super) levels: Vec<u8>,
    pub(super) groups: Vec<SourceGroup>,
    /// The ids that our own driver computes where a store does not list one a position.
    pub(super) computed_ids: Option<Arc<Array>>,
    /// True when open options, and nothing in the store, told the grid.
    pub(super) is_from_options: bool,
}

/// An array of the source.
pub(super) struct SourceArray {
    pub(super) array: Arc<Array>,
    pub(super) attributes: Attributes,
    names: Vec<String>,
}

/// Attributes that are documents, of which other formats make texts.
const DOCUMENTS: [&str; 8] =
    ["zarr_conventions", "dggs", "multiscales", "ellipsoid", "orientation", "grid", "dggs_bbox", "_CRS"];

/// `attributes` with documents that a copy to another format made texts of.
fn restored(mut attributes: Attributes) -> Attributes {
    for key in DOCUMENTS {
        let document =
            attributes.get(key).and_then(Value::as_str).filter(|text| text.trim_start().starts_with(['{', '[']));
        if let Some(document) = document.and_then(|text| serde_json::from_str::<Value>(text).ok()) {
            attributes.insert(key.to_owned(), document);
        }
    }
    attributes
}

impl SourceArray {
    fn new(array: Array, attributes: Attributes) -> Self {
        let names = array.dimensions().iter().map(|dimension| dimension.name.clone()).collect();
        Self { array: Arc::new(array), attributes, names }
    }

    /// Names of its dimensions, slowest first.
    pub(super) fn dimensions(&self) -> &[String] {
        &self.names
    }

    fn meta(&self) -> ArrayMeta<'_> {
        ArrayMeta {
            name: self.array.name(),
            dimensions: self.names.clone(),
            shape: self.array.shape(),
            kind: match self.array.data_type() {
                DataType::Text { .. } => ElementKind::Text,
                DataType::Numeric(number) if number.is_integer() => ElementKind::Integer,
                DataType::Numeric(number) if !number.is_complex() => ElementKind::Float,
                _ => ElementKind::Other,
            },
            attributes: &self.attributes,
        }
    }
}

impl SourceGroup {
    /// The root of `dataset` with all that is in it; `None` for a dataset without a multidimensional view.
    ///
    /// # Errors
    /// A group or array that cannot be opened; metadata that break their convention.
    pub(super) fn read(call: &Arc<Call>, dataset: &Dataset) -> Result<Option<Self>> {
        dataset.root(call).map(|root| Self::of(call, &root, "/", &[])).transpose()
    }

    fn of(call: &Arc<Call>, group: &Group, path: &str, ancestors: &[Attributes]) -> Result<Self> {
        let attributes = restored(group.attributes(call));
        let mut arrays = Vec::new();
        for name in group.array_names(call) {
            let array = group.open_array(call, &name)?;
            let attributes = restored(array.attributes(call));
            arrays.push(SourceArray::new(array, attributes));
        }
        let info = group.structural_info(call);
        let said = info.iter().find(|(key, _)| key == "CONVENTION").map(|(_, value)| value.as_str());
        let known = said.and_then(|said| convention::names().find(|name| *name == said));
        let axes = {
            let meta = GroupMeta {
                path,
                attributes: &attributes,
                arrays: arrays.iter().map(SourceArray::meta).collect(),
                ancestors: ancestors.iter().collect(),
            };
            let options = IdentityOptions { convention: known, ..Default::default() };
            match convention::detect(&meta, &options)? {
                // A selection may be told in another convention than the store.
                axes if axes.is_empty() && known.is_some() => convention::detect(&meta, &IdentityOptions::default())?,
                axes => axes,
            }
        };
        let on_zones = |array: &SourceArray| {
            let on = |axis: &ZoneAxis| axis.dimensions.iter().any(|name| array.names.contains(name));
            axes.iter().any(on) || array.array.dimensions().iter().any(|axis| axis.kind == cube::ZONE_DIMENSION)
        };
        let lists_ids =
            |array: &SourceArray| axes.iter().any(|axis| axis.id_array.as_deref() == Some(array.array.name()));
        let computed_ids = arrays.iter().find(|array| array.array.name() == cube::COMPUTED_IDS && on_zones(array));
        let computed_ids = computed_ids.map(|array| array.array.clone());
        arrays.retain(|array| {
            let is_computed = cube::is_computed(&array.attributes) || array.array.name() == cube::COMPUTED_IDS;
            lists_ids(array) || !(is_computed && on_zones(array))
        });
        let levels = axes.iter().map(|axis| level(call, path, axis, &arrays)).collect::<Result<_>>()?;
        let mut below = vec![attributes.clone()];
        below.extend_from_slice(ancestors);
        let mut groups = Vec::new();
        for name in group.group_names(call) {
            let child = group.open_group(call, &name)?;
            groups.push(Self::of(call, &child, &format!("{}/{name}", path.trim_end_matches('/')), &below)?);
        }
        let is_from_options = said == Some(convention::FROM_OPTIONS);
        Ok(Self { path: path.to_owned(), attributes, arrays, axes, levels, groups, computed_ids, is_from_options })
    }

    /// The array called `name`.
    pub(super) fn array(&self, name: &str) -> Option<&SourceArray> {
        self.arrays.iter().find(|array| array.array.name() == name)
    }

    /// The zone axis of an array, by its index.
    pub(super) fn axis_of(&self, array: &SourceArray) -> Option<usize> {
        let found = ZoneAxis::of_array(&self.axes, array.array.name(), &array.names)?;
        self.axes.iter().position(|axis| std::ptr::eq(axis, found))
    }

    /// This group and all below it.
    pub(super) fn all(&self) -> Vec<&Self> {
        std::iter::once(self).chain(self.groups.iter().flat_map(Self::all)).collect()
    }

    /// True when an axis holds fewer zones than its level has.
    ///
    /// # Errors
    /// A grid that this build does not know.
    pub(super) fn is_part(&self) -> Result<bool> {
        for (axis, level) in self.axes.iter().zip(&self.levels) {
            let [dimension] = axis.dimensions.as_slice() else { continue };
            let sizes = self.arrays.iter().filter_map(|array| {
                let at = array.names.iter().position(|name| name == dimension)?;
                array.array.shape().get(at).copied()
            });
            let count = crate::grid::grid(&axis.spec)?.zone_count(*level);
            if sizes.max().is_some_and(|size| size < count) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The level of an axis: what is said, else what its first id carries.
fn level(call: &Arc<Call>, path: &str, axis: &ZoneAxis, arrays: &[SourceArray]) -> Result<u8> {
    if let Some(level) = axis.level {
        return Ok(level);
    }
    let ids = axis.id_array.as_deref().and_then(|name| arrays.iter().find(|array| array.array.name() == name));
    let Some(ids) = ids.filter(|ids| ids.array.shape().iter().all(|size| *size > 0)) else {
        return Err(Error::corrupt(format!("group {path}: neither a level nor zone ids that carry it")));
    };
    let first = ids.array.read_texts(call, &[0], &[1])?.remove(0).unwrap_or_default();
    grid::grid(&axis.spec)?.parse_zone(&first, None).map(|(level, _)| level)
}
