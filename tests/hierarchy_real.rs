//! The real stores of `../shared/data`: every array opens and reads.

use std::path::PathBuf;
use std::sync::Arc;

use gdal_dggs::hierarchy::{Array, AxisSelection, Group, Node, open};
use gdal_dggs::store::{Call, VsiStore};

fn shared() -> Option<PathBuf> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let path = std::env::var_os("DGGS_SHARED").map_or_else(beside, PathBuf::from).join("data");
    if !path.is_dir() {
        println!("skipped: {} is absent", path.display());
        return None;
    }
    Some(path)
}

fn root(path: &str) -> Option<Arc<Group>> {
    let store = VsiStore::new(shared()?.join(path).to_str()?, &Call::capture());
    match open(&store).unwrap() {
        Some(Node::Group(group)) => Some(group),
        other => panic!("{path}: {other:?}"),
    }
}

fn all(array: &Array) -> Vec<AxisSelection<'static>> {
    array.shape().iter().map(|&extent| AxisSelection::all(extent).unwrap()).collect()
}

/// Reads everything in a group and below, and gives the number of arrays.
fn read_all(group: &Group) -> usize {
    let call = Call::capture();
    let mut count = 0;
    for name in group.array_names(&call).unwrap() {
        let array = group.open_array(&call, &name).unwrap().unwrap();
        match array.data_type().numeric() {
            Some(_) => drop(array.read_vec::<f64>(&call, &all(&array)).unwrap()),
            None => drop(array.read_texts(&call, &all(&array)).unwrap()),
        }
        count += 1;
    }
    for name in group.group_names(&call).unwrap() {
        count += read_all(&group.open_group(&call, &name).unwrap().unwrap());
    }
    count
}

#[test]
fn every_array_reads() {
    for (path, least) in [
        ("bluemarble/blue-marble.dggs.zarr", 48),
        ("pilot/example.dggs.zarr", 1),
        ("pydggsapi/est_topo_dem_10m_elva_igeo7_multi_refinement_level_ds.zarr", 30),
        ("xdggs/h3r3_global_zarr_v3.zarr", 2),
        ("xdggs/healpix6_global_xdggs_v2.zarr", 2),
        ("xdggs/healpix6_global_zarr_v3.zarr", 1),
        ("xdggs/healpix7_europe_xdggs_v3.zarr", 2),
    ] {
        if let Some(group) = root(path) {
            assert!(read_all(&group) >= least, "{path}");
        }
    }
}

#[test]
fn zone_ids_of_a_global_h3_cube_ascend() {
    let Some(group) = root("xdggs/h3r3_global_zarr_v3.zarr") else { return };
    let call = Call::capture();
    let ids = group.open_array(&call, "cell_ids").unwrap().unwrap();
    let ids = ids.read_u64s(&call, &all(&ids)).unwrap();
    assert_eq!(ids.len(), 41162);
    assert!(ids.windows(2).all(|pair| pair[0] < pair[1]) || ids.iter().all(|id| id >> 52 == 0x083));
}

#[test]
fn blue_marble_has_its_colours() {
    let Some(group) = root("bluemarble/blue-marble.dggs.zarr") else { return };
    let call = Call::capture();
    let level = group.open_group(&call, "dggs_s3").unwrap().unwrap();
    let red = level.open_array(&call, "Red").unwrap().unwrap();
    assert_eq!(red.shape().iter().product::<u64>(), 5 * 8 * 16);
    let red: Vec<u8> = red.read_vec(&call, &all(&red)).unwrap();
    assert!(red.iter().any(|&value| value > 200) && red.iter().any(|&value| value < 20));
}
