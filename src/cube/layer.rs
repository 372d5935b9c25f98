//! One zone axis of a group as it is shown: its zones, its dimensions, and the arrays it adds.

use std::sync::Arc;

use crate::convention::{self, Compression, Placement, Selection, ZoneAxis};
use crate::cube::axis::{Axis, Source};
use crate::cube::detect::{self, Described};
use crate::cube::group::Shared;
use crate::cube::placed::Placed;
use crate::cube::positions::{Positions, RankedRanges};
use crate::cube::quantity::Quantity;
use crate::cube::{Attributes, Dimension};
use crate::error::{Error, Result};
use crate::grid::{self, Grid};
use crate::hierarchy;
use crate::store::Call;

/// GDAL's dimension type of a zone axis.
pub const ZONE_DIMENSION: &str = "DGGS_ZONE";

/// The dimension that several become by a selection.
const SELECTED: &str = "zone";

/// The group that a layer is in.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) full_name: &'a str,
    /// `None`: a grid without data.
    pub(super) stored: Option<&'a hierarchy::Group>,
    pub(super) arrays: &'a [Described],
    pub(super) shared: &'a Shared,
    /// True when the group has several zone axes.
    pub(super) several: bool,
}

/// A zone axis of a group, as it is shown.
#[derive(Clone)]
pub(super) struct Layer {
    /// What the convention says of it.
    pub(super) found: ZoneAxis,
    pub(super) axis: Arc<Axis>,
    /// The zone dimensions that are shown, in storage order.
    pub(super) dimensions: Vec<Dimension>,
    /// Name of the array that lists the ids, stored or computed.
    pub(super) id_array: String,
    /// True when the stored array of that name is shown (its ids are one a position, and not in a point's order).
    pub(super) ids_stored: bool,
    /// Computed arrays of this axis and their names.
    pub(super) computed: Vec<(String, Quantity)>,
    /// What the names of its computed arrays end in.
    pub(super) suffix: String,
    /// Names of the stored zone dimensions, in storage order.
    pub(super) stored_dimensions: Vec<String>,
}

impl Place<'_> {
    pub(super) fn path_of(&self, name: &str) -> String {
        format!("{}/{name}", self.full_name.trim_end_matches('/'))
    }

    fn described(&self, name: &str) -> Option<&Described> {
        self.arrays.iter().find(|array| array.name == name)
    }

    /// The layer of a stored axis; selections are made here.
    pub(super) fn layer(&self, call: &Arc<Call>, found: ZoneAxis) -> Result<Layer> {
        let stored = self.stored.expect("a group with arrays is stored");
        let grid = grid::grid(&found.spec)?;
        let level = match found.level {
            Some(level) => level,
            None => detect::level_of_ids(call, stored, &found, &*grid)?,
        };
        if found.placement != Placement::Line {
            return self.placed(call, found, grid, level);
        }
        let source = detect::source(call, stored, &found, &*grid, level)?;
        let axis = Axis::new(grid, level, source);
        let dimension = &found.dimensions[0];
        for array in self.arrays {
            let size = array.size_of(dimension);
            if size.is_some_and(|size| size != axis.len()) {
                return Err(Error::corrupt(format!(
                    "array {}: dimension {dimension} has {} positions, but {} at level {level} has {} zones here",
                    self.path_of(&array.name),
                    size.unwrap_or_default(),
                    found.spec.dggrs,
                    axis.len(),
                )));
            }
        }
        if found.convention == convention::FROM_OPTIONS && found.id_array.is_some() {
            axis.check_ends(call)?;
        }
        let names = found.dimensions.clone();
        self.finish(call, found, axis, names)
    }

    /// The layer of an axis of several dimensions, in the order of the first array on them.
    fn placed(&self, call: &Arc<Call>, found: ZoneAxis, grid: Arc<dyn Grid>, level: u8) -> Result<Layer> {
        let all = std::slice::from_ref(&found);
        let mut arrays =
            self.arrays.iter().filter(|array| ZoneAxis::of_array(all, &array.name, &array.dimensions).is_some());
        let first = arrays
            .next()
            .ok_or_else(|| Error::corrupt(format!("group {}: no array on the zones' dimensions", self.full_name)))?;
        let zones = first.dimensions.iter().zip(&first.shape).filter(|(name, _)| found.dimensions.contains(name));
        let (names, sizes): (Vec<String>, Vec<u64>) = zones.map(|(name, size)| (name.clone(), *size)).unzip();
        for (name, size) in names.iter().zip(&sizes) {
            if let Some(other) = arrays.clone().find(|array| array.size_of(name) != Some(*size)) {
                return Err(Error::corrupt(format!(
                    "array {}: dimension {name} has {} positions, but {size} in {}",
                    self.path_of(&other.name),
                    other.size_of(name).unwrap_or_default(),
                    self.path_of(&first.name),
                )));
            }
        }
        let meaning = names.iter().filter_map(|name| found.dimensions.iter().position(|known| known == name)).collect();
        let placed = Placed::new(&found.spec, level, found.placement.clone(), sizes, meaning)?;
        self.finish(call, found, Axis::new(grid, level, Source::Placed(placed)), names)
    }

    /// Selects, and names the dimensions and arrays that the layer adds.
    pub(super) fn finish(
        &self,
        call: &Arc<Call>,
        found: ZoneAxis,
        mut axis: Axis,
        stored_dimensions: Vec<String>,
    ) -> Result<Layer> {
        detect::select(call, &self.shared.options.selection, &mut axis)?;
        let suffix = if self.several { format!("_{}", stored_dimensions.join("_")) } else { String::new() };
        let listed = found.id_array.clone().filter(|_| found.compression == Compression::None);
        let ids_stored = listed.is_some() && !matches!(axis.positions(), Positions::Points(_));
        let id_array = listed.unwrap_or_else(|| Quantity::ZoneId.array_name() + &suffix);
        let mut computed = Vec::new();
        if !ids_stored {
            let is_text = self.described(&id_array).is_some_and(|array| array.is_text);
            computed.push((id_array.clone(), if is_text { Quantity::ZoneText } else { Quantity::ZoneId }));
        }
        let extra = self.shared.options.computed.iter().copied();
        for quantity in Quantity::CENTROID.into_iter().chain(extra) {
            let name = quantity.array_name() + &suffix;
            if self.described(&name).is_none() && quantity.exists_at(&**axis.grid(), axis.level()) {
                computed.push((name, quantity));
            }
        }
        let dimension = |name: String, size: u64, variable: Option<String>| Dimension {
            name,
            group: self.full_name.to_owned(),
            kind: ZONE_DIMENSION.into(),
            direction: String::new(),
            size,
            indexing_variable: variable.map(|name| self.path_of(&name)),
        };
        let dimensions = match axis.placed() {
            Some(placed) if !axis.is_selection() => {
                let variable = |name: &String| {
                    self.described(name).filter(|array| array.dimensions == [name.as_str()]).map(|_| name.clone())
                };
                let sizes = stored_dimensions.iter().zip(placed.sizes());
                sizes.map(|(name, size)| dimension(name.clone(), *size, variable(name))).collect()
            }
            Some(_) => {
                let mut name = SELECTED.to_owned() + &suffix;
                while self.arrays.iter().any(|array| array.dimensions.contains(&name)) {
                    name.push('_');
                }
                vec![dimension(name, axis.len(), Some(id_array.clone()))]
            }
            None => vec![dimension(stored_dimensions[0].clone(), axis.len(), Some(id_array.clone()))],
        };
        let axis = Arc::new(axis);
        Ok(Layer { found, axis, dimensions, id_array, ids_stored, computed, suffix, stored_dimensions })
    }
}

