//! The scenarios of `tests/scenarios`, each played to its end.

use std::path::Path;

use harness::lifecycle::play;

#[test]
fn every_scenario_goes_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut played = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            play(&path);
            played += 1;
        }
    }
    assert!(played >= 20, "only {played} scenarios were found");
}
