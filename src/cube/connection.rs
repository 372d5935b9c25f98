//! Connection strings: what a user typed, taken apart. Pure text; nothing is opened here.
//!
//! | string | meaning |
//! | --- | --- |
//! | `cube.dggs.zarr` | a store, ours only when it carries DGGS metadata |
//! | `DGGS:path`, `DGGS:"path"` | a store, forced |
//! | `DGGS:"path":/group/array` | a node in a store; quotes optional |
//! | `DGGS:HEALPix/9` | a grid without data |
//! | `DGGS:"path"?://BBOX=1,2,3,4` | any quoted form with open options in it; what a dataset opened with options is called, so that a VRT of it finds the same selection again |

use crate::error::{Error, Result};
use crate::grid;

/// The prefix that forces this driver, in any case.
pub(super) const PREFIX: &str = "DGGS:";

/// Begins the options in a connection string. GDAL's VRT takes a name with `://` in it for absolute; any other name that does not
/// begin with a slash would be sought beside the VRT.
const QUERY: &str = "?://";

/// A connection string, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Connection {
    /// Path of the store, as GDAL's virtual file system reads it, without a trailing slash.
    pub(super) path: String,
    /// Path of a node within it, `/` for the store's own root.
    pub(super) node: String,
    /// True when the prefix was there: an unsuitable store is then an error, not somebody else's.
    pub(super) forced: bool,
    /// Open options in the connection string itself.
    pub(super) options: Vec<(String, String)>,
}

impl Connection {
    /// Takes `name` apart.
    ///
    /// # Errors
    /// A quote that is not closed, text between the closing quote and the colon, or an empty path.
    pub(super) fn parse(name: &str) -> Result<Self> {
        let Some(rest) = strip_prefix(name) else {
            return Ok(Self { path: trim_slash(name).into(), node: "/".into(), forced: false, options: Vec::new() });
        };
        let mut options = Vec::new();
        let (path, node) = match rest.strip_prefix('"') {
            Some(quoted) => {
                let (path, after) = quoted
                    .split_once('"')
                    .ok_or_else(|| Error::invalid(format!("{name}: the quote after {PREFIX} is not closed")))?;
                let (after, query) = after.split_once(QUERY).unwrap_or((after, ""));
                for pair in query.split('&').filter(|pair| !pair.is_empty()) {
                    let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
                    options.push((decoded(name, key)?, decoded(name, value)?));
                }
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
        Ok(Self { path: trim_slash(path).into(), node: node.into(), forced: true, options })
    }

    /// A connection string that opens the same with `options` in it.
    pub(super) fn with_options(&self, options: &[(String, String)]) -> String {
        let node = if self.node == "/" { String::new() } else { format!(":{}", self.node) };
        if options.is_empty() {
            return format!("{PREFIX}\"{}\"{node}", self.path);
        }
        let pairs: Vec<String> =
            options.iter().map(|(key, value)| format!("{}={}", encoded(key), encoded(value))).collect();
        format!("{PREFIX}\"{}\"{node}{QUERY}{}", self.path, pairs.join("&"))
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

/// Percent encoding of what separates options, and of quotes and controls.
fn encoded(text: &str) -> String {
    let escape = |c: char| matches!(c, '%' | '&' | '=' | '?' | '"') || c.is_control();
    text.chars().map(|c| if escape(c) { format!("%{:02X}", c as u32) } else { c.to_string() }).collect()
}

/// The inverse of [`encoded`].
fn decoded(name: &str, text: &str) -> Result<String> {
    let mut parts = text.split('%');
    let mut decoded = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let byte = part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        decoded.push(byte.ok_or_else(|| Error::invalid(format!("{name}: '%' without two hexadecimal digits")))?);
        decoded.extend_from_slice(&part.as_bytes()[2..]);
    }
    String::from_utf8(decoded).map_err(|_| Error::invalid(format!("{name}: an option is not UTF-8")))
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
            let expected = Connection { path: path.into(), node: node.into(), forced, options: vec![] };
            assert_eq!(Connection::parse(name).unwrap(), expected, "{name}");
        }
    }

    #[test]
    fn options_in_a_connection_string_come_back_as_they_were() {
        let options = [("BBOX", "1,2,3,4"), ("ZONES", "@a&b=\"%é?.txt")].map(|(k, v)| (k.to_string(), v.to_string()));
        let plain = Connection::parse("DGGS:\"a b.zarr\":/g").unwrap();
        let name = plain.with_options(&options);
        let again = Connection::parse(&name).unwrap();
        assert_eq!((again.path.as_str(), again.node.as_str()), ("a b.zarr", "/g"), "{name}");
        assert_eq!(again.options, options);
        assert!(Connection::parse("DGGS:\"a\"?://X=%1").is_err());
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
