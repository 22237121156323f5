//! The chart of the page: in each case how long every library takes, with bulla's time as the measure.

use std::fmt::Write as _;

use crate::program::{COLUMNS, FLOOR};
use crate::row::Row;

/// What is shown: the beginning of a case's name, its side, and how the chart calls it.
const SHOWN: [(&str, &str, &str); 10] = [
    ("full 1.3, X25519MLKEM768, ECDSA P-256", "server", "full handshake, post-quantum, server"),
    ("full 1.3, X25519MLKEM768, ECDSA P-256", "client", "full handshake, post-quantum, client"),
    ("full 1.3, X25519, ECDSA P-256", "server", "full handshake, X25519, server"),
    ("full 1.3, X25519, ECDSA P-256", "client", "full handshake, X25519, client"),
    ("resumed 1.3, X25519,", "server", "resumed handshake, server"),
    ("resumed 1.3, X25519,", "client", "resumed handshake, client"),
    ("resumed 1.2, ticket", "server", "resumed handshake of TLS 1.2, server"),
    ("AES-128-GCM, 64 KiB writes", "seal", "64 KiB sealed"),
    ("AES-128-GCM, 64 KiB writes", "open", "64 KiB opened"),
    ("AES-128-GCM, 100 writes of 64 B", "seal", "small writes sealed"),
];

/// One colour for each library; the floor is a line.
const COLOURS: [&str; 4] = ["#0b6e4f", "#c8793a", "#7a86b8", "#a8a8a8"];

const LEFT: f64 = 270.0;
/// Pixels for bulla's own time.
const SCALE: f64 = 150.0;
const BAR: f64 = 11.0;
const GAP: f64 = 14.0;
/// Longer bars are cut, and say their number.
const MOST: f64 = 3.2;

/// The whole picture.
pub(crate) fn svg(rows: &[Row]) -> String {
    let groups: Vec<(&str, &Row)> = SHOWN
        .iter()
        .filter_map(|(case, side, title)| {
            let row =
                rows.iter().find(|row| row.unit == "us" && row.side == *side && row.case.starts_with(case));
            row.map(|row| (*title, row))
        })
        .collect();
    let mut body = String::new();
    let mut y = 64.0;
    for (title, row) in &groups {
        y = group(&mut body, title, row, y);
    }
    let (width, height) = (LEFT + SCALE * MOST + 70.0, y + 10.0);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{}{}{body}</svg>\n",
        legend(),
        guide(height)
    )
}

/// The names beside their colours, and what the bars mean.
fn legend() -> String {
    let mut text = String::from(
        "<text x=\"16\" y=\"22\" font-size=\"15\" font-weight=\"bold\">Time needed, bulla = 1 (shorter is faster)</text>\n",
    );
    let mut x = 16.0;
    for (column, colour) in COLUMNS.iter().zip(COLOURS) {
        let _ = writeln!(
            text,
            "<rect x=\"{x:.0}\" y=\"34\" width=\"11\" height=\"11\" fill=\"{colour}\"/><text x=\"{:.0}\" y=\"44\">{}</text>",
            x + 16.0,
            column.title
        );
        x += 95.0;
    }
    let _ = writeln!(
        text,
        "<line x1=\"{:.0}\" x2=\"{:.0}\" y1=\"32\" y2=\"47\" stroke=\"#b00020\" stroke-width=\"2\"/>\
         <text x=\"{:.0}\" y=\"44\">floor: the bare cryptography</text>",
        x + 5.0,
        x + 5.0,
        x + 14.0
    );
    text
}

/// A line where bulla's bars end.
fn guide(height: f64) -> String {
    let x = LEFT + SCALE;
    format!("<line x1=\"{x:.0}\" x2=\"{x:.0}\" y1=\"58\" y2=\"{:.0}\" stroke=\"#dddddd\"/>\n", height - 10.0)
}

/// The bars of one case below each other; gives where the next case begins.
fn group(body: &mut String, title: &str, row: &Row, top: f64) -> f64 {
    let ratios = row.over_bulla();
    let mut y = top;
    for (colour, ratio) in COLOURS.iter().zip(ratios) {
        let Some(ratio) = ratio else { continue };
        let length = ratio.min(MOST) * SCALE;
        let _ = writeln!(
            body,
            "<rect x=\"{LEFT}\" y=\"{y:.1}\" width=\"{length:.1}\" height=\"{BAR}\" fill=\"{colour}\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" font-size=\"10\">{ratio:.2}</text>",
            LEFT + length + 4.0,
            y + BAR - 2.0
        );
        y += BAR + 1.0;
    }
    if let Some(floor) = ratios[FLOOR] {
        let x = LEFT + floor * SCALE;
        let _ = writeln!(
            body,
            "<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{:.1}\" y2=\"{:.1}\" stroke=\"#b00020\" stroke-width=\"2\"/>",
            top - 2.0,
            y + 1.0
        );
    }
    let middle = f64::midpoint(top, y) + 4.0;
    let _ =
        writeln!(body, "<text x=\"{:.0}\" y=\"{middle:.1}\" text-anchor=\"end\">{title}</text>", LEFT - 10.0);
    y + GAP
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::Cell;

    #[test]
    fn every_library_has_a_bar_and_the_floor_a_line() {
        let mut row = Row::new("full 1.3, X25519, ECDSA P-256", "server", "us");
        for (column, median) in [100.0, 110.0, 150.0, 250.0, 95.0].into_iter().enumerate() {
            row.put(column, Some(Cell::exactly(median)));
        }
        let svg = svg(&[row]);
        for ratio in ["1.00", "1.10", "1.50", "2.50"] {
            assert_eq!(svg.matches(&format!(">{ratio}</text>")).count(), 1, "{ratio}");
        }
        for colour in COLOURS {
            assert_eq!(svg.matches(colour).count(), 2, "{colour}: in the legend and as a bar");
        }
        assert!(svg.contains("full handshake, X25519, server") && svg.ends_with("</svg>\n"));
    }

    #[test]
    fn what_is_shown_is_measured() {
        let names: Vec<String> = crate::plan::cases().iter().map(crate::plan::Case::name).collect();
        for (case, ..) in SHOWN {
            assert!(names.iter().any(|name| name.starts_with(case)), "{case}");
        }
    }
}
