//! A group of a store that is written.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use super::axis::{NewZones, Place};
use super::new_array::{self, OnZones};
use super::{Editing, ids_stay};
use crate::cube::creation::ArrayOptions;
use crate::cube::group::{CubeGroup, Shared};
use crate::cube::layer::ZONE_DIMENSION;
use crate::cube::{Array, Attributes, DataType, Dimension, Group, NewArray};
use crate::error::{Context, Error, Result};
use crate::store::{Call, NumericType};

/// A group of a store that was created or opened for update.
pub(in crate::cube) struct EditedGroup {
    shared: Arc<Shared>,
    editing: Arc<Editing>,
    /// As it was when it was opened.
    opened: Arc<CubeGroup>,
    /// As it was after so many changes.
    now: Mutex<(u64, Arc<CubeGroup>)>,
}

impl EditedGroup {
    /// The group at `path` of a store whose `shared` says that it is written.
    pub(in crate::cube) fn root(call: &Arc<Call>, path: &str, shared: Arc<Shared>) -> Result<Self> {
        let editing = shared.editing.clone().expect("a store that is written");
        let changes = editing.changes();
        let opened = Arc::new(lay(call, path, &editing, &shared)?);
        Ok(Self { shared, editing, opened: opened.clone(), now: Mutex::new((changes, opened)) })
    }

    /// The group as it is at the moment.
    fn now(&self, call: &Arc<Call>) -> Result<Arc<CubeGroup>> {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        let changes = self.editing.changes();
        if now.0 != changes {
            // what there was to be warned of was said on opening
            let said = call.take_warnings();
            let laid = lay(call, self.full_name(), &self.editing, &self.shared);
            call.take_warnings();
            said.into_iter().for_each(|warning| call.warn(warning));
            *now = (changes, Arc::new(laid.context(|| self.shared.store.clone())?));
        }
        Ok(now.1.clone())
    }

    fn path_of(&self, name: &str) -> String {
        format!("{}/{name}", self.full_name().trim_end_matches('/'))
    }

    /// The option `LEVEL` of this group or of the nearest one above.
    fn level(&self) -> Option<u8> {
        let levels = &self.editing.made().levels;
        let mut path = self.full_name();
        loop {
            if let Some(level) = levels.get(path) {
                return Some(*level);
            }
            match path.rsplit_once('/') {
                Some((above, _)) if !path.is_empty() && path != "/" => path = above,
                _ => return self.editing.level,
            }
        }
    }

    /// Makes the arrays of a new zone axis and says in the group's attributes what they are, once.
    fn announce(&self, zones: &NewZones) -> Result<()> {
        let is_same = |known: &&mut NewZones| {
            known.group == zones.group && known.description.dimensions == zones.description.dimensions
        };
        let known = self
            .editing
            .made()
            .zones
            .iter_mut()
            .find(is_same)
            .map(|known| std::mem::replace(&mut known.is_announced, true));
        if known == Some(true) {
            return Ok(());
        }
        for array in zones.arrays(&self.editing.options) {
            self.editing.editor.create_array(self.full_name(), &array)?;
        }
        self.editing.change_attributes(self.full_name(), |attributes| zones.description.group(attributes))
    }

    fn new_zones(&self, call: &Arc<Call>, dimension: &Dimension, level: Option<u8>) -> Result<Dimension> {
        // Another dimension of an axis of several.
        let line = (dimension.name.clone(), dimension.size);
        let is_on = |zones: &&NewZones| zones.group == self.full_name() && zones.description.dimensions.contains(&line);
        let made = self.editing.made().zones.iter().find(is_on).cloned();
        let zones = match made {
            Some(zones) => zones,
            None => {
                let grid = self.editing.grid.as_ref().ok_or_else(|| {
                    Error::invalid(format!(
                        "dimension {}: zones of which grid? Give DGGRS and LEVEL among the creation options of the data set",
                        dimension.name
                    ))
                })?;
                let taken = self.array_names(call)?;
                let (group, options) = (self.full_name(), &self.editing.options);
                let place = Place { group, grid, level: level.or_else(|| self.level()), options, taken: &taken };
                let zones = NewZones::new(&place, dimension)?;
                self.refuse_second(&zones)?;
                // without an id array, the first array on the axis says that it is there
                let at_once = zones.description.id_array.is_some();
                if at_once {
                    self.announce(&zones)?;
                }
                self.editing.made().zones.push(NewZones { is_announced: at_once, ..zones.clone() });
                zones
            }
        };
        let variable = zones.ids_path().filter(|_| zones.description.dimensions.len() == 1);
        Ok(Dimension { indexing_variable: variable, ..dimension.clone() })
    }

