#[test]
fn zz() {
    for (n, s) in [("report", reports::report::schema()), ("series", reports::seeds::schema())] {
        std::fs::write(
            format!("/work/main/reports/{n}.schema.json"),
            serde_json::to_string_pretty(&s).unwrap() + "\n",
        )
        .unwrap();
    }
    let dir = std::path::Path::new("/tmp/demo-run");
    let _ = std::fs::remove_dir_all(dir);
    std::fs::create_dir_all(dir.join("plots")).unwrap();
    crate::support::brownout::run().write(dir);
    let a = reports::analyse(dir).unwrap();
    for f in reports::render(&a) {
        std::fs::write(dir.join(&f.name), &f.bytes).unwrap();
    }
}
