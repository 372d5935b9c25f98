//! A group of the store with its zone axes laid over it, or a grid without data.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::convention::{self, Compression, Node, Selection, ZoneAxis};
use crate::cube::axis::{Axis, Source};
use crate::cube::computed::{ComputedArray, Quantity};
use crate::cube::crs::{Crs, grid_definition};
use crate::cube::detect::Described;
use crate::cube::options::Options;
use crate::cube::positions::Positions;
use crate::cube::stored::{Overlay, StoredArray};
use crate::cube::{Array, Attributes, DataType, Dimension, Group, detect};
use crate::error::{Context, Error, Result};
use crate::grid;
use crate::hierarchy;
use crate::store::Call;

/// GDAL's dimension type of a zone axis.
pub(super) const ZONE_DIMENSION: &str = "DGGS_ZONE";

/// What all groups of one opened store share.
pub(super) struct Shared {
    /// The open options.
    pub(super) options: Options,
    /// Full names of groups that are not shown: other levels of a pyramid from which `LEVEL` selects.
    pub(super) hidden_groups: BTreeSet<String>,
    /// The only stored data array that is shown, where the connection string names one.
    pub(super) only_array: Option<String>,
    /// A connection string that opens the same with the same options; empty when there are no options.
    pub(super) connection: String,
    /// How messages name the store.
    pub(super) store: String,
}

/// A zone axis of a group, as it is shown.
struct Layer {
    /// What the convention says of it.
    found: ZoneAxis,
    axis: Arc<Axis>,
    dimension: Dimension,
    /// Name of the array that lists the ids, stored or computed.
    id_array: String,
    /// True when the stored array of that name is shown (its ids are one a position, and not in a point's order).
    ids_stored: bool,
    /// Computed arrays of this axis and their names.
    computed: Vec<(String, Quantity)>,
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
        let mut group = Self {
            full_name: stored.full_name().to_owned(),
            attributes: stored.attributes().clone(),
            stored: Some(stored),
            ancestors,
            arrays,
            layers: Vec::new(),
            shared,
        };
        let several = found.len() > 1;
        for axis in found {
            axis.warnings.iter().for_each(|warning| call.warn(warning));
            let layer = group.layer(call, axis, several)?;
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
            shared,
        };
        let layer = group.finish_layer(call, found, axis, false)?;
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

