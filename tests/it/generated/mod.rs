//! Specs that proptest makes. They are the same in each run, unless `PROPTEST_RNG_SEED` sets another seed; a failure prints the smallest spec
//! that fails.

mod choices;
mod mutated;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// Always the same specs, unless the variables of proptest say otherwise.
fn config(cases: u32) -> ProptestConfig {
    let given = |name: &str| std::env::var_os(name).is_some();
    let default = ProptestConfig::default();
    ProptestConfig {
        cases: if given("PROPTEST_CASES") { default.cases } else { cases },
        rng_seed: if given("PROPTEST_RNG_SEED") { default.rng_seed } else { RngSeed::Fixed(15) },
        failure_persistence: None,
        ..default
    }
}
