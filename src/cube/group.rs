//! A group of the store with its zone axes laid over it, or a grid without data.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::convention::{self, Node, ZoneAxis};
use crate::cube::axis::{Axis, Source};
use crate::cube::computed::{ComputedArray, Setting};
use crate::cube::crs::{Crs, grid_definition};
use crate::cube::detect::Described;
use crate::cube::editing::Editing;
use crate::cube::gather::Gather;
use crate::cube::layer::{Layer, Place};
use crate::cube::line::ZoneLine;
use crate::cube::options::Options;
use crate::cube::quantity::Quantity;
use crate::cube::stored::{Overlay, StoredArray};
use crate::cube::{Array, Attributes, Dimension, Group, ZoneFinder, detect};
use crate::error::{Context, Result};
use crate::grid::{self, Grid};
use crate::hierarchy;
use crate::store::Call;

/// What all groups of one opened store share.
pub(super) struct Shared {
    /// The open options.
    pub(super) options: Options,
    /// The open options as they were given.
    pub(super) pairs: Vec<(String, String)>,
    /// Full names of groups that are not shown: other levels of a pyramid from which `LEVEL` selects.
    pub(super) hidden_groups: BTreeSet<String>,
    /// Full name and level of each group that is shown.
    pub(super) shown_levels: Vec<(String, u8)>,
    /// The one level of a pyramid that is shown.
    pub(super) level: Option<u8>,
    /// The only stored data array that is shown, where the connection string names one.
    pub(super) only_array: Option<String>,
    /// A connection string that opens the same with the same options; empty when there are no options.
    pub(super) connection: String,
    /// How messages name the store.
    pub(super) store: String,
    /// Where the store is being written.
    pub(super) editing: Option<Arc<Editing>>,
}

impl Shared {
    /// For the new store at `path`.
    pub(super) fn of_new(path: String, editing: Arc<Editing>) -> Self {
        let (options, pairs, hidden_groups, shown_levels, level, only_array) = Default::default();
        let connection = String::new();
        Self {
            options,
            pairs,
            hidden_groups,
            shown_levels,
            level,
            only_array,
            connection,
            store: path,
            editing: Some(editing),
        }
    }
}

/// A group of the opened store.
pub(super) struct CubeGroup {
    full_name: String,
    /// `None`: a grid without data.
    stored: Option<Arc<hierarchy::Group>>,
    /// Attributes of the groups above, nearest first.
    ancestors: Vec<Attributes>,
    attributes: Attributes,
    arrays: Vec<Described>,
    layers: Vec<Layer>,
    /// Zone axes of this group that are not shown: other levels than the one chosen.
    dropped: Vec<ZoneAxis>,
    shared: Arc<Shared>,
}

impl CubeGroup {
    /// A stored group and its zone axes; selections are made here, so that every error in them shows on opening.
    pub(super) fn open(
        call: &Arc<Call>,
        stored: Arc<hierarchy::Group>,
        ancestors: Vec<Attributes>,
        shared: Arc<Shared>,
    ) -> Result<Self> {
        let arrays = detect::describe(call, &stored)?;
        let found = detect::zone_axes(&stored, &arrays, &ancestors, &shared.options.identity)?;
        let wanted = |axis: &ZoneAxis| shared.level.is_none_or(|level| axis.level.is_none_or(|found| found == level));
        let (found, dropped): (Vec<_>, Vec<_>) = found.into_iter().partition(wanted);
        let mut group = Self {
            full_name: stored.full_name().to_owned(),
            attributes: stored.attributes().clone(),
            stored: Some(stored),
            ancestors,
            arrays,
            layers: Vec::new(),
            dropped,
            shared,
        };
        let several = found.len() > 1;
        for axis in found {
            axis.warnings.iter().for_each(|warning| call.warn(warning));
            let layer = group.place(several).layer(call, axis)?;
            group.layers.push(layer);
        }
        for layer in group.layers.iter().filter(|layer| layer.axis.is_selection()) {
            group.attributes = convention::selected(&layer.selection(), Node::Group, &group.attributes);
        }
        Ok(group)
    }

