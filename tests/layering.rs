//! Data flows one way: `cpp -> abi -> view, ops -> cube -> convention, grid, hierarchy -> store`, `error` below all.
//!
//! Fails when a file names a module that is not below its own, when `unsafe` is written outside `abi` and `store`, when
//! another than these names GDAL's or PROJ's C functions, and when a C++ file
//! other than `cpp/dggs_compat.h` asks for GDAL's version. Comments, strings and the tests within a module do not count.

use std::fs;
use std::path::{Path, PathBuf};

/// Each module of the crate, and the ones that it may name beside itself.
const LAYERS: &[(&str, &[&str])] = &[
    ("lib", &[]),
    ("abi", &["view", "ops", "cube", "convention", "grid", "hierarchy", "store", "error"]),
    ("view", &["ops", "cube", "convention", "grid", "hierarchy", "store", "error"]),
    ("ops", &["cube", "convention", "grid", "hierarchy", "store", "error"]),
    ("cube", &["convention", "grid", "hierarchy", "store", "error"]),
    ("convention", &["grid", "error"]),
    ("grid", &["error"]),
    ("hierarchy", &["store", "error"]),
    ("store", &["error"]),
    ("error", &[]),
];

/// Where `unsafe` may be written.
const UNSAFE: &[&str] = &["abi", "store"];

/// Crates of C functions, and where they may be named.
const C_FUNCTIONS: &[(&str, &[&str])] =
    &[("gdal_sys", &["abi", "store"]), ("proj_sys", &["store"]), ("libc", &["abi", "store"])];

/// The source with comments, strings and characters replaced by spaces; lines stay.
fn code_of(source: &str) -> String {
    let bytes: Vec<char> = source.chars().collect();
    let mut code = String::with_capacity(source.len());
    let mut at = 0;
    let blank = |from: usize, to: usize, code: &mut String| {
        code.extend(bytes[from..to.min(bytes.len())].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
    };
    let starts = |at: usize, text: &str| text.chars().enumerate().all(|(k, c)| bytes.get(at + k) == Some(&c));
    while at < bytes.len() {
        let end = if starts(at, "//") {
            (at..bytes.len()).find(|k| bytes[*k] == '\n').unwrap_or(bytes.len())
        } else if starts(at, "/*") {
            (at + 2..bytes.len()).find(|k| starts(*k, "*/")).map_or(bytes.len(), |k| k + 2)
        } else if let Some(hashes) = raw_string(&bytes, at) {
            let close: String = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
            let first = at + 2 + hashes;
            (first..bytes.len()).find(|k| starts(*k, &close)).map_or(bytes.len(), |k| k + 1 + hashes)
        } else if bytes[at] == '"' {
            let mut end = at + 1;
            while end < bytes.len() && bytes[end] != '"' {
                end += if bytes[end] == '\\' { 2 } else { 1 };
            }
            end + 1
        } else if bytes[at] == '\'' && bytes.get(at + 1) == Some(&'\\') {
            (at + 3..bytes.len()).find(|k| bytes[*k] == '\'').map_or(bytes.len(), |k| k + 1)
        } else if bytes[at] == '\'' && bytes.get(at + 2) == Some(&'\'') {
            at + 3
        } else {
            code.push(bytes[at]);
            at += 1;
            continue;
        };
        blank(at, end, &mut code);
        at = end;
    }
    code
}

/// The number of `#` of the raw string that begins here.
fn raw_string(bytes: &[char], at: usize) -> Option<usize> {
    let is_start =
        bytes[at] == 'r' && !at.checked_sub(1).is_some_and(|k| bytes[k].is_alphanumeric() || bytes[k] == '_');
    let hashes = bytes[at + 1..].iter().take_while(|c| **c == '#').count();
    (is_start && bytes.get(at + 1 + hashes) == Some(&'"')).then_some(hashes)
}

/// The code without what is compiled for tests alone: items after `#[cfg(test)]`.
fn without_tests(code: &str) -> String {
    let mut kept = String::new();
    let mut rest = code;
    while let Some(start) = rest.find("#[cfg(test)]") {
        kept.push_str(&rest[..start]);
        let item = &rest[start..];
        let mut depth = 0;
        let end = item.char_indices().find(|(_, c)| {
            depth += i32::from(*c == '{') - i32::from(*c == '}');
            depth == 0 && (*c == '}' || *c == ';')
        });
        let end = end.map_or(item.len(), |(k, c)| k + c.len_utf8());
        kept.extend(item[..end].chars().filter(|c| *c == '\n'));
        rest = &item[end..];
    }
    kept + rest
}

/// Words and signs of the code, each with its line.
fn tokens(code: &str) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    for (line, text) in code.lines().enumerate() {
        let mut word = String::new();
        for c in text.chars().chain([' ']) {
            if c.is_alphanumeric() || c == '_' {
                word.push(c);
                continue;
            }
            if !word.is_empty() {
                found.push((line + 1, std::mem::take(&mut word)));
            }
            if !c.is_whitespace() {
                found.push((line + 1, c.to_string()));
            }
        }
    }
    found
}

