//! Finds GDAL and PROJ, makes the Rust types of `cpp/dggs_abi.h`, compiles the C++ shim, and puts the plugin where
//! `GDAL_DRIVER_PATH` can point to: `target/<profile>/gdalplugins/gdal_DGGS.so`.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

const SOURCES: &[&str] = &[
    "cpp/dggs_array.cpp",
    "cpp/dggs_array_edit.cpp",
    "cpp/dggs_arrow.cpp",
    "cpp/dggs_attribute.cpp",
    "cpp/dggs_band.cpp",
    "cpp/dggs_copy.cpp",
    "cpp/dggs_dataset.cpp",
    "cpp/dggs_dimension.cpp",
    "cpp/dggs_driver.cpp",
    "cpp/dggs_group.cpp",
    "cpp/dggs_group_edit.cpp",
    "cpp/dggs_handle.cpp",
    "cpp/dggs_layer.cpp",
    "cpp/dggs_layer_list.cpp",
    "cpp/dggs_layer_read.cpp",
    "cpp/dggs_raster.cpp",
    "cpp/dggs_read.cpp",
    "cpp/dggs_store.cpp",
    "cpp/dggs_subdataset.cpp",
    "cpp/dggs_type.cpp",
    "cpp/dggs_write.cpp",
];
const HEADERS: &[&str] = &[
    "cpp/dggs_abi.h",
    "cpp/dggs_abi_types.h",
    "cpp/dggs_compat.h",
    "cpp/dggs_dataset.h",
    "cpp/dggs_handle.h",
    "cpp/dggs_layer.h",
    "cpp/dggs_multidim.h",
    "cpp/dggs_raster.h",
];

fn main() {
    let gdal = find_gdal();
    find_proj();
    compile_shim(&gdal);
    generate_bindings();
    // What sanitizers call is only there in the fuzzer itself.
    if env::var_os("CARGO_CFG_FUZZING").is_none() {
        println!("cargo:rustc-cdylib-link-arg=-Wl,--no-undefined");
    }
    link_plugin();

    for file in SOURCES.iter().chain(HEADERS).chain(&["build.rs"]) {
        println!("cargo:rerun-if-changed={file}");
    }
    for folder in &gdal.include {
        let version = folder.join("gdal_version.h");
        if version.exists() {
            println!("cargo:rerun-if-changed={}", version.display());
        }
    }
    for variable in ["GDAL_INCLUDE_DIR", "GDAL_LIB_DIR", "GDAL_HOME", "GDAL_CONFIG"] {
        println!("cargo:rerun-if-env-changed={variable}");
    }
}

/// Folders that hold GDAL's headers; the library is already handed to cargo.
struct Gdal {
    include: Vec<PathBuf>,
}

/// GDAL by pkg-config, then gdal-config, then `GDAL_INCLUDE_DIR`, `GDAL_LIB_DIR` and `GDAL_HOME`.
fn find_gdal() -> Gdal {
    find_gdal_by_pkg_config().or_else(find_gdal_by_gdal_config).or_else(find_gdal_by_environment).unwrap_or_else(|| {
        fail(
            "GDAL's headers and library are not found. Install them (Debian, Ubuntu: libgdal-dev; Fedora: \
                 gdal-devel; conda: libgdal-core), or set PKG_CONFIG_PATH to the folder of gdal.pc, or put gdal-config \
                 on the PATH, or set GDAL_HOME (or GDAL_INCLUDE_DIR and GDAL_LIB_DIR).",
        )
    })
}

fn find_gdal_by_pkg_config() -> Option<Gdal> {
    let library = pkg_config::Config::new().print_system_libs(false).probe("gdal").ok()?;
    // pkg-config leaves the system's own folder out.
    let include = match library.include_paths.is_empty() {
        true => vec![PathBuf::from(pkg_config::get_variable("gdal", "includedir").ok()?)],
        false => library.include_paths,
    };
    Some(Gdal { include })
}

