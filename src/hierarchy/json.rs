//! JSON as it is found in stores: also with the bare `NaN`, `Infinity` and `-Infinity` that Python writes.
//!
//! Such a number is kept as a text with a [`MARK`] before it, and written as it was found. Those who only want to know what
//! it says take the mark away with [`plain`].

use std::borrow::Cow;

use serde_json::Value;

use super::Attributes;

use crate::error::{Error, Result};

/// Before the name of a number that JSON does not know; no text begins with it, for it is no character (Unicode, 23.7).
const MARK: char = '\u{10FFFF}';

const SPECIAL: [&str; 3] = ["-Infinity", "Infinity", "NaN"];

/// Parses `bytes`; numbers that JSON does not know become marked texts.
pub(super) fn parse(bytes: &[u8]) -> Result<Value> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    serde_json::from_slice(text).or_else(|error| {
        let quoted = quote_special_numbers(text);
        serde_json::from_slice(&quoted).map_err(|_| Error::corrupt(format!("not JSON: {error}")))
    })
}

fn quote_special_numbers(text: &[u8]) -> Vec<u8> {
    let mut quoted = Vec::with_capacity(text.len() + 16);
    let (mut index, mut in_text) = (0, false);
    while let Some(&byte) = text.get(index) {
        let special = SPECIAL.iter().find(|word| !in_text && text[index..].starts_with(word.as_bytes()));
        if let Some(word) = special {
            quoted.extend_from_slice(marked(word).as_bytes());
            index += word.len();
            continue;
        }
        if in_text && byte == b'\\' {
            quoted.extend_from_slice(&text[index..text.len().min(index + 2)]);
            index += 2;
            continue;
        }
        in_text ^= byte == b'"';
        quoted.push(byte);
        index += 1;
    }
    quoted
}

fn marked(word: &str) -> String {
    format!("\"{MARK}{word}\"")
}

/// The text of `json`, indented; marked texts become the numbers that they were.
pub(super) fn write(json: &Value) -> String {
    let text = format!("{json:#}");
    match text.contains(MARK) {
        true => SPECIAL.iter().fold(text, |text, word| text.replace(&marked(word), word)),
        false => text,
    }
}

/// The same without marks: `NaN`, `Infinity` and `-Infinity` are texts, as Zarr spells such fill values.
pub(super) fn plain(json: &Value) -> Cow<'_, Value> {
    match has_mark(json) {
        true => Cow::Owned(unmarked(json)),
        false => Cow::Borrowed(json),
    }
}

/// As [`plain`], for attributes.
pub(super) fn plain_attributes(attributes: &Attributes) -> Attributes {
    attributes.iter().map(|(key, value)| (key.clone(), plain(value).into_owned())).collect()
}

fn has_mark(json: &Value) -> bool {
    match json {
        Value::String(text) => text.starts_with(MARK),
        Value::Array(items) => items.iter().any(has_mark),
        Value::Object(members) => members.values().any(has_mark),
        _ => false,
    }
}

fn unmarked(json: &Value) -> Value {
    match json {
        Value::String(text) => Value::from(text.trim_start_matches(MARK)),
        Value::Array(items) => items.iter().map(unmarked).collect(),
        Value::Object(members) => members.iter().map(|(key, value)| (key.clone(), unmarked(value))).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::{parse, plain, write};

    #[test]
    fn special_numbers_are_text_and_are_written_as_they_were() {
        let text = br#"{"a": NaN, "b": [-Infinity, "NaN\" Infinity", Infinity], "c": "NaN"}"#;
        let value = parse(text).unwrap();
        let written = write(&value);
        assert_eq!(parse(written.as_bytes()).unwrap(), value);
        let written: String = written.split_whitespace().collect();
        assert_eq!(written, r#"{"a":NaN,"b":[-Infinity,"NaN\"Infinity",Infinity],"c":"NaN"}"#);
        assert_eq!(
            *plain(&value),
            serde_json::json!({"a": "NaN", "b": ["-Infinity", "NaN\" Infinity", "Infinity"], "c": "NaN"})
        );
        assert!(parse(b"{").is_err());
    }
}