    /// The grid of `found` without data, on a dimension of its own.
    pub(super) fn of_grid(call: &Arc<Call>, found: ZoneAxis, level: u8, shared: Arc<Shared>) -> Result<Self> {
        let grid = grid::grid(&found.spec)?;
        let axis = Axis::new(grid, level, Source::Globe);
        let mut group = Self {
            full_name: "/".into(),
            stored: None,
            ancestors: Vec::new(),
            attributes: Attributes::new(),
            arrays: Vec::new(),
            layers: Vec::new(),
            dropped: Vec::new(),
            shared,
        };
        let names = found.dimensions.clone();
        let layer = group.place(false).finish(call, found, axis, names)?;
        group.layers.push(layer);
        Ok(group)
    }

    /// True when a convention or the open options gave this group a zone axis.
    pub(super) fn has_zones(&self) -> bool {
        !self.layers.is_empty()
    }

    fn path_of(&self, name: &str) -> String {
        format!("{}/{name}", self.full_name.trim_end_matches('/'))
    }

    fn described(&self, name: &str) -> Option<&Described> {
        self.arrays.iter().find(|array| array.name == name)
    }

    fn place(&self, several: bool) -> Place<'_> {
        let (stored, arrays) = (self.stored.as_deref(), self.arrays.as_slice());
        Place { full_name: &self.full_name, stored, arrays, shared: &self.shared, several }
    }

    /// The layer on whose axis an array lies.
    fn layer_of(&self, name: &str, dimensions: &[String]) -> Option<&Layer> {
        let axes: Vec<ZoneAxis> = self.layers.iter().map(|layer| layer.found.clone()).collect();
        let found = ZoneAxis::of_array(&axes, name, dimensions)?;
        self.layers.iter().find(|layer| layer.found == *found)
    }

    /// Full names of the centroid arrays of `layer`, for an array called `name`.
    fn coordinates(&self, layer: &Layer, name: &str) -> Vec<String> {
        let same = |array: &Described| {
            let zones = &layer.found.dimensions;
            array.dimensions.len() == zones.len() && zones.iter().all(|name| array.dimensions.contains(name))
        };
        let on_zones = |candidate: &str| match self.described(candidate) {
            Some(array) => same(array),
            None => layer.computed.iter().any(|(computed, _)| computed == candidate),
        };
        let names = Quantity::CENTROID.map(|quantity| quantity.array_name() + &layer.suffix);
        if names.iter().any(|centroid| centroid == name) || !names.iter().all(|centroid| on_zones(centroid)) {
            return Vec::new();
        }
        names.iter().map(|centroid| self.path_of(centroid)).collect()
    }

    /// A stored array is not shown when its content would no longer be true, or when another array was asked for.
    fn shows(&self, array: &Described) -> bool {
        let untrue = self.layers.iter().any(|layer| {
            let ids = layer.found.id_array.as_deref() == Some(array.name.as_str());
            let zones = &layer.found.dimensions;
            // What lies along some of the dimensions that became one has no place any more.
            let on = |name: &String| array.dimensions.contains(name);
            let lost = layer.is_gathered() && zones.iter().any(on) && !zones.iter().all(on);
            (ids && !layer.ids_stored && layer.axis.is_selection()) || lost
        });
        let kept = |name: &String| self.layers.iter().any(|layer| layer.found.dimensions.contains(name));
        let of_other_level = self
            .dropped
            .iter()
            .flat_map(|axis| &axis.dimensions)
            .any(|name| array.dimensions.contains(name) && !kept(name));
        let asked = self
            .shared
            .only_array
            .as_ref()
            .is_none_or(|only| *only == self.path_of(&array.name) || array.dimensions.len() <= 1);
        !untrue && !of_other_level && asked
    }

    fn computed(&self, name: &str) -> Option<ComputedArray> {
        self.layers.iter().find_map(|layer| self.computed_on(name, layer))
    }

    fn computed_on(&self, name: &str, layer: &Layer) -> Option<ComputedArray> {
        let quantity = layer.computed.iter().find(|(computed, _)| computed == name)?.1;
        let stored = || self.described(name).map(|array| array.attributes.clone()).unwrap_or_default();
        let attributes = if name == layer.id_array { layer.id_attributes(stored()) } else { Attributes::new() };
        let setting = Setting {
            full_name: self.path_of(name),
            coordinates: self.coordinates(layer, name),
            structural_info: layer.structural_info(),
            store: self.shared.store.clone(),
        };
        Some(ComputedArray::new(quantity, layer.axis.clone(), layer.dimensions.clone(), attributes, setting))
    }

    fn stored_array(&self, array: Arc<hierarchy::Array>) -> Result<StoredArray> {
        let names: Vec<String> = array.dimensions().iter().map(|dimension| dimension.name.clone()).collect();
        let layer = self.layer_of(array.name(), &names);
        self.stored_array_on(array, &names, layer)
    }

    /// A stored array whose zones are those of `layer`.
    fn stored_array_on(
        &self,
        array: Arc<hierarchy::Array>,
        names: &[String],
        layer: Option<&Layer>,
    ) -> Result<StoredArray> {
        let gather = layer.filter(|layer| layer.is_gathered()).map(|layer| {
            let at = |name: &String| names.iter().position(|known| known == name);
            Gather::new(layer.axis.clone(), layer.stored_dimensions.iter().filter_map(at).collect(), &array)
        });
        let mut dimensions: Vec<Dimension> = names
            .iter()
            .zip(array.shape())
            .filter(|(name, _)| !layer.is_some_and(|layer| gather.is_some() && layer.stored_dimensions.contains(name)))
            .map(|(name, size)| match layer.and_then(|layer| layer.dimensions.iter().find(|zone| zone.name == *name)) {
                Some(zone) => zone.clone(),
                None => self.plain_dimension(name, *size),
            })
            .collect();
        let zone_at = match (&gather, layer) {
            (Some(gather), Some(layer)) => {
                dimensions.insert(gather.zone_at(), layer.dimensions[0].clone());
                Some(gather.zone_at())
            }
            (None, Some(layer)) if layer.axis.placed().is_none() => {
                names.iter().position(|name| *name == layer.dimensions[0].name)
            }
            _ => None,
        };
        let mut attributes = match layer {
            Some(layer) if layer.id_array == array.name() => layer.id_attributes(array.attributes().clone()),
            Some(layer) if layer.axis.is_selection() => {
                convention::selected(&layer.selection(), Node::Array(array.name()), array.attributes())
            }
            _ => array.attributes().clone(),
        };
        let crs = self.described(array.name()).and_then(|described| self.crs(described, layer, &mut attributes));
        let array_name = array.name().to_owned();
        let array_name = array_name.as_str();
        let finder = layer.and_then(|layer| {
            let at = |zone: &Dimension| dimensions.iter().position(|dimension| dimension.name == zone.name);
            let axes = layer.dimensions.iter().map(at).collect::<Option<Vec<usize>>>()?;
            Some(ZoneFinder::new(layer.axis.clone(), axes, self.shared.store.clone()))
        });
        let is_ids = layer.is_some_and(|layer| layer.id_array == array_name);
        let is_centroid =
            |layer: &Layer| Quantity::CENTROID.iter().any(|q| q.array_name() + &layer.suffix == array_name);
        Ok(StoredArray::new(
            array,
            Overlay {
                store: self.shared.store.clone(),
                editing: self.shared.editing.clone(),
                finder,
                is_ids,
                is_data: layer.is_some_and(|layer| !is_ids && !is_centroid(layer)),
                dimensions,
                zone: layer.zip(zone_at).map(|(layer, at)| (at, layer.axis.clone())),
                gather,
                coordinates: layer.map(|layer| self.coordinates(layer, array_name)).unwrap_or_default(),
                attributes,
                crs,
                structural_info: layer.map(Layer::structural_info).unwrap_or_default(),
                overviews: layer.map(|layer| self.overviews(layer, array_name)).unwrap_or_default(),
            },
        ))
    }

    /// True when the array called `name` lists the zone ids of an axis.
    pub(super) fn lists_ids(&self, name: &str) -> bool {
        self.layers.iter().any(|layer| layer.id_array == name)
    }

    /// The grid and level of the zones along `dimensions`.
    pub(super) fn grid_of(&self, dimensions: &[String]) -> Option<(Arc<dyn Grid>, u8)> {
        let layer = self.layer_of("", dimensions)?;
        Some((layer.axis.grid().clone(), layer.axis.level()))
    }

    /// The attributes of a data array on the same zones as one along `dimensions` would be, at best along the same.
    pub(super) fn like(&self, dimensions: &[String]) -> Option<Attributes> {
        let layer = self.layer_of("", dimensions)?;
        let is_data = |array: &&Described| {
            let on = self.layer_of(&array.name, &array.dimensions).is_some_and(|on| on.found == layer.found);
            on && array.name != layer.id_array
        };
        let arrays = || self.arrays.iter().filter(is_data);
        let found = arrays().find(|array| array.dimensions == dimensions).or_else(|| arrays().next());
        found.map(|array| array.attributes.clone())
    }

    /// Full names of the same array as `name` on coarser levels, the finest first; some may not exist. Levels share this
    /// group, or have groups in it or beside it; where there are none such, any group may be one.
    fn overviews(&self, layer: &Layer, name: &str) -> Vec<String> {
        let own = layer.axis.level();
        let coarser = self.shared.shown_levels.iter().filter(|(group, level)| *level < own && *group != self.full_name);
        let above = |path: &str| path.rsplit_once('/').map_or(String::new(), |(above, _)| above.to_owned());
        let here = self.full_name.trim_end_matches('/');
        let is_near = |group: &str| {
            above(group) == here || (!here.is_empty() && !group.is_empty() && above(group) == above(here))
        };
        let mut groups: Vec<(u8, String)> =
            coarser.map(|(group, level)| (*level, group.trim_end_matches('/').to_owned())).collect();
        if groups.iter().any(|(_, group)| is_near(group)) {
            groups.retain(|(_, group)| is_near(group));
        }
        let mut levels: Vec<(u8, String)> =
            groups.into_iter().map(|(level, group)| (level, format!("{group}/{name}"))).collect();
        let stem = name.strip_suffix(&convention::level_suffix(own)).unwrap_or(name);
        for other in self.layers.iter().filter(|other| other.axis.level() < own && other.found.spec == layer.found.spec)
        {
            let level = other.axis.level();
            let name = format!("{stem}{}", convention::level_suffix(level));
            if self.described(&name).is_some() {
                levels.push((level, self.path_of(&name)));
            }
        }
        levels.sort_by_key(|(level, _)| std::cmp::Reverse(*level));
        levels.into_iter().map(|(_, name)| name).collect()
    }

    /// `_CRS` of the array, then of the group, then CF's grid mapping, then the grid's own. `_CRS` that can be
    /// understood is not shown as an attribute.
    fn crs(&self, array: &Described, layer: Option<&Layer>, attributes: &mut Attributes) -> Option<Crs> {
        if let Some(own) = attributes.get(convention::crs::ATTRIBUTE) {
            let own =
                Crs::new(convention::crs::definitions(own).into_iter().map(|definition| definition.text).collect());
            if own.wkt().is_some() {
                attributes.shift_remove(convention::crs::ATTRIBUTE);
                return Some(own);
            }
        }
        // Ids are names, not places: a CRS on them would have netCDF copies call them longitudes.
        let layer = layer.filter(|layer| layer.id_array != array.name)?;
        let meta = detect::group_meta(&self.full_name, &self.attributes, &self.arrays, &self.ancestors);
        let said = convention::crs::of_array(&meta, &array.meta());
        let mut candidates: Vec<String> = said.into_iter().map(|definition| definition.text).collect();
        candidates.push(grid_definition(&layer.found.spec));
        Some(Crs::new(candidates))
    }

    fn group(&self, call: &Arc<Call>, name: &str) -> Result<Option<Arc<dyn Group>>> {
        if !self.group_names(call)?.iter().any(|known| known == name) {
            return Ok(None);
        }
        let Some(stored) = self.stored.as_ref().map(|stored| stored.open_group(call, name)).transpose()?.flatten()
        else {
            return Ok(None);
        };
        let ancestors = std::iter::once(self.attributes.clone()).chain(self.ancestors.iter().cloned()).collect();
        Ok(Some(Arc::new(Self::open(call, stored, ancestors, self.shared.clone())?)))
    }

    fn array(&self, call: &Arc<Call>, name: &str) -> Result<Option<Arc<dyn Array>>> {
        if let Some(computed) = self.computed(name) {
            return Ok(Some(Arc::new(computed)));
        }
        if self.described(name).is_none_or(|array| !self.shows(array)) {
            return Ok(None);
        }
        let opened = self.stored.as_ref().map(|stored| stored.open_array(call, name)).transpose()?.flatten();
        let opened = opened.map(|array| self.stored_array(array)).transpose()?;
        Ok(opened.map(|array| Arc::new(array) as Arc<dyn Array>))
    }

    /// Names of the arrays on the zones of `layer`, its ids and centres apart.
    pub(super) fn names_on(&self, layer: &Layer) -> Vec<String> {
        let centroids = Quantity::CENTROID.map(|quantity| quantity.array_name() + &layer.suffix);
        let is_data = |name: &str| name != layer.id_array && !centroids.iter().any(|centroid| centroid == name);
        let of_layer = |array: &&Described| {
            self.layer_of(&array.name, &array.dimensions).is_some_and(|own| own.found == layer.found)
        };
        let stored = self.arrays.iter().filter(|array| self.shows(array) && of_layer(array)).map(|array| &array.name);
        let computed = layer.computed.iter().map(|(name, _)| name);
        stored.chain(computed).filter(|name| is_data(name)).cloned().collect()
    }

    /// The array `name`, on the zones of `layer`.
    pub(super) fn array_on(&self, call: &Arc<Call>, name: &str, layer: &Layer) -> Result<Option<Arc<dyn Array>>> {
        if let Some(computed) = self.computed_on(name, layer) {
            return Ok(Some(Arc::new(computed)));
        }
        let opened = self.stored.as_ref().map(|stored| stored.open_array(call, name)).transpose()?.flatten();
        let Some(array) = opened else { return Ok(None) };
        let names: Vec<String> = array.dimensions().iter().map(|dimension| dimension.name.clone()).collect();
        Ok(Some(Arc::new(self.stored_array_on(array, &names, Some(layer))?)))
    }

    /// How messages name the store.
    pub(super) fn store(&self) -> &str {
        &self.shared.store
    }

    fn plain_dimension(&self, name: &str, size: u64) -> Dimension {
        let placed = self.layers.iter().filter(|layer| layer.axis.placed().is_some());
        if let Some(zone) =
            placed.flat_map(|layer| &layer.dimensions).find(|zone| zone.name == name && zone.size == size)
        {
            return zone.clone();
        }
        let variable = self.described(name).filter(|array| array.dimensions == [name]);
        let made = self.shared.editing.as_ref().and_then(|editing| editing.dimension(&self.full_name, name));
        if let Some(made) = made.filter(|made| made.size == size) {
            return Dimension { indexing_variable: variable.map(|array| self.path_of(&array.name)), ..made };
        }
        let text = |key: &str| {
            let value = variable.and_then(|array| array.attributes.get(key)).and_then(|value| value.as_str());
            value.unwrap_or_default().to_ascii_lowercase()
        };
        let kind = match (text("axis").as_str(), text("standard_name").as_str(), name) {
            ("t", _, _) | (_, "time", _) | ("", "", "time") => "TEMPORAL",
            ("z", _, _) | (_, "altitude" | "height" | "depth" | "air_pressure", _) => "VERTICAL",
            ("x", _, _) | (_, "longitude" | "projection_x_coordinate", _) => "HORIZONTAL_X",
            ("y", _, _) | (_, "latitude" | "projection_y_coordinate", _) => "HORIZONTAL_Y",
            _ => "",
        };
        let direction = match (kind, text("positive").as_str()) {
            ("VERTICAL", "up") => "UP",
            ("VERTICAL", "down") => "DOWN",
            _ => "",
        };
        Dimension {
            name: name.into(),
            group: self.full_name.clone(),
            kind: kind.into(),
            direction: direction.into(),
            size,
            indexing_variable: variable.map(|array| self.path_of(&array.name)),
        }
    }
}