fn find_gdal_by_gdal_config() -> Option<Gdal> {
    let program = env::var("GDAL_CONFIG").unwrap_or_else(|_| "gdal-config".into());
    let ask = |what: &str| {
        let output = Command::new(&program).arg(what).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let flags = ask("--cflags")?;
    let include = flags.split_whitespace().filter_map(|flag| flag.strip_prefix("-I")).map(PathBuf::from).collect();
    for flag in ask("--libs")?.split_whitespace() {
        if let Some(folder) = flag.strip_prefix("-L") {
            println!("cargo:rustc-link-search=native={folder}");
        } else if let Some(library) = flag.strip_prefix("-l") {
            println!("cargo:rustc-link-lib={library}");
        }
    }
    Some(Gdal { include })
}

fn find_gdal_by_environment() -> Option<Gdal> {
    let home = env::var("GDAL_HOME").ok().map(PathBuf::from);
    let folder = |variable: &str, part: &str| {
        env::var(variable).ok().map(PathBuf::from).or_else(|| home.as_ref().map(|home| home.join(part)))
    };
    let include = folder("GDAL_INCLUDE_DIR", "include")?;
    let library = folder("GDAL_LIB_DIR", "lib")?;
    println!("cargo:rustc-link-search=native={}", library.display());
    println!("cargo:rustc-link-lib=gdal");
    Some(Gdal { include: vec![include] })
}

/// The PROJ that libgdal itself uses; proj-sys (feature `nobuild`) only declares its functions.
fn find_proj() {
    if let Err(error) = pkg_config::Config::new().probe("proj") {
        fail(&format!(
            "PROJ is not found by pkg-config. Install its headers (Debian, Ubuntu: libproj-dev; Fedora: proj-devel; \
             conda: proj) or set PKG_CONFIG_PATH to the folder of proj.pc.\n{error}"
        ));
    }
}

fn compile_shim(gdal: &Gdal) {
    let mut build = cc::Build::new();
    build.cpp(true).std("c++17").files(SOURCES).include("cpp").warnings(true).extra_warnings(true);
    // Searched anyway, and `-isystem /usr/include` breaks libstdc++'s include_next.
    for folder in gdal.include.iter().filter(|folder| folder.as_path() != Path::new("/usr/include")) {
        build.flag("-isystem").flag(folder);
    }
    for flag in ["-fvisibility=hidden", "-fvisibility-inlines-hidden", "-Wshadow", "-Wnon-virtual-dtor", "-Wextra-semi"]
    {
        build.flag_if_supported(flag);
    }
    if let Err(error) = build.try_compile("dggs_shim") {
        fail(&format!("The C++ shim (cpp/) does not compile; a C++17 compiler is needed (Debian: g++).\n{error}"));
    }
}

fn generate_bindings() {
    let bindings = bindgen::Builder::default()
        .header("cpp/dggs_abi.h")
        .allowlist_item("(dggs|Dggs|DGGS).*")
        .default_enum_style(bindgen::EnumVariation::NewType { is_bitfield: false, is_global: false })
        .generate_comments(false)
        .layout_tests(false)
        .generate()
        .unwrap_or_else(|error| fail(&format!("bindgen failed on cpp/dggs_abi.h: {error}")));
    let file = PathBuf::from(variable("OUT_DIR")).join("dggs_abi.rs");
    if let Err(error) = bindings.write_to_file(&file) {
        fail(&format!("{} cannot be written: {error}", file.display()));
    }
}

/// `target/<profile>/gdalplugins/gdal_DGGS.so`, a symbolic link to the library that cargo is about to write.
fn link_plugin() {
    // OUT_DIR is target/<profile>/build/<package>/out.
    let out = PathBuf::from(variable("OUT_DIR"));
    let Some(profile) = out.ancestors().nth(3) else { return };
    let folder = profile.join("gdalplugins");
    let link = folder.join("gdal_DGGS.so");
    let target = Path::new("../libgdal_dggs.so");
    if std::fs::read_link(&link).is_ok_and(|old| old == target) {
        return;
    }
    let made = std::fs::create_dir_all(&folder).and_then(|()| {
        let _ = std::fs::remove_file(&link);
        std::os::unix::fs::symlink(target, &link)
    });
    if let Err(error) = made {
        println!("cargo:warning={} cannot be made: {error}", link.display());
    }
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| fail(&format!("cargo did not set {name}")))
}

/// Ends the build with a message and without a backtrace.
fn fail(message: &str) -> ! {
    eprintln!("\n{message}\n");
    std::process::exit(1)
}