impl Layer {
    /// True when several stored dimensions are shown as one.
    pub(super) fn is_gathered(&self) -> bool {
        self.axis.placed().is_some() && self.axis.is_selection()
    }

    /// The same axis on one dimension, of which only `indices` of those shown now are shown; `None`: all of them.
    pub(super) fn line(&self, indices: Option<&RankedRanges>) -> Self {
        let axis = match indices {
            Some(indices) => Arc::new(self.axis.part(indices)),
            None if self.axis.placed().is_some() && !self.axis.is_selection() => {
                Arc::new(self.axis.part(&RankedRanges::new((!self.axis.is_empty()).then(|| 0..self.axis.len()))))
            }
            None => self.axis.clone(),
        };
        let mut dimension = Dimension { size: axis.len(), ..self.dimensions[0].clone() };
        if self.dimensions.len() > 1 {
            dimension.name = SELECTED.to_owned() + &self.suffix;
        }
        Self { axis, dimensions: vec![dimension], ..self.clone() }
    }

    /// The selection as the conventions see it.
    pub(super) fn selection(&self) -> Selection<'_> {
        Selection { axis: &self.found, id_array: &self.id_array, dimension: &self.dimensions[0].name }
    }

    /// Attributes of the array that lists the ids, made of the stored ones: they carry the grid's identity. Ids along
    /// several dimensions do not, since the store itself tells it there.
    pub(super) fn id_attributes(&self, stored: Attributes) -> Attributes {
        let mut attributes = stored;
        if self.dimensions.len() > 1 {
            return attributes;
        }
        if self.axis.is_selection() {
            attributes = convention::selected(&self.selection(), convention::Node::Ids, &attributes);
        }
        if !convention::is_marked(&attributes) || self.found.convention == convention::FROM_OPTIONS {
            attributes.extend(convention::id_array_attributes(&self.found.spec, Some(self.axis.level())));
        }
        attributes
    }

    /// What `GetStructuralInfo()` says of the grid.
    pub(super) fn structural_info(&self) -> Vec<(String, String)> {
        let spec = &self.found.spec;
        [
            ("DGGRS", spec.dggrs.to_owned()),
            ("REFINEMENT_LEVEL", self.axis.level().to_string()),
            ("INDEXING_SCHEME", spec.indexing.to_owned()),
            ("ELLIPSOID", convention::ellipsoid::describe(&spec.surface)),
            ("CONVENTION", self.found.convention.to_owned()),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .to_vec()
    }
}