impl Group for CubeGroup {
    fn name(&self) -> &str {
        match self.full_name.rsplit('/').next() {
            Some("") | None => "/",
            Some(name) => name,
        }
    }

    fn full_name(&self) -> &str {
        &self.full_name
    }

    fn group_names(&self, call: &Arc<Call>) -> Result<Vec<String>> {
        let Some(stored) = &self.stored else { return Ok(Vec::new()) };
        let mut names = stored.group_names(call)?;
        names.retain(|name| !self.shared.hidden_groups.contains(&self.path_of(name)));
        Ok(names)
    }

    fn array_names(&self, _: &Arc<Call>) -> Result<Vec<String>> {
        // Arrays on one axis go first, computed ones among them: GDAL's netCDF writer takes the only such array that it has
        // seen for longitudes when the first array on two axes comes.
        let shown = self.arrays.iter().filter(|array| self.shows(array) && self.computed(&array.name).is_none());
        let (line, block): (Vec<&Described>, Vec<&Described>) = shown.partition(|array| array.dimensions.len() <= 1);
        let computed = self.layers.iter().flat_map(|layer| layer.computed.iter().map(|(name, _)| name.clone()));
        let name = |array: &&Described| array.name.clone();
        Ok(line.iter().map(name).chain(computed).chain(block.iter().map(name)).collect())
    }

