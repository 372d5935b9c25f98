//! Opening: from a connection string and open options to the root of a cube, or to "not ours".

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::convention::{self, Compression, Coverage, IdentityOptions, Placement, ZoneAxis};
use crate::cube::connection::Connection;
use crate::cube::detect;
use crate::cube::editing::{EditedGroup, Editing};
use crate::cube::group::{CubeGroup, Shared};
use crate::cube::options::Options;
use crate::cube::{Attributes, Group};
use crate::error::{Context, Error, Kind, Result};
use crate::grid;
use crate::hierarchy;
use crate::store::{Call, VsiStore};

/// What GDAL asks to open.
#[derive(Clone, Debug, Default)]
pub struct OpenRequest {
    /// The connection string.
    pub name: String,
    /// Open options.
    pub options: Vec<(String, String)>,
    /// GDAL saw a directory of that name (never over HTTP).
    pub is_directory: bool,
    /// The user asked for this driver by prefix or by name: a store without a grid is then an error.
    pub forced: bool,
    /// The store is to be written.
    pub update: bool,
}

/// Whether a connection string is ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identified {
    /// Certainly not.
    No,
    /// Only opening tells.
    Maybe,
    /// Yes.
    Yes,
}

/// The dimension of a grid without data.
const GRID_DIMENSION: &str = "zone";

/// How many groups are searched for a zone axis before a store is somebody else's.
const SEARCHED: usize = 256;

/// Whether `name`, which has no prefix, may be ours. Reads nothing over a network, unless it is to be told `for_sure`: then the
/// store's metadata are read, and "maybe" stands for stores that open options may explain, or that we cannot read.
pub fn identify(call: &Arc<Call>, name: &str, is_directory: bool, for_sure: bool) -> Identified {
    let path = name.trim_end_matches('/');
    if !is_directory && !path.ends_with(".zarr") && !path.ends_with(".zarr.zip") {
        return Identified::No;
    }
    let store = VsiStore::new(path, call);
    if !store.is_remote() && !hierarchy::looks_like_zarr(&store) {
        return Identified::No;
    }
    match for_sure.then(|| open(call, &OpenRequest { name: name.into(), is_directory, ..OpenRequest::default() })) {
        Some(Ok(Some(_))) => Identified::Yes,
        Some(Ok(None) | Err(_)) | None => Identified::Maybe,
    }
}

/// The root of what `request` names; `None` when it is no DGGS store and nothing forces us.
///
/// # Errors
/// A store that carries a DGGS convention but breaks it; with the prefix, everything that is not a DGGS cube.
pub fn open(call: &Arc<Call>, request: &OpenRequest) -> Result<Option<Arc<dyn Group>>> {
    let mut connection = Connection::parse(&request.name)?;
    connection.forced |= request.forced;
    let mut options = request.options.clone();
    options.append(&mut connection.options);
    open_connection(call, &connection, options, request.update).context(|| request.name.clone())
}

/// The path of the store and the node in it that `name` names; `None` when it has no prefix, names a whole store, or is no
/// connection string.
pub fn split_name(name: &str) -> Option<(String, String)> {
    let connection = Connection::parse(name).ok()?;
    (connection.forced && connection.node != "/").then_some((connection.path, connection.node))
}

/// The path of the store in which `name` names a node, or which it names.
///
/// # Errors
/// A connection string that makes no sense.
pub fn store_path(name: &str) -> Result<String> {
    Connection::parse(name).map(|connection| connection.path)
}

/// A store opened as a whole, and the node in it that was named.
pub struct Named {
    /// The store's root, or the group or array that the path itself names.
    pub root: Arc<dyn Group>,
    /// Path of the node within it, `/` for the root.
    pub node: String,
    /// Path of the store.
    pub path: String,
    /// The open options, those in the name among them.
    pub options: Vec<(String, String)>,
    connection: Connection,
}

impl Named {
    /// A connection string of the node at `node` of the same store, with the same open options.
    pub fn connection_of(&self, node: &str) -> String {
        Connection { node: node.into(), ..self.connection.clone() }.with_options(&self.options)
    }
}

/// Opens the root of the store in which `request` names a node, for what needs its neighbours too. Open options of the
/// names `without` do not count in opening.
///
/// # Errors
/// As [`open`].
pub fn open_named(call: &Arc<Call>, request: &OpenRequest, without: &[&str]) -> Result<Option<Named>> {
    let mut connection = Connection::parse(&request.name)?;
    connection.forced |= request.forced;
    let node = std::mem::replace(&mut connection.node, "/".into());
    let mut options = request.options.clone();
    options.append(&mut connection.options);
    let mut kept = options.clone();
    kept.retain(|(key, _)| !without.iter().any(|name| name.eq_ignore_ascii_case(key)));
    if request.update {
        // Whether it can be: what is opened then is what a reader sees.
        open_connection(call, &connection, kept.clone(), true).context(|| request.name.clone())?;
    }
    let root = open_connection(call, &connection, kept, false).context(|| request.name.clone())?;
    Ok(root.map(|root| Named { root, node, path: connection.path.clone(), options, connection }))
}

