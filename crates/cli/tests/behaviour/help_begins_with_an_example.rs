//! `--help` of every subcommand: an example first, then what there is; nobody reads further down.

use crate::support::Scratch;

/// Every subcommand, as `brownout --help` lists them.
const SUBCOMMANDS: &[&str] = &[
    "run", "gate", "validate", "check", "explain", "init", "gateway", "fakes", "load", "parity",
    "list", "schema",
];

#[test]
fn the_first_page_says_what_there_is() {
    let ran = Scratch::new().run(&["--help"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let listed: Vec<&str> = ran
        .out
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect();
    assert_eq!(listed, SUBCOMMANDS);
    insta::assert_snapshot!("help", ran.out);
}

#[test]
fn every_subcommand_begins_with_an_example() {
    let scratch = Scratch::new();
    for name in SUBCOMMANDS {
        let ran = scratch.run(&[name, "--help"]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{name}");
        let first = ran.out.lines().next().unwrap_or_default();
        assert!(first.starts_with(&format!("Example: brownout {name}")), "{name}: {first}");
        insta::assert_snapshot!(format!("help_of_{name}"), ran.out);
    }
}

#[test]
fn help_fits_an_ordinary_terminal() {
    let scratch = Scratch::new();
    for name in SUBCOMMANDS {
        for line in scratch.run(&[name, "--help"]).out.lines() {
            assert!(line.chars().count() <= 100, "{name}: {line}");
        }
    }
}
