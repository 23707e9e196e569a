//! Random incidents are drawn once: a run of the windows that `run.json` holds writes the same
//! tables, byte for byte, and a run of other windows does not.

use plan::ClockKind;

use crate::support::{play, scenario};

#[test]
fn a_replayed_timeline_writes_the_same_tables() {
    let weather = "[{ random: incident-model, target: all, each: deployment }]\n\
                   compress: { outages: 1500, gaps: 40000 }";
    let drawn = play(&scenario("weather", 30, weather), ClockKind::Virtual);
    let path = drawn.dir().join("run.json");
    let text = std::fs::read_to_string(&path).expect("written");
    assert!(text.contains("\"f1.2\"") && text.contains("\"compress\""), "{text}");
    let replay = |path: &std::path::Path| {
        let entry = format!("[{{ timeline: '{}' }}]", path.display());
        play(&scenario("weather", 30, &entry), ClockKind::Virtual)
    };
    let again = replay(&path);
    let edited = drawn.dir().join("edited.json");
    let other = text.replace("\"share\": 0.", "\"share\": 0.9");
    assert_ne!(other, text);
    std::fs::write(&edited, other).expect("written");
    let edited = replay(&edited);
    let mut moved = false;
    for contender in ["direct", "shuffle", "priority"] {
        for table in ["attempts.csv", "requests.csv", "decisions.csv"] {
            let bytes = |played: &crate::support::Played| {
                std::fs::read(played.dir().join(contender).join(table)).ok()
            };
            assert_eq!(bytes(&drawn), bytes(&again), "{contender}/{table}");
            moved |= bytes(&drawn) != bytes(&edited);
        }
    }
    assert!(moved, "an edited timeline plays the edit");
}