fn open_connection(
    call: &Arc<Call>,
    connection: &Connection,
    pairs: Vec<(String, String)>,
    update: bool,
) -> Result<Option<Arc<dyn Group>>> {
    let store = VsiStore::new(&connection.path, call);
    if connection.forced
        && let Some((dggrs, level)) = connection.as_grid().filter(|_| !store.exists())
    {
        if update {
            return Err(Error::unsupported("a grid without data cannot be written"));
        }
        return open_grid(call, dggrs, level, Request::new(connection, pairs)).map(Some);
    }
    let mut editor = None;
    let opened = match update {
        true => open_for_update(call, &store).map(|opened| {
            opened.map(|(opened, root)| {
                editor = Some(opened);
                hierarchy::Node::Group(root)
            })
        }),
        false => hierarchy::open(&store),
    };
    let node = match opened {
        Ok(Some(node)) => node,
        Ok(None) if connection.forced => return Err(no_store(&store)),
        Ok(None) => return Ok(None),
        // No marker was seen: what we cannot read may still be a plain store that GDAL's own driver can.
        Err(error) if !connection.forced && matches!(error.kind(), Kind::Unsupported | Kind::Corrupt) => {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let (root, only) = match node {
        hierarchy::Node::Group(group) => descend(call, group, &connection.node)?,
        hierarchy::Node::Array(array) => match group_around(call, &connection.path)? {
            Some(group) => (group, Some(array.full_name().to_owned())),
            None if connection.forced => return Err(Error::unsupported("an array alone, outside of a Zarr group")),
            None => return Ok(None),
        },
    };
    let request = Request { editor, ..Request::of_store(connection, pairs) };
    match open_store(call, root, only, request) {
        Ok(Found::Cube(root)) => Ok(Some(root)),
        Ok(Found::Nothing(broken)) if connection.forced => Err(broken.unwrap_or_else(no_convention)),
        Ok(Found::Nothing(_)) => Ok(None),
        // A grid that this build does not know: a plain Zarr view is better than nothing.
        Err(error) if error.kind() == Kind::Unsupported && !connection.forced => Ok(None),
        Err(error) => Err(error),
    }
}

/// The root group of a store that is to be written.
fn open_for_update(
    call: &Arc<Call>,
    store: &VsiStore,
) -> Result<Option<(Arc<hierarchy::Editor>, Arc<hierarchy::Group>)>> {
    let Some(editor) = hierarchy::Editor::open(call, store)? else { return Ok(None) };
    let root = editor.group("/").map_err(|_| Error::unsupported("an array alone, outside of a Zarr group"))?;
    Ok(Some((editor, root)))
}

/// The group that holds the array at `path`.
fn group_around(call: &Arc<Call>, path: &str) -> Result<Option<Arc<hierarchy::Group>>> {
    let Some((above, _)) = path.rsplit_once('/') else { return Ok(None) };
    match hierarchy::open(&VsiStore::new(above, call))? {
        Some(hierarchy::Node::Group(group)) => Ok(Some(group)),
        _ => Ok(None),
    }
}

fn no_store(store: &VsiStore) -> Error {
    if store.exists() {
        Error::unsupported("this is no Zarr store: there is no zarr.json, .zmetadata, .zgroup or .zarray")
    } else {
        Error::not_found("there is no such file or folder")
    }
}

fn no_convention() -> Error {
    let known: Vec<_> = convention::names().collect();
    Error::invalid(format!(
        "no DGGS metadata found ({}): say which grid it is on with the open options DGGRS and LEVEL, and INDEXING, \
         ELLIPSOID, LON_0, LAT_0, AZIMUTH and ZONE_ID where they differ from the DGGRS' own",
        known.join(", ")
    ))
}

/// The group at `path`, or the group around the array at `path` and the array's full name.
fn descend(
    call: &Arc<Call>,
    root: Arc<hierarchy::Group>,
    path: &str,
) -> Result<(Arc<hierarchy::Group>, Option<String>)> {
    let mut group = root;
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    for (at, part) in parts.iter().enumerate() {
        group = match group.open_group(call, part)? {
            Some(child) => child,
            None if at + 1 == parts.len() && group.open_array(call, part)?.is_some() => {
                return Ok((group, Some(path.into())));
            }
            None => {
                return Err(Error::not_found(format!("there is no group or array '{part}' in {}", group.full_name())));
            }
        };
    }
    Ok((group, None))
}

/// What was asked for, once the store is found.
struct Request {
    /// A connection string that opens the same.
    connection: String,
    /// How messages name the store.
    store: String,
    pairs: Vec<(String, String)>,
    /// Where the store is to be written.
    editor: Option<Arc<hierarchy::Editor>>,
}

impl Request {
    /// For a store, whose path must still be right from another folder.
    fn of_store(connection: &Connection, pairs: Vec<(String, String)>) -> Self {
        let absolute = std::path::absolute(&connection.path).ok().and_then(|path| path.to_str().map(str::to_owned));
        let path = absolute.unwrap_or_else(|| connection.path.clone());
        let named = Self::new(&Connection { path, ..connection.clone() }, pairs);
        Self { store: connection.path.clone(), ..named }
    }

    fn new(connection: &Connection, pairs: Vec<(String, String)>) -> Self {
        let name = if pairs.is_empty() { String::new() } else { connection.with_options(&pairs) };
        Self { connection: name, store: connection.path.clone(), pairs, editor: None }
    }

    fn names(&self, option: &str) -> bool {
        self.pairs.iter().any(|(key, _)| key.eq_ignore_ascii_case(option))
    }

    fn shared(self, options: Options, chosen: LevelChoice, only_array: Option<String>) -> Arc<Shared> {
        let LevelChoice { level, hidden_groups, shown_levels } = chosen;
        let (connection, store, pairs) = (self.connection, self.store, self.pairs);
        let editing = self.editor.map(|editor| Arc::new(Editing::of_old(editor)));
        Arc::new(Shared { options, pairs, hidden_groups, shown_levels, level, only_array, connection, store, editing })
    }
}

fn open_grid(call: &Arc<Call>, dggrs: &'static str, level: u8, request: Request) -> Result<Arc<dyn Group>> {
    let options = Options::parse(&request.pairs)?;
    let (family, _) = grid::family_of(dggrs)?;
    let found = ZoneAxis {
        convention: convention::FROM_OPTIONS,
        spec: options.identity.spec(&family.default_spec(dggrs))?,
        level: Some(level),
        dimensions: vec![GRID_DIMENSION.into()],
        placement: Placement::Line,
        id_array: None,
        compression: Compression::None,
        grid_mapping: None,
        arrays: Coverage::All,
        warnings: Vec::new(),
    };
    let max = grid::grid(&found.spec)?.max_level();
    if level > max {
        return Err(Error::invalid(format!("{dggrs} has levels 0 to {max}, not {level}")));
    }
    let shared = request.shared(options, LevelChoice::default(), None);
    Ok(Arc::new(CubeGroup::of_grid(call, found, level, shared)?))
}

/// What a Zarr store turned out to be.
enum Found {
    /// A cube.
    Cube(Arc<dyn Group>),
    /// No zone axis; and why an array that might have had one could not be used.
    Nothing(Option<Error>),
}

fn open_store(
    call: &Arc<Call>,
    root: Arc<hierarchy::Group>,
    only_array: Option<String>,
    request: Request,
) -> Result<Found> {
    let mut search = Search::new(call, &root, &IdentityOptions::default())?;
    // Options are only read for stores that are ours: a plain Zarr store must fall through in silence.
    if search.levels.is_empty() && search.error.is_none() && !request.names("DGGRS") {
        return Ok(Found::Nothing(search.broken));
    }
    let mut options = Options::parse(&request.pairs)?;
    if let (true, Some(option)) = (request.editor.is_some(), options.selection.given()) {
        return Err(Error::invalid(format!(
            "open option {option}: a selection of zones cannot be written to; open the whole store for update, or leave update \
             out"
        )));
    }
    if let Some(wanted) = options.identity.convention {
        search = Search::new(call, &root, &IdentityOptions { convention: Some(wanted), ..Default::default() })?;
        if search.levels.is_empty() && search.error.is_none() && options.identity.dggrs.is_none() {
            return Err(Error::invalid(format!("open option CONVENTION: there is no metadata of {wanted}")));
        }
    }
    if options.identity.dggrs.is_some() && search.levels.is_empty() {
        // Ids that carry their level tell each group's; LEVEL then selects.
        let any_level = IdentityOptions { level: None, ..options.identity.clone() };
        search = Search::new(call, &root, &any_level)?;
        if search.levels.is_empty() && options.identity.level.is_some() {
            search = Search::new(call, &root, &options.identity)?;
        }
        if let (Some(error), true) = (search.error.take(), search.levels.is_empty()) {
            return Err(error);
        }
    }
    if let (Some(error), None) = (search.error, options.identity.dggrs.as_ref()) {
        return Err(error);
    }
    if let Some(convention) = search.convention.filter(|_| root.full_name() == "/") {
        let groups = search.levels.iter().map(|(name, _)| name.as_str());
        convention::misplaced(convention, groups).iter().for_each(|warning| call.warn(warning));
    }
    let mut chosen = LevelChoice::default();
    let distinct: BTreeSet<u8> = search.levels.iter().filter_map(|(_, level)| *level).collect();
    if let Some(level) = options.identity.level.filter(|_| distinct.len() > 1) {
        if !distinct.contains(&level) {
            return Err(Error::invalid(format!("open option LEVEL: there is no level {level}, but {distinct:?}")));
        }
        let (with, without): (Vec<_>, Vec<_>) =
            search.levels.iter().cloned().partition(|(_, found)| *found == Some(level));
        let with: BTreeSet<String> = with.into_iter().map(|(name, _)| name).collect();
        chosen.hidden_groups = without.into_iter().map(|(name, _)| name).filter(|name| !with.contains(name)).collect();
        chosen.level = Some(level);
        options.identity.level = None;
    }
    let shown = search.levels.iter().filter(|(name, _)| !chosen.hidden_groups.contains(name));
    chosen.shown_levels = shown.filter_map(|(name, level)| Some((name.clone(), (*level)?))).collect();
    let shared = request.shared(options, chosen, only_array);
    let is_written = shared.editing.is_some();
    let path = root.full_name().to_owned();
    let group = CubeGroup::open(call, root, Vec::new(), shared.clone())?;
    let ours = group.has_zones() || !search.levels.is_empty();
    Ok(match (ours, is_written) {
        (false, _) => Found::Nothing(search.broken),
        (true, false) => Found::Cube(Arc::new(group)),
        (true, true) => {
            // what there is to be warned of was said just now
            let said = call.take_warnings();
            let group = EditedGroup::root(call, &path, shared)?;
            call.take_warnings();
            said.into_iter().for_each(|warning| call.warn(warning));
            Found::Cube(Arc::new(group))
        }
    })
}

/// What `LEVEL` leaves of a pyramid.
#[derive(Default)]
struct LevelChoice {
    level: Option<u8>,
    /// Full names of the groups of other levels.
    hidden_groups: BTreeSet<String>,
    /// Full name and level of each group that is shown.
    shown_levels: Vec<(String, u8)>,
}

/// The zone axes of a hierarchy, by its metadata; open options are held against the first ids of each group.
struct Search {
    /// Full name of each group with a zone axis, and its level where the metadata say.
    levels: Vec<(String, Option<u8>)>,
    /// The convention of the first of them.
    convention: Option<&'static str>,
    /// The first convention that was broken.
    error: Option<Error>,
    /// The first array whose metadata cannot be used.
    broken: Option<Error>,
    visited: usize,
}

impl Search {
    fn new(call: &Arc<Call>, root: &hierarchy::Group, identity: &IdentityOptions) -> Result<Self> {
        let mut search = Self { levels: Vec::new(), convention: None, error: None, broken: None, visited: 0 };
        search.visit(call, root, &[], identity)?;
        Ok(search)
    }

    fn visit(
        &mut self,
        call: &Arc<Call>,
        group: &hierarchy::Group,
        ancestors: &[Attributes],
        identity: &IdentityOptions,
    ) -> Result<()> {
        self.visited += 1;
        let arrays = detect::describe(call, group)?;
        if let Some(broken) = arrays.iter().find_map(|array| array.broken.clone()) {
            self.broken.get_or_insert(broken);
        }
        let axes = detect::zone_axes(group, &arrays, ancestors, identity).and_then(|axes| {
            self.convention = self.convention.or(axes.first().map(|axis| axis.convention));
            axes.iter().map(|axis| Ok((group.full_name().to_owned(), detect::level(call, group, axis)?))).collect()
        });
        match axes {
            Ok(axes) => self.levels.extend::<Vec<_>>(axes),
            Err(error) => {
                self.error.get_or_insert(error);
            }
        }
        let below: Vec<Attributes> =
            std::iter::once(group.attributes().clone()).chain(ancestors.iter().cloned()).collect();
        for name in group.group_names(call)? {
            if self.visited >= SEARCHED {
                break;
            }
            if let Some(child) = group.open_group(call, &name)? {
                self.visit(call, &child, &below, identity)?;
            }
        }
        Ok(())
    }
}
