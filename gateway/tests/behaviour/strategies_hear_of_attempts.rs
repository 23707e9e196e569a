//! What a strategy is told of every attempt: sent, the first content of its stream, and the end with the
//! time that it took. Told by a strategy that only this file knows.

use std::sync::{Mutex, PoisonError};

use gateway::config::DeploymentIndex;
use gateway::decisions::KeyedRng;
use gateway::strategy::{Ask, Entry, Learned, Lesson, Strategy, View, find};

use crate::support::*;

/// Timers tick once a millisecond.
fn ms(took: std::time::Duration) -> u128 {
    took.as_millis() / 10 * 10
}

/// What was heard, a line each. One test fills it.
static HEARD: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Picks the first candidate and writes down what it hears.
#[derive(Debug)]
struct Listener;

impl Strategy for Listener {
    fn pick(&mut self, _: &Ask<'_>, view: &View<'_>, _: &KeyedRng) -> Option<DeploymentIndex> {
        view.candidates.first().copied()
    }

    fn learn(&mut self, lesson: &Lesson<'_>) {
        let what = match lesson.what {
            Learned::Started => "started".to_owned(),
            Learned::FirstToken { ttft } => format!("first token after {} ms", ms(ttft)),
            Learned::Succeeded(success) => {
                let ttft = success.ttft.map_or(0, ms);
                format!("succeeded after {} ms, {ttft} ms", ms(success.elapsed))
            }
            Learned::Failed { elapsed, .. } => format!("failed after {} ms", ms(elapsed)),
            Learned::Abandoned => "abandoned".to_owned(),
        };
        let mut heard = HEARD.lock().unwrap_or_else(PoisonError::into_inner);
        heard.push(format!("{} {what}", lesson.deployment.get()));
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_token_is_told_when_it_comes_and_a_failure_with_its_time() {
    let lab = Lab::new();
    let late = std::time::Duration::from_millis(700);
    let slow = [vec![role(), Step::Wait(late), word("a")], vec![Step::Wait(late)], end()].concat();
    let breaks = Act::Stream(vec![role(), Step::Wait(late), Step::Cut]);
    lab.upstream("first", &[breaks]).upstream("second", &[Act::Stream(slow)]);
    let mut config = priority(&["first", "second"]);
    let row = find("priority").expect("a row");
    config.router.routing_strategy = Entry { build: |_| Ok(Box::new(Listener)), ..*row };
    lab.gateway(config);
    assert_eq!(lab.chat(STREAM).await.words(), "a");
    let heard = HEARD.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert_eq!(
        heard,
        [
            "0 started",
            "0 failed after 700 ms",
            "1 started",
            "1 first token after 700 ms",
            "1 succeeded after 1400 ms, 700 ms",
        ]
    );
}