    /// A convention that tells the grid in the attributes of the group can tell one axis in it.
    fn refuse_second(&self, zones: &NewZones) -> Result<()> {
        let Some(first) =
            self.editing.made().zones.iter().find(|known| known.group == zones.group).map(|known| known.line_name())
        else {
            return Ok(());
        };
        let said = self.editing.editor.attributes(self.full_name())?;
        let mut both = said.clone();
        zones.description.group(&mut both);
        match both == said {
            true => Ok(()),
            false => Err(Error::invalid(format!(
                "dimension {}: convention {} tells one axis of zones a group, and {} has {first} already; create it in another \
                 group, or the data set with CONVENTION=XDGGS",
                zones.line_name(),
                zones.description.convention,
                self.full_name()
            ))),
        }
    }

    fn make_dimension(
        &self,
        call: &Arc<Call>,
        dimension: &Dimension,
        options: &[(String, String)],
    ) -> Result<Dimension> {
        let name = dimension.name.as_str();
        if name.is_empty() || name.contains('/') {
            return Err(Error::invalid(format!("\"{name}\" cannot be the name of a dimension")));
        }
        if self.dimensions(call)?.iter().any(|known| known.name == name) {
            return Err(Error::invalid(format!("there is a dimension '{name}' in {} already", self.full_name())));
        }
        let mut made = Dimension { group: self.full_name().to_owned(), indexing_variable: None, ..dimension.clone() };
        if made.kind == ZONE_DIMENSION {
            made = self.new_zones(call, &made, level_option(options)?)?;
        }
        self.editing.made().dimensions.push(made.clone());
        self.editing.changed();
        Ok(made)
    }

    fn make_array(&self, call: &Arc<Call>, new: &NewArray) -> Result<Arc<dyn Array>> {
        let path = self.path_of(&new.name);
        let now = self.now(call)?;
        for known in self.dimensions(call)? {
            let is_other = |dimension: &&Dimension| dimension.name == known.name && dimension.size != known.size;
            if let Some(other) = new.dimensions.iter().find(is_other) {
                return Err(Error::invalid(format!(
                    "array {path}: dimension {} has {} positions in {}, not {}: arrays of a group share their dimensions",
                    known.name,
                    known.size,
                    self.full_name(),
                    other.size
                )));
            }
        }
        let of_zones: Vec<&Dimension> =
            new.dimensions.iter().filter(|dimension| dimension.kind == ZONE_DIMENSION).collect();
        let made: Vec<NewZones> =
            self.editing.made().zones.iter().filter(|zones| zones.group == self.full_name()).cloned().collect();
        if let Some(ids) = made.iter().find(|zones| zones.ids_path().as_deref() == Some(path.as_str())) {
            let fits = new.data_type == DataType::Numeric(NumericType::UInt64)
                && matches!(new.dimensions.as_slice(), [line] if ids.has_dimension(&line.name));
            return match (fits, now.open_array(call, &new.name)?) {
                (true, Some(array)) => Ok(array),
                _ => Err(Error::invalid(format!(
                    "array {path} holds the zone ids and is there since its dimension was created: open it, or create it with \
                     that dimension alone and type UInt64"
                ))),
            };
        }
        let on = made.iter().find(|zones| {
            let has = |name: &str| of_zones.iter().any(|dimension| dimension.name == name);
            !of_zones.is_empty() && zones.description.dimensions.iter().all(|(name, _)| has(name))
        });
        let names: Vec<String> = new.dimensions.iter().map(|dimension| dimension.name.clone()).collect();
        let old = now.grid_of(&names);
        let zones = match (on, &old) {
            (Some(zones), _) => OnZones::New(zones),
            (None, Some((grid, level))) => OnZones::Old { grid: &**grid, level: *level, like: now.like(&names) },
            (None, None) => OnZones::No,
        };
        let is_known = |dimension: &&&Dimension| {
            !matches!(zones, OnZones::No) || made.iter().any(|zones| zones.has_dimension(&dimension.name))
        };
        if let Some(stray) = of_zones.iter().find(|dimension| !is_known(dimension)) {
            return Err(Error::invalid(format!(
                "dimension {} of type {ZONE_DIMENSION} belongs to {}: create a dimension of zones in the group of its arrays, {}",
                stray.name,
                stray.group,
                self.full_name()
            )));
        }
        if let Some(warning) = ArrayOptions::unknown(&new.options) {
            call.warn(format!("array {path}: {warning}"));
        }
        let stored = new_array::stored(new, &zones, &self.editing.options)?;
        self.editing.editor.create_array(self.full_name(), &stored)?;
        if let OnZones::New(zones) = zones {
            self.announce(zones)?;
        }
        self.editing.changed();
        self.now(call)?.open_array(call, &new.name)?.ok_or_else(|| Error::not_found(format!("{path}: not created")))
    }

    fn place<T>(&self, result: Result<T>) -> Result<T> {
        result.context(|| self.shared.store.clone())
    }
}

/// The group at `path` as it is at the moment, with the grid laid over it.
fn lay(call: &Arc<Call>, path: &str, editing: &Editing, shared: &Arc<Shared>) -> Result<CubeGroup> {
    let mut ancestors: Vec<Attributes> = Vec::new();
    let mut above = path;
    while let Some((parent, _)) = above.trim_end_matches('/').rsplit_once('/') {
        above = parent;
        ancestors.push(editing.editor.attributes(above)?);
    }
    CubeGroup::open(call, editing.editor.group(path)?, ancestors, shared.clone())
}

