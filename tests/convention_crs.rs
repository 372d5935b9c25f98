//! `_CRS` and CF grid mappings: which definitions there are, and in which order they are tried.

mod convention_support;

use convention_support::*;
use gdal_dggs::convention::crs::{definitions, of_array};
use serde_json::{Value, json};

fn keys(attribute: &Value) -> Vec<&'static str> {
    definitions(attribute).iter().map(|definition| definition.key).collect()
}

#[test]
fn the_header_s_example_is_read() {
    let attributes = header_example(include_str!("../src/convention/crs.rs"));
    let found = definitions(&attributes["_CRS"]);
    assert_eq!(found[0].text, "http://www.opengis.net/def/crs/EPSG/0/4326");
    assert_eq!(found[1].text, r#"{"type":"GeographicCRS","name":"WGS 84"}"#);
}

#[test]
fn url_goes_first_then_wkt_then_projjson() {
    let all = json!({"projjson": {"type": "GeographicCRS"}, "wkt": "GEOGCRS[...]", "url": "http://x"});
    assert_eq!(keys(&all), ["url", "wkt", "projjson"]);
    assert_eq!(keys(&json!(all.to_string())), ["url", "wkt", "projjson"]);
    let projjson_as_text = json!({"projjson": "{\"type\": \"GeographicCRS\"}"});
    assert_eq!(definitions(&projjson_as_text)[0].text, "{\"type\": \"GeographicCRS\"}");
}

#[test]
fn a_bare_text_and_bare_projjson_are_taken() {
    for text in ["EPSG:4326", " GEOGCRS[\"x\"] ", "+proj=longlat"] {
        assert_eq!(
            (definitions(&json!(text))[0].key, definitions(&json!(text))[0].text.as_str()),
            ("text", text.trim())
        );
    }
    assert_eq!(keys(&json!({"type": "GeographicCRS", "name": "x"})), ["projjson"]);
    assert_eq!(keys(&json!("{\"type\": \"GeographicCRS\"}")), ["projjson"]);
}

#[test]
fn what_holds_no_crs_gives_none() {
    for nothing in
        [json!(null), json!(4326), json!(""), json!([]), json!({}), json!({"url": 5, "wkt": "", "projjson": []})]
    {
        assert_eq!(keys(&nothing), [""; 0], "{nothing}");
    }
    assert_eq!(keys(&json!({"url": null, "wkt": "GEOGCRS[]"})), ["wkt"]);
}

#[test]
fn the_array_s_own_comes_first_then_the_group_s_then_the_grid_mapping_s() {
    let group = Group::new(&json!({
        "attributes": {"_CRS": "OGC:CRS84"},
        "arrays": {
            "u": {"dims": {"cell": 12}, "attributes": {"_CRS": {"wkt": "A", "url": "B"}, "grid_mapping": "map: cell"}},
            "v": {"dims": {"cell": 12}, "attributes": {"grid_mapping": "hp"}},
            "map": {"dims": {}, "attributes": {"grid_mapping_name": "latitude_longitude", "spatial_ref": "D", "crs_wkt": "C"}},
            "hp": {"dims": {}, "attributes": {"grid_mapping_name": "healpix", "crs_wkt": "not a CRS of ours"}}
        }
    }));
    let meta = group.meta();
    let texts = |array: usize| of_array(&meta, &meta.arrays[array]).into_iter().map(|d| d.text).collect::<Vec<_>>();
    assert_eq!(texts(0), ["B", "A", "OGC:CRS84", "C", "D"]);
    assert_eq!(texts(1), ["OGC:CRS84"]);
}
