//! A gateway takes on another config while it serves: connections and open requests live on.

use std::sync::Arc;
use std::time::Duration;

use crate::support::*;

#[tokio::test(start_paused = true)]
async fn open_requests_end_by_the_old_config_and_later_ones_follow_the_new() {
    let lab = Lab::new();
    lab.upstream("old", &[stream(50)]).upstream("new", &[stream(1)]);
    let gateway = lab.reloadable(priority(&["old"]));
    let open = tokio::spawn({
        let lab = lab.clone();
        async move { lab.chat(STREAM).await }
    });
    tokio::time::sleep(Duration::from_millis(60)).await;
    gateway.reload(Arc::new(priority(&["new"]))).expect("a config that works");
    let later = lab.chat(STREAM).await;
    let open = open.await.expect("answered");
    assert_eq!((open.status, later.status), (200, 200));
    assert!(open.done() && !open.broken, "the open stream ended in order");
    assert_eq!(lab.hosts(), ["old", "new"]);
    let told = lab.decided();
    assert!(told.iter().any(|line| line.contains("reload")), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn a_config_that_cannot_work_changes_nothing() {
    let lab = Lab::new();
    lab.upstream("old", &[stream(1)]);
    let gateway = lab.reloadable(priority(&["old"]));
    let mut broken = config("latency-based-routing", vec![deployment("new")]);
    broken.router.routing_strategy_args = serde_json::json!({"ttl": "soon"});
    assert!(gateway.reload(Arc::new(broken)).is_err());
    assert_eq!(lab.chat(STREAM).await.status, 200);
    assert_eq!(lab.hosts(), ["old"]);
}
