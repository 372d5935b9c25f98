//! A raster in memory, and a sink into memory.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use gdal_dggs::cube::Resampling;
use gdal_dggs::error::{Error, Result};
use gdal_dggs::grid::{self, Grid};
use gdal_dggs::ops::quantise::engine::{self, Job, Part, Sink, fill_of, output_type};
use gdal_dggs::ops::quantise::lattice::Lattice;
use gdal_dggs::ops::quantise::raster::{Block, Raster, Variable};
use gdal_dggs::ops::quantise::zones::Zones;
use gdal_dggs::store::{Call, Number};

/// The default grid of a DGGRS.
pub fn grid_of(dggrs: &str) -> Arc<dyn Grid> {
    let (family, name) = grid::family_of(dggrs).unwrap();
    family.grid(&family.default_spec(name)).unwrap()
}

/// Variables of one type in memory.
pub struct Memory {
    pub variables: Vec<Variable>,
    pub columns: usize,
    /// All slices of each variable.
    pub values: Vec<Vec<u8>>,
    /// Which pixels of masked variables have data.
    pub valid: Vec<u8>,
    /// Pixels read so far.
    pub read: AtomicU64,
}

impl Memory {
    pub fn new<T: Number>(columns: usize, values: &[T], nodata: Option<T>) -> Self {
        let variable = Variable {
            name: "v".into(),
            data_type: T::TYPE,
            nodata: nodata.map(|value| bytemuck::bytes_of(&value).to_vec()),
            outer: vec![],
            block: [0, 0],
            masked: false,
            descends: false,
        };
        let values = vec![bytemuck::cast_slice(values).to_vec()];
        Self { variables: vec![variable], columns, values, valid: vec![], read: AtomicU64::new(0) }
    }
}

impl Raster for Memory {
    fn variables(&self) -> &[Variable] {
        &self.variables
    }

    fn read(&self, _call: &Arc<Call>, variable: usize, slice: u64, block: Block, values: &mut [u8]) -> Result<()> {
        let size = self.variables[variable].data_type.size();
        let slice_size = self.values[variable].len() / self.variables[variable].slices() as usize;
        self.read.fetch_add((block.rows * block.columns) as u64, Ordering::Relaxed);
        for (row, to) in values.chunks_exact_mut(block.columns * size).enumerate() {
            let from = slice as usize * slice_size + ((block.row + row) * self.columns + block.column) * size;
            to.copy_from_slice(&self.values[variable][from..from + block.columns * size]);
        }
        Ok(())
    }

    fn read_valid(
        &self,
        _call: &Arc<Call>,
        _variable: usize,
        _slice: u64,
        block: Block,
        valid: &mut [u8],
    ) -> Result<()> {
        for (row, to) in valid.chunks_exact_mut(block.columns).enumerate() {
            let from = (block.row + row) * self.columns + block.column;
            to.copy_from_slice(&self.valid[from..from + block.columns]);
        }
        Ok(())
    }
}

/// Keeps what is written: for each variable its slices by zones.
pub struct Kept {
    pub run_length: u64,
    pub piece_length: u64,
    pub zones: u64,
    pub outer: Vec<Vec<u64>>,
    pub outer_block: Vec<u64>,
    pub sizes: Vec<usize>,
    pub values: Mutex<Vec<Vec<u8>>>,
    pub finished: Mutex<Vec<u64>>,
    pub broken: AtomicBool,
}

impl Kept {
    pub fn new(job: &Job<'_>, run_length: u64, outer_block: &[u64]) -> Self {
        let variables = job.raster.variables();
        let sizes: Vec<usize> = variables.iter().map(|v| output_type(job.resampling, v.data_type).size()).collect();
        let bytes = |(v, size): (&Variable, &usize)| vec![0xAB; (v.slices() * job.zones.len()) as usize * size];
        Self {
            run_length,
            piece_length: run_length,
            zones: job.zones.len(),
            outer: variables.iter().map(|v| v.outer.clone()).collect(),
            outer_block: outer_block.to_vec(),
            values: Mutex::new(variables.iter().zip(&sizes).map(bytes).collect()),
            sizes,
            finished: Mutex::default(),
            broken: AtomicBool::new(false),
        }
    }

    pub fn values<T: Number>(&self, variable: usize) -> Vec<T> {
        let values = self.values.lock().unwrap();
        bytemuck::pod_collect_to_vec(&values[variable])
    }
}

impl Sink for Kept {
    fn run_length(&self) -> u64 {
        self.run_length
    }

    fn piece_length(&self) -> u64 {
        self.piece_length
    }

    fn outer_block(&self, _variable: usize) -> Vec<u64> {
        self.outer_block.clone()
    }

    fn write(&self, _call: &Arc<Call>, variable: usize, part: &Part, values: &[u8]) -> Result<()> {
        if self.broken.load(Ordering::Relaxed) {
            return Err(Error::io("the disk is full"));
        }
        let (size, outer) = (self.sizes[variable], &self.outer[variable]);
        let count = (part.zones.end - part.zones.start) as usize;
        let mut all = self.values.lock().unwrap();
        let mut position = part.start.clone();
        for values in values.chunks_exact(count * size) {
            let slice = position.iter().zip(outer).fold(0, |slice, (at, extent)| slice * extent + at);
            let to = (slice * self.zones + part.zones.start) as usize * size;
            all[variable][to..to + values.len()].copy_from_slice(values);
            for axis in (0..position.len()).rev() {
                position[axis] += 1;
                if position[axis] < part.start[axis] + part.count[axis] {
                    break;
                }
                position[axis] = part.start[axis];
            }
        }
        Ok(())
    }

    fn is_done(&self, run: u64) -> bool {
        self.finished.lock().unwrap().contains(&run)
    }

    fn done(&self, _call: &Arc<Call>, run: u64) -> Result<()> {
        self.finished.lock().unwrap().push(run);
        Ok(())
    }
}

/// Runs a job of a raster's first variable and gives its values.
pub fn quantised<T: Number>(
    grid: &dyn Grid,
    level: u8,
    lattice: &Lattice,
    raster: &Memory,
    resampling: Resampling,
) -> Vec<T> {
    let zones = Zones::globe(grid, level);
    let fills: Vec<Vec<u8>> = raster.variables.iter().map(|variable| fill_of(variable, resampling)).collect();
    let job = Job {
        grid,
        level,
        zones: &zones,
        lattice,
        raster,
        resampling,
        fills: &fills,
        max_memory: 64 << 20,
        threads: 2,
    };
    let sink = Kept::new(&job, 1000, &vec![1; raster.variables[0].outer.len()]);
    let mut last = 0.0;
    engine::run(&Call::capture(), &job, &sink, &mut |done| {
        assert!(done > last);
        last = done;
        true
    })
    .unwrap();
    assert_eq!(last, 1.0);
    sink.values(0)
}
