//! JSON as it is found in stores: also with the bare `NaN`, `Infinity` and `-Infinity` that Python writes.

use serde_json::Value;

use crate::error::{Error, Result};

/// Parses `bytes`; numbers that JSON does not know become the texts `NaN`, `Infinity` and `-Infinity`, as Zarr spells
/// such fill values.
pub(super) fn parse(bytes: &[u8]) -> Result<Value> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    serde_json::from_slice(text).or_else(|error| {
        let quoted = quote_special_numbers(text);
        serde_json::from_slice(&quoted).map_err(|_| Error::corrupt(format!("not JSON: {error}")))
    })
}

fn quote_special_numbers(text: &[u8]) -> Vec<u8> {
    const SPECIAL: [&[u8]; 3] = [b"-Infinity", b"Infinity", b"NaN"];
    let mut quoted = Vec::with_capacity(text.len() + 16);
    let (mut index, mut in_text) = (0, false);
    while let Some(&byte) = text.get(index) {
        let special = SPECIAL.iter().find(|word| !in_text && text[index..].starts_with(word));
        if let Some(word) = special {
            quoted.push(b'"');
            quoted.extend_from_slice(word);
            quoted.push(b'"');
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

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn special_numbers_become_text() {
        let value = parse(br#"{"a": NaN, "b": [-Infinity, "NaN\" Infinity", Infinity]}"#).unwrap();
        assert_eq!(value, serde_json::json!({"a": "NaN", "b": ["-Infinity", "NaN\" Infinity", "Infinity"]}));
        assert!(parse(b"{").is_err());
    }
}
