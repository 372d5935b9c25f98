//! Writing 12 x 3,145,728 float32 (151 MB), without GDAL's classes around it: `cargo bench --bench write -- FOLDER [FIELD]`.
//!
//! FIELD is a file of as many float32 (`autotest/bench/make_store.py` makes such a field); without one it is a smooth
//! field with noise. Prints the median milliseconds of five rounds, the size of the store, and the peak memory so far.

use std::path::Path;
use std::time::Instant;

use gdal_dggs::hierarchy::{AxisSelection, Compressor, DataType, Editor, Format, NewArray, Shuffle};
use gdal_dggs::store::{Call, Input, NumericType, VsiStore};

const SHAPE: [u64; 2] = [12, 12 << 18];

fn field() -> Vec<f32> {
    let mut noise = 1u64;
    (0..SHAPE[0] * SHAPE[1])
        .map(|index| {
            noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let position = (index % SHAPE[1]) as f64 / SHAPE[1] as f64;
            let smooth =
                15.0 + 20.0 * (40.0 * position).sin() + ((noise >> 40) as f64 / f64::from(1 << 24) - 0.5) * 0.2;
            ((smooth * 100.0).round() / 100.0) as f32
        })
        .collect()
}

fn peak_megabytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|peak| peak.trim().split(' ').next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}

fn size(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| if entry.path().is_dir() { size(&entry.path()) } else { entry.metadata().map_or(0, |m| m.len()) })
        .sum()
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let Some(folder) = arguments.first() else { return };
    let values: Vec<f32> = match arguments.get(1) {
        Some(path) => bytemuck::pod_collect_to_vec(&std::fs::read(path).expect("the field")),
        None => field(),
    };
    let call = Call::capture();
    let blosc = Compressor::Blosc { codec: "lz4".into(), level: 5, shuffle: Shuffle::Byte, block_size: 0 };
    let zstd = Compressor::Zstd { level: 3 };
    for (name, format, chunks, shards, compressor) in [
        ("v2 zstd", Format::V2, vec![1, 1 << 18], None, zstd.clone()),
        ("v2 blosc", Format::V2, vec![1, 1 << 18], None, blosc),
        ("v2 gzip 5", Format::V2, vec![1, 1 << 18], None, Compressor::Gzip { level: 5 }),
        ("v3 zstd", Format::V3, vec![1, 1 << 18], None, zstd.clone()),
        ("v3 shard wide", Format::V3, vec![1, 1 << 18], Some(vec![12, 1 << 18]), zstd.clone()),
        ("v3 shard deep", Format::V3, vec![12, 4096], Some(vec![12, 1 << 18]), zstd.clone()),
        ("v3 one shard", Format::V3, vec![12, 4096], Some(SHAPE.to_vec()), zstd),
    ] {
        let store = VsiStore::new(&format!("{folder}/write-bench.zarr"), &call);
        let mut times = Vec::new();
        for _ in 0..5 {
            let editor = Editor::create(&store, format).expect("created");
            let new = NewArray {
                shard_shape: shards.clone(),
                compressor: compressor.clone(),
                fill: Some(f32::NAN.to_ne_bytes().to_vec()),
                ..NewArray::new(
                    "t",
                    DataType::Numeric(NumericType::Float32),
                    vec!["time".into(), "cells".into()],
                    SHAPE.to_vec(),
                    chunks.clone(),
                )
            };
            let array = editor.create_array("/", &new).expect("an array");
            let input = Input::from_slice(&values, &SHAPE.map(|extent| extent as usize)).expect("the shape");
            let whole = SHAPE.map(|extent| AxisSelection::all(extent).expect("positions"));
            let began = Instant::now();
            array.write(&call, &whole, input).expect("written");
            editor.flush(&call).expect("flushed");
            times.push(began.elapsed().as_secs_f64() * 1000.0);
        }
        times.sort_by(f64::total_cmp);
        let stored = size(Path::new(store.path())) / 1_000_000;
        println!("{name:14} {:8.1} ms {stored:5} MB, peak {} MB", times[2], peak_megabytes());
        store.delete_folder("").expect("deleted");
    }
}