/// The modules of the crate that a file names: the first names of paths from the crate's root. `place` is the file's
/// own module path (`["grid", "isea"]`), which `super` counts from.
fn named_modules(tokens: &[(usize, String)], place: &[String]) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let word = |k: usize| tokens.get(k).map_or("", |token| token.1.as_str());
    let is_path = |k: usize| word(k) == ":" && word(k + 1) == ":";
    let mut k = 0;
    while k < tokens.len() {
        let is_inside = k >= 2 && is_path(k - 2);
        let mut depth = None;
        let mut next = k + 1;
        if (word(k) == "crate" || word(k) == "gdal_dggs") && is_path(k + 1) && !is_inside {
            depth = Some(0);
        } else if word(k) == "super" && is_path(k + 1) && !is_inside {
            let mut ups = 1;
            while word(next + 2) == "super" && is_path(next + 3) {
                ups += 1;
                next += 3;
            }
            depth = place.len().checked_sub(ups);
        }
        if depth == Some(0) {
            // A name, or a list of paths in braces: the first name of each.
            let first = next + 2;
            if word(first) == "{" {
                let mut level = 0;
                for at in first..tokens.len() {
                    level += i32::from(word(at) == "{") - i32::from(word(at) == "}");
                    if level == 1 && (word(at) == "{" || word(at) == ",") && word(at + 1) != "}" {
                        found.push((tokens[at + 1].0, word(at + 1).to_owned()));
                    }
                    if level == 0 {
                        break;
                    }
                }
            } else if first < tokens.len() {
                found.push((tokens[first].0, word(first).to_owned()));
            }
        }
        k = next;
    }
    found
}

/// What is wrong with a Rust source file, given its path below `src`.
fn faults(path: &Path, source: &str) -> Vec<String> {
    let mut place: Vec<String> =
        path.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if place.last().is_some_and(|last| last == "mod") {
        place.pop();
    }
    let module = place[0].clone();
    let mut found = Vec::new();
    let Some((_, below)) = LAYERS.iter().find(|(name, _)| *name == module) else {
        return vec![format!("{}: module '{module}' has no layer; add it to LAYERS", path.display())];
    };
    if module == "lib" {
        return found;
    }
    let tokens = tokens(&without_tests(&code_of(source)));
    for (line, name) in named_modules(&tokens, &place) {
        let is_module = LAYERS.iter().any(|(known, _)| *known == name);
        if (is_module && name != module && !below.contains(&name.as_str())) || name == "*" {
            found.push(format!("{}:{line}: {module} names {name}", path.display()));
        }
    }
    for (line, word) in &tokens {
        if word == "unsafe" && !UNSAFE.contains(&module.as_str()) {
            found.push(format!("{}:{line}: unsafe in {module}", path.display()));
        }
        let functions = C_FUNCTIONS.iter().find(|(name, _)| name == word);
        if functions.is_some_and(|(_, allowed)| !allowed.contains(&module.as_str())) {
            found.push(format!("{}:{line}: {module} names {word}", path.display()));
        }
    }
    found
}

/// What is wrong with a C or C++ file of `cpp`.
fn version_faults(path: &Path, source: &str) -> Vec<String> {
    let is_version = |word: &str| {
        word.starts_with("GDAL_VERSION") || word == "GDAL_COMPUTE_VERSION" || word.starts_with("PROJ_VERSION")
    };
    if path.file_name().is_some_and(|name| name == "dggs_compat.h") {
        return vec![];
    }
    let words = tokens(&code_of(source)).into_iter().filter(|(_, word)| is_version(word));
    words.map(|(line, word)| format!("{}:{line}: {word} outside dggs_compat.h", path.display())).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn modules_name_only_modules_below_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let sources: Vec<_> = files(&root).into_iter().filter(|path| path.extension().is_some_and(|e| e == "rs")).collect();
    assert!(sources.len() > 50);
    let all: Vec<_> = sources
        .iter()
        .flat_map(|path| faults(path.strip_prefix(&root).unwrap(), &fs::read_to_string(path).unwrap()))
        .collect();
    assert!(all.is_empty(), "\n{}", all.join("\n"));
}