    fn layer(&self, call: &Arc<Call>, found: ZoneAxis, several: bool) -> Result<Layer> {
        let stored = self.stored.as_ref().expect("a group with arrays is stored");
        let grid = grid::grid(&found.spec)?;
        let level = match found.level {
            Some(level) => level,
            None => detect::level_of_ids(call, stored, &found, &*grid)?,
        };
        let source = detect::source(call, stored, &found, &*grid, level)?;
        let axis = Axis::new(grid, level, source);
        let dimension = &found.dimensions[0];
        for array in &self.arrays {
            let on = array.dimensions.iter().position(|name| name == dimension);
            let size = on.and_then(|at| array.shape.get(at)).copied();
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
        self.finish_layer(call, found, axis, several)
    }

    /// Selects, and names the arrays that the layer adds.
    fn finish_layer(&self, call: &Arc<Call>, found: ZoneAxis, mut axis: Axis, several: bool) -> Result<Layer> {
        detect::select(call, &self.shared.options.selection, &mut axis)?;
        let dimension_name = found.dimensions[0].clone();
        let suffix = if several { format!("_{dimension_name}") } else { String::new() };
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
        let dimension = Dimension {
            name: dimension_name,
            group: self.full_name.clone(),
            kind: ZONE_DIMENSION.into(),
            direction: String::new(),
            size: axis.len(),
            indexing_variable: Some(self.path_of(&id_array)),
        };
        Ok(Layer { found, axis: Arc::new(axis), dimension, id_array, ids_stored, computed })
    }

    /// The layer on whose axis an array lies.
    fn layer_of(&self, name: &str, dimensions: &[String]) -> Option<&Layer> {
        let axes: Vec<ZoneAxis> = self.layers.iter().map(|layer| layer.found.clone()).collect();
        let found = ZoneAxis::of_array(&axes, name, dimensions)?;
        self.layers.iter().find(|layer| layer.found == *found)
    }

    /// Full names of the centroid arrays of `layer`, for an array called `name`.
    fn coordinates(&self, layer: &Layer, name: &str) -> Vec<String> {
        let on_zones = |candidate: &str| match self.described(candidate) {
            Some(array) => array.dimensions == layer.found.dimensions,
            None => layer.computed.iter().any(|(computed, _)| computed == candidate),
        };
        let several = self.layers.len() > 1;
        let names = Quantity::CENTROID.map(|quantity| {
            quantity.array_name() + &if several { format!("_{}", layer.dimension.name) } else { String::new() }
        });
        if names.iter().any(|centroid| centroid == name) || !names.iter().all(|centroid| on_zones(centroid)) {
            return Vec::new();
        }
        names.iter().map(|centroid| self.path_of(centroid)).collect()
    }

    /// A stored array is not shown when its content would no longer be true, or when another array was asked for.
    fn shows(&self, array: &Described) -> bool {
        let untrue = self.layers.iter().any(|layer| {
            let ids = layer.found.id_array.as_deref() == Some(array.name.as_str());
            ids && !layer.ids_stored && layer.axis.is_selection()
        });
        let asked = self.shared.only_array.as_ref().is_none_or(|only| {
            *only == self.path_of(&array.name) || array.dimensions.len() <= 1
        });
        !untrue && asked
    }

    fn computed(&self, name: &str) -> Option<ComputedArray> {
        let (layer, quantity) = self.layers.iter().find_map(|layer| {
            let (_, quantity) = layer.computed.iter().find(|(computed, _)| computed == name)?;
            Some((layer, *quantity))
        })?;
        let attributes = if name == layer.id_array { self.id_attributes(layer) } else { Attributes::new() };
        let structural_info = layer.structural_info();
        Some(ComputedArray::new(
            quantity,
            self.path_of(name),
            layer.axis.clone(),
            layer.dimension.clone(),
            attributes,
            self.coordinates(layer, name),
            structural_info,
            self.shared.store.clone(),
        ))
    }

    /// Attributes of the array that lists the ids, stored or computed: they carry the grid's identity.
    fn id_attributes(&self, layer: &Layer) -> Attributes {
        let stored = self.described(&layer.id_array).map(|array| array.attributes.clone()).unwrap_or_default();
        let mut attributes = stored;
        if layer.axis.is_selection() {
            attributes = convention::selected(&layer.selection(), Node::Ids, &attributes);
        }
        if !convention::is_marked(&attributes) || layer.found.convention == convention::FROM_OPTIONS {
            attributes.extend(convention::id_array_attributes(&layer.found.spec, Some(layer.axis.level())));
        }
        attributes
    }

    fn stored_array(&self, array: Arc<hierarchy::Array>) -> Result<StoredArray> {
        let names: Vec<String> = array.dimensions().iter().map(|dimension| dimension.name.clone()).collect();
        let layer = self.layer_of(array.name(), &names);
        let zone_at = layer.and_then(|layer| names.iter().position(|name| *name == layer.dimension.name));
        let dimensions = names
            .iter()
            .zip(array.shape())
            .enumerate()
            .map(|(at, (name, size))| match layer {
                Some(layer) if zone_at == Some(at) => layer.dimension.clone(),
                _ => self.plain_dimension(name, *size),
            })
            .collect();
        let mut attributes = match layer {
            Some(layer) if layer.id_array == array.name() => self.id_attributes(layer),
            Some(layer) if layer.axis.is_selection() => {
                convention::selected(&layer.selection(), Node::Array(array.name()), array.attributes())
            }
            _ => array.attributes().clone(),
        };
        let crs = self.described(array.name()).and_then(|described| self.crs(described, layer, &mut attributes));
        let array_name = array.name().to_owned();
        let array_name = array_name.as_str();
        Ok(StoredArray::new(
            array,
            Overlay {
                store: self.shared.store.clone(),
                dimensions,
                zone: layer.zip(zone_at).map(|(layer, at)| (at, layer.axis.clone())),
                coordinates: layer.map(|layer| self.coordinates(layer, array_name)).unwrap_or_default(),
                attributes,
                crs,
                structural_info: layer.map(Layer::structural_info).unwrap_or_default(),
            },
        ))
    }

    /// `_CRS` of the array, then of the group, then CF's grid mapping, then the grid's own. `_CRS` that can be
    /// understood is not shown as an attribute.
    fn crs(&self, array: &Described, layer: Option<&Layer>, attributes: &mut Attributes) -> Option<Crs> {
        if let Some(own) = attributes.get(convention::crs::ATTRIBUTE) {
            let own = Crs::new(convention::crs::definitions(own).into_iter().map(|definition| definition.text).collect());
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
        let Some(stored) = self.stored.as_ref().map(|stored| stored.open_group(call, name)).transpose()?.flatten() else {
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

    fn plain_dimension(&self, name: &str, size: u64) -> Dimension {
        let variable = self.described(name).filter(|array| array.dimensions == [name]);
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

impl Layer {
    fn selection(&self) -> Selection<'_> {
        Selection { axis: &self.found, id_array: &self.id_array, dimension: &self.dimension.name }
    }

    fn structural_info(&self) -> Vec<(String, String)> {
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
        let mut dimensions: Vec<Dimension> = self.layers.iter().map(|layer| layer.dimension.clone()).collect();
        for array in self.arrays.iter().filter(|array| self.shows(array)) {
            for (name, size) in array.dimensions.iter().zip(&array.shape) {
                if !dimensions.iter().any(|known| known.name == *name) {
                    dimensions.push(self.plain_dimension(name, *size));
                }
            }
        }
        for layer in &self.layers {
            for (_, quantity) in &layer.computed {
                for (name, size) in quantity.inner_axes(&**layer.axis.grid()) {
                    if !dimensions.iter().any(|known| known.name == name) {
                        dimensions.push(Dimension { indexing_variable: None, ..self.plain_dimension(name, size as u64) });
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

    fn structural_info(&self) -> Vec<(String, String)> {
        self.layers.first().map(Layer::structural_info).unwrap_or_default()
    }
}

/// Only integers and text can be ids; the cube needs to know which.
impl From<&DataType> for convention::ElementKind {
    fn from(data_type: &DataType) -> Self {
        match data_type {
            DataType::Text { .. } => Self::Text,
            DataType::Numeric(numeric) if numeric.is_integer() => Self::Integer,
            DataType::Numeric(numeric) if !numeric.is_complex() => Self::Float,
            _ => Self::Other,
        }
    }
}
