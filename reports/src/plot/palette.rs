//! Colours by role. Each role has a hex value of its own, which is also its name when the SVG is
//! themed for the page.

use plotters::style::RGBColor;

/// Text and axes.
pub(super) const INK: RGBColor = RGBColor(0x1b, 0x1f, 0x24);
/// Secondary text.
pub(super) const FAINT: RGBColor = RGBColor(0x5b, 0x64, 0x70);
/// Grid lines.
pub(super) const GRID: RGBColor = RGBColor(0xd9, 0xde, 0xe4);
/// Fault windows: not red, which is the colour of what was lost.
pub(super) const FAULT: RGBColor = RGBColor(0x8a, 0x5a, 0x00);
/// Failed requests.
pub(super) const FAILED: RGBColor = RGBColor(0xc4, 0x28, 0x1b);
/// Warm-up.
pub(super) const WARMUP: RGBColor = RGBColor(0x8a, 0x94, 0xa1);
/// Offered requests.
pub(super) const OFFERED: RGBColor = RGBColor(0x3a, 0x42, 0x4d);
/// Good requests: no deployment has this colour.
pub(super) const GOOD: RGBColor = RGBColor(0x6a, 0x51, 0xa3);

/// Okabe and Ito's colours, the most different ones first; contenders use them in order.
pub(super) const SERIES: [RGBColor; 7] = [
    RGBColor(0x00, 0x72, 0xb2),
    RGBColor(0xd5, 0x5e, 0x00),
    RGBColor(0x00, 0x9e, 0x73),
    RGBColor(0xcc, 0x79, 0xa7),
    RGBColor(0xe6, 0x9f, 0x00),
    RGBColor(0x56, 0xb4, 0xe9),
    RGBColor(0x66, 0x66, 0x66),
];

/// The colour of the n-th series; after seven they repeat, with another dash.
pub(super) fn series(n: usize) -> RGBColor {
    SERIES[n % SERIES.len()]
}

/// Role, literal colour, and its value in dark.
const ROLES: [(&str, RGBColor, &str); 15] = [
    ("ink", INK, "#e8eaed"),
    ("faint", FAINT, "#a3acb8"),
    ("grid", GRID, "#343b45"),
    ("fault", FAULT, "#e8b85c"),
    ("failed", FAILED, "#ff6a55"),
    ("warmup", WARMUP, "#77828f"),
    ("offered", OFFERED, "#c3cad3"),
    ("good", GOOD, "#b6a4f0"),
    ("s1", SERIES[0], "#4ba3dd"),
    ("s2", SERIES[1], "#f08a3c"),
    ("s3", SERIES[2], "#2fc79b"),
    ("s4", SERIES[3], "#e29bc4"),
    ("s5", SERIES[4], "#f2b632"),
    ("s6", SERIES[5], "#8fd0f5"),
    ("s7", SERIES[6], "#a0a0a0"),
];

/// CSS declarations of all roles, for light and for dark.
pub(crate) fn variables() -> (String, String) {
    let light = ROLES.iter().map(|(role, colour, _)| format!("--{role}:{};", hex(*colour)));
    let dark = ROLES.iter().map(|(role, _, dark)| format!("--{role}:{dark};"));
    (light.collect(), dark.collect())
}

/// Replaces literal colours by their variables.
pub(super) fn themed(svg: &str) -> String {
    ROLES.iter().fold(svg.to_owned(), |svg, (role, colour, _)| {
        let literal = hex(*colour);
        svg.replace(&literal, &format!("var(--{role})"))
    })
}

/// As plotters writes it.
fn hex(RGBColor(r, g, b): RGBColor) -> String {
    format!("#{r:02X}{g:02X}{b:02X}")
}