#[test]
fn one_file_asks_for_the_version_of_gdal() {
    let sources = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("cpp"));
    assert!(sources.iter().any(|path| path.ends_with("dggs_compat.h")));
    let all: Vec<_> =
        sources.iter().flat_map(|path| version_faults(path, &fs::read_to_string(path).unwrap())).collect();
    assert!(all.is_empty(), "\n{}", all.join("\n"));
}

#[test]
fn the_checker_finds_what_is_wrong() {
    let wrong = |path: &str, source: &str| faults(Path::new(path), source).len();
    assert_eq!(wrong("grid/foo.rs", "use crate::store::Call;"), 1);
    assert_eq!(wrong("grid/foo.rs", "use crate :: store;\nuse super::super::hierarchy;"), 2);
    assert_eq!(wrong("grid/foo/mod.rs", "use super::super::cube::{Array, Group};"), 1);
    assert_eq!(wrong("grid/foo/bar.rs", "use super::super::super::cube::Array;"), 1);
    assert_eq!(wrong("grid/mod.rs", "fn f() { super::convention::g() }"), 1);
    assert_eq!(wrong("convention/foo.rs", "use crate::{error::Error, grid::{self, Grid},\n hierarchy::{Node}};"), 1);
    assert_eq!(wrong("convention/foo.rs", "let x: crate::cube::Array = y;"), 1);
    assert_eq!(wrong("hierarchy/foo.rs", "use crate::grid;"), 1);
    assert_eq!(wrong("store/foo.rs", "use crate::hierarchy::Array;"), 1);
    assert_eq!(wrong("error.rs", "use crate::store;"), 1);
    assert_eq!(wrong("cube/foo.rs", "use crate::abi;"), 1);
    assert_eq!(wrong("cube/foo.rs", "use crate::*;"), 1);
    assert_eq!(wrong("grid/foo.rs", "let x = a::b(super::c(), crate::store::d());"), 1);
    assert_eq!(wrong("grid/foo.rs", "unsafe { f() }"), 1);
    assert_eq!(wrong("grid/foo.rs", "gdal_sys::CPLError();"), 1);
    assert_eq!(wrong("nowhere/foo.rs", ""), 1);
    assert_eq!(version_faults(Path::new("cpp/a.cpp"), "#if GDAL_VERSION_NUM >= 3\n#endif").len(), 1);
}

#[test]
fn the_checker_lets_pass_what_is_right() {
    let wrong = |path: &str, source: &str| faults(Path::new(path), source);
    let fine = [
        ("grid/foo.rs", "use crate::error::{Error, Result};\nuse super::{Zone, region};\nuse crate::grid::LonLat;"),
        ("grid/isea/foo.rs", "use super::super::region::Edge;\nuse super::store;"),
        (
            "grid/foo.rs",
            "//! crate::store is not named\n/* unsafe crate::cube */ fn f() { g(\"crate::store \\\" unsafe\") }",
        ),
        ("grid/foo.rs", "const A: &str = r#\"unsafe \" crate::cube\"#; const B: char = '\"'; fn f<'a>(x: &'a str) {}"),
        ("grid/foo.rs", "#[cfg(test)]\nmod tests { use crate::store; fn f() { unsafe {} } }"),
        ("convention/foo.rs", "use crate::grid;"),
        ("cube/foo.rs", "use crate::{convention, grid::Grid, hierarchy::{Array, Node}, store};"),
        ("abi/foo.rs", "use crate::cube::Array; unsafe { f() }"),
        ("store/foo.rs", "gdal_sys::CPLError(); unsafe { f() }"),
        ("lib.rs", "pub mod abi;\npub mod store;"),
    ];
    for (path, source) in fine {
        assert_eq!(wrong(path, source), Vec::<String>::new());
    }
    assert!(version_faults(Path::new("cpp/dggs_compat.h"), "#if GDAL_VERSION_NUM").is_empty());
    assert!(version_faults(Path::new("cpp/a.cpp"), "// GDAL_VERSION_NUM").is_empty());
}
