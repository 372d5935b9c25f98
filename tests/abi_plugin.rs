//! The plugin file and the shim's sources, seen from outside.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// `target/<profile>`, two folders above the running test.
fn profile_folder() -> PathBuf {
    let test = std::env::current_exe().expect("the test's own path");
    test.ancestors().nth(2).expect("target/<profile>").to_owned()
}

#[test]
fn the_only_exported_symbol_is_the_entry() {
    let output = Command::new("nm")
        .args(["-D", "--defined-only", "--format=posix"])
        .arg(profile_folder().join("libgdal_dggs.so"))
        .output();
    let Ok(output) = output else {
        println!("skipped: nm (binutils) is not installed");
        return;
    };
    let symbols = String::from_utf8_lossy(&output.stdout);
    let names: Vec<_> = symbols.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(names, ["GDALRegister_DGGS"]);
}

#[test]
fn the_plugin_lies_where_gdal_driver_path_can_point_to() {
    let link = profile_folder().join("gdalplugins/gdal_DGGS.so");
    assert_eq!(fs::read_link(&link).expect("a symbolic link"), Path::new("../libgdal_dggs.so"));
    assert!(link.exists(), "{} leads nowhere", link.display());
}

#[test]
fn one_file_names_a_gdal_version() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cpp");
    for entry in fs::read_dir(folder).expect("cpp/") {
        let path = entry.expect("an entry of cpp/").path();
        let source = fs::read_to_string(&path).expect("a source");
        let names_version = ["GDAL_VERSION", "GDAL_COMPUTE_VERSION", "GDAL_CHECK_VERSION"]
            .iter()
            .any(|macro_name| source.contains(macro_name));
        assert_eq!(names_version, path.ends_with("dggs_compat.h"), "{}", path.display());
    }
}