/// The option `LEVEL` of a group or a dimension.
fn level_option(options: &[(String, String)]) -> Result<Option<u8>> {
    let Some((_, text)) = options.iter().find(|(key, _)| key.eq_ignore_ascii_case("LEVEL")) else { return Ok(None) };
    let level = text.trim().parse();
    level.map(Some).map_err(|_| Error::invalid(format!("option LEVEL={text}: must be an integer from 0 on")))
}

impl Group for EditedGroup {
    fn name(&self) -> &str {
        self.opened.name()
    }

    fn full_name(&self) -> &str {
        self.opened.full_name()
    }

    fn group_names(&self, call: &Arc<Call>) -> Result<Vec<String>> {
        self.now(call)?.group_names(call)
    }

    fn array_names(&self, call: &Arc<Call>) -> Result<Vec<String>> {
        self.now(call)?.array_names(call)
    }

    fn open_group(&self, call: &Arc<Call>, name: &str) -> Result<Option<Arc<dyn Group>>> {
        if !self.group_names(call)?.iter().any(|known| known == name) {
            return Ok(None);
        }
        let group = self.place(Self::root(call, &self.path_of(name), self.shared.clone()))?;
        Ok(Some(Arc::new(group)))
    }

    fn open_array(&self, call: &Arc<Call>, name: &str) -> Result<Option<Arc<dyn Array>>> {
        self.now(call)?.open_array(call, name)
    }

    fn dimensions(&self, call: &Arc<Call>) -> Result<Vec<Dimension>> {
        let mut dimensions = self.now(call)?.dimensions(call)?;
        for made in &self.editing.made().dimensions {
            if made.group == self.full_name() && !dimensions.iter().any(|known| known.name == made.name) {
                dimensions.push(made.clone());
            }
        }
        Ok(dimensions)
    }

    fn attributes(&self) -> &Attributes {
        self.opened.attributes()
    }

    fn structural_info(&self) -> Vec<(String, String)> {
        self.opened.structural_info()
    }

    fn connection(&self) -> &str {
        self.opened.connection()
    }

    fn is_writable(&self) -> bool {
        true
    }

    fn reopened(&self, call: &Arc<Call>) -> Result<Option<Arc<dyn Group>>> {
        let group = self.place(Self::root(call, self.full_name(), self.shared.clone()))?;
        Ok(Some(Arc::new(group)))
    }

    fn create_group(&self, call: &Arc<Call>, name: &str, options: &[(String, String)]) -> Result<Arc<dyn Group>> {
        let path = self.path_of(name);
        let make = || {
            let level = level_option(options)?;
            self.editing.editor.create_group(&path)?;
            self.editing.made().levels.extend(level.map(|level| (path.clone(), level)));
            self.editing.changed();
            Ok(Arc::new(Self::root(call, &path, self.shared.clone())?) as Arc<dyn Group>)
        };
        self.place(make())
    }

    fn create_dimension(
        &self,
        call: &Arc<Call>,
        dimension: &Dimension,
        options: &[(String, String)],
    ) -> Result<Dimension> {
        self.place(self.make_dimension(call, dimension, options))
    }

    fn create_array(&self, call: &Arc<Call>, array: &NewArray) -> Result<Arc<dyn Array>> {
        self.place(self.make_array(call, array))
    }

    fn set_attribute(&self, _: &Arc<Call>, name: &str, value: Option<Value>) -> Result<()> {
        self.place(self.editing.set_attribute(self.full_name(), name, value))
    }

    fn delete_group(&self, call: &Arc<Call>, name: &str) -> Result<()> {
        match self.group_names(call)?.iter().any(|known| known == name) {
            true => self.place(self.editing.delete(call, &self.path_of(name))),
            false => self.place(Err(Error::not_found(format!("{}: there is no group '{name}'", self.full_name())))),
        }
    }

    fn delete_array(&self, call: &Arc<Call>, name: &str) -> Result<()> {
        let is_stored = self.editing.editor.array_names(self.full_name())?.iter().any(|known| known == name);
        let path = self.path_of(name);
        self.place(match (is_stored, self.now(call)?.lists_ids(name)) {
            (true, false) => self.editing.delete(call, &path),
            (true, true) => Err(ids_stay(&path)),
            (false, _) => Err(Error::not_found(format!("{}: there is no stored array '{name}'", self.full_name()))),
        })
    }

    fn rename(&self, call: &Arc<Call>, new_name: &str) -> Result<()> {
        self.place(self.editing.rename(call, self.full_name(), new_name))
    }

    fn flush(&self, call: &Arc<Call>, is_closing: bool) -> Result<()> {
        self.place(self.editing.flush(call, is_closing))
    }
}
