//! A set of tasks counts those under way, and nothing else.

use tokio::sync::oneshot;
use world::Tasks;

#[tokio::test]
async fn an_ended_task_gives_its_room_back_unasked() {
    let mut tasks = Tasks::new(1);
    let (end, ended) = oneshot::channel::<()>();
    assert!(tasks.spawn(async {
        let _ = ended.await;
    }));
    assert!(tasks.room().is_none(), "one task is under way");
    assert!(!tasks.spawn(async { unreachable!("a full set starts nothing") }));
    drop(end);
    tokio::task::yield_now().await;
    assert!(tasks.room().is_some());
    assert!(tasks.spawn(async {}));
}
