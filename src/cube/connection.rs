//! Connection strings: what a user typed, taken apart. Pure text; nothing is opened here.
//!
//! | string | meaning |
//! | --- | --- |
//! | `cube.dggs.zarr` | a store, ours only when it carries DGGS metadata |
//! | `DGGS:path`, `DGGS:"path"` | a store, forced |
//! | `DGGS:"path":/group/array` | a node in a store; quotes optional |
//! | `DGGS:HEALPix/9` | a grid without data |

use crate::error::{Error, Result};
use crate::grid;

/// The prefix that forces this driver, in any case.
pub(super) const PREFIX: &str = "DGGS:";

/// A connection string, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Connection {
    /// Path of the store, as GDAL's virtual file system reads it, without a trailing slash.
    pub(super) path: String,
    /// Path of a node within it, `/` for the store's own root.
    pub(super) node: String,
    /// True when the prefix was there: an unsuitable store is then an error, not somebody else's.
    pub(super) forced: bool,
}

impl Connection {
    /// Takes `name` apart.
    ///
    /// # Errors
    /// A quote that is not closed, text between the closing quote and the colon, or an empty path.
    pub(super) fn parse(name: &str) -> Result<Self> {
        let Some(rest) = strip_prefix(name) else {
            return Ok(Self { path: trim_slash(name).into(), node: "/".into(), forced: false });
        };
        let (path, node) = match rest.strip_prefix('"') {
            Some(quoted) => {
                let (path, after) = quoted
                    .split_once('"')
                    .ok_or_else(|| Error::invalid(format!("{name}: the quote after {PREFIX} is not closed")))?;
                match after.strip_prefix(':') {
                    Some(node) if node.starts_with('/') => (path, node),
                    None if after.is_empty() => (path, "/"),
                    _ => {
                        return Err(Error::invalid(format!(
                            "{name}: expected {PREFIX}\"path\" or {PREFIX}\"path\":/group/array"
                        )));
                    }
                }
            }
            None => split_node(rest),
        };
        if path.is_empty() {
            return Err(Error::invalid(format!("{name}: no path after {PREFIX}")));
        }
        let node = match node.trim_end_matches('/') {
            "" => "/",
            node => node,
        };
        Ok(Self { path: trim_slash(path).into(), node: node.into(), forced: true })
    }

    /// The DGGRS (canonically spelled) and level, when the path reads `<DGGRS>/<level>` of a DGGRS that is known.
    pub(super) fn as_grid(&self) -> Option<(&'static str, u8)> {
        let (dggrs, level) = self.path.split_once('/')?;
        let (_, dggrs) = grid::family_of(dggrs).ok()?;
        Some((dggrs, level.parse().ok()?))
    }
}

/// `name` without its [`PREFIX`], in any case, or `None`.
pub(super) fn strip_prefix(name: &str) -> Option<&str> {
    let head = name.get(..PREFIX.len())?;
    head.eq_ignore_ascii_case(PREFIX).then(|| &name[PREFIX.len()..])
}

/// Splits `path:/node` at its last `:/` that is neither part of a URL's `://` nor of a Windows drive.
fn split_node(text: &str) -> (&str, &str) {
    let cut = text.rmatch_indices(":/").map(|(at, _)| at).find(|&at| {
        let is_url = text[at..].starts_with("://");
        let before = text[..at].rsplit(['/', '\\']).next().unwrap_or_default();
        let is_drive = before.len() == 1 && before.as_bytes()[0].is_ascii_alphabetic();
        !is_url && !is_drive && at > 0
    });
    cut.map_or((text, "/"), |at| (&text[..at], &text[at + 1..]))
}

fn trim_slash(path: &str) -> &str {
    match path.trim_end_matches('/') {
        "" => path,
        trimmed => trimmed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_the_interface_is_taken_apart() {
        for (name, path, node, forced) in [
            ("a/b.zarr", "a/b.zarr", "/", false),
            ("a/b.zarr/", "a/b.zarr", "/", false),
            ("DGGS:a.zarr", "a.zarr", "/", true),
            ("dggs:\"a b.zarr\"", "a b.zarr", "/", true),
            ("DGGS:\"a.zarr\":/g/u", "a.zarr", "/g/u", true),
            ("DGGS:/a/b.zarr:/u", "/a/b.zarr", "/u", true),
            ("DGGS:\"a.zarr\":/", "a.zarr", "/", true),
            ("DGGS:C:/data/b.zarr", "C:/data/b.zarr", "/", true),
            ("DGGS:C:/data/b.zarr:/u", "C:/data/b.zarr", "/u", true),
            ("DGGS:/vsicurl/http://host/b.zarr", "/vsicurl/http://host/b.zarr", "/", true),
            ("DGGS:/vsicurl/http://host:80/b.zarr:/g/u/", "/vsicurl/http://host:80/b.zarr", "/g/u", true),
        ] {
            let expected = Connection { path: path.into(), node: node.into(), forced };
            assert_eq!(Connection::parse(name).unwrap(), expected, "{name}");
        }
    }

    #[test]
    fn an_unclosed_quote_and_an_empty_path_are_errors() {
        for name in ["DGGS:\"a.zarr", "DGGS:", "DGGS:\"\"", "DGGS:\"a.zarr\"x", "DGGS:\"a.zarr\":u"] {
            assert!(Connection::parse(name).unwrap_err().to_string().contains(name), "{name}");
        }
    }

    #[test]
    fn a_grid_is_a_known_name_and_a_level() {
        let grid = |name| Connection::parse(name).unwrap().as_grid();
        assert_eq!(grid("DGGS:healpix/9"), Some(("HEALPix", 9)));
        assert_eq!(grid("DGGS:HEALPix/x"), None);
        assert_eq!(grid("DGGS:folder/9"), None);
    }
}