    fn open_group(&self, call: &Arc<Call>, name: &str) -> Result<Option<Arc<dyn Group>>> {
        self.group(call, name).context(|| self.shared.store.clone())
    }
    fn open_array(&self, call: &Arc<Call>, name: &str) -> Result<Option<Arc<dyn Array>>> {
        self.array(call, name).context(|| self.shared.store.clone())
    }
    fn dimensions(&self, _: &Arc<Call>) -> Result<Vec<Dimension>> {
        let mut dimensions: Vec<Dimension> = Vec::new();
        for zone in self.layers.iter().flat_map(|layer| &layer.dimensions) {
            if !dimensions.contains(zone) {
                dimensions.push(zone.clone());
            }
        }
        for array in self.arrays.iter().filter(|array| self.shows(array)) {
            let layer = self.layer_of(&array.name, &array.dimensions).filter(|layer| layer.is_gathered());
            for (name, size) in array.dimensions.iter().zip(&array.shape) {
                let became_one = layer.is_some_and(|layer| layer.stored_dimensions.contains(name));
                if !became_one && !dimensions.iter().any(|known| known.name == *name) {
                    dimensions.push(self.plain_dimension(name, *size));
                }
            }
        }
        for layer in &self.layers {
            for (_, quantity) in &layer.computed {
                for (name, size) in quantity.inner_axes(&**layer.axis.grid()) {
                    if !dimensions.iter().any(|known| known.name == name) {
                        dimensions
                            .push(Dimension { indexing_variable: None, ..self.plain_dimension(name, size as u64) });
                    }
                }
            }
        }
        Ok(dimensions)
    }

    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn connection(&self) -> &str {
        &self.shared.connection
    }

    fn open_options(&self) -> &[(String, String)] {
        &self.shared.pairs
    }

    fn zone_lines(self: Arc<Self>) -> Vec<ZoneLine> {
        self.layers.iter().map(|layer| ZoneLine::new(self.clone(), layer)).collect()
    }

    fn structural_info(&self) -> Vec<(String, String)> {
        self.layers.first().map(Layer::structural_info).unwrap_or_default()
    }
}
