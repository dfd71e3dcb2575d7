//! A terminal's output as a picture: one `<text>` a line, one `<tspan>` a colour.

use std::fmt::Write as _;

/// Pixels from one line to the next, and the width of one character of the font below.
const LINE: usize = 19;
const CHARACTER: f32 = 7.83;
const MARGIN: usize = 20;
/// The columns of the terminal. More would be too small to read on a page.
const COLUMNS: usize = 104;
/// The row with the three dots of a window.
const TOP: usize = 44;

/// What a terminal with a dark ground shows for the output of `command`. Only the codes that
/// `cellwise` prints are known: bold, faint, the sixteen colours, and back.
pub fn of_terminal(command: &str, output: &str) -> String {
    let prompt = format!("\u{1b}[2m$\u{1b}[0m \u{1b}[1m{command}\u{1b}[0m");
    let lines: Vec<&str> = std::iter::once(prompt.as_str())
        .chain(output.trim_end().lines())
        .flat_map(wrapped)
        .collect();
    let longest = lines.iter().map(|line| plain(line).chars().count()).max();
    let width = 2 * MARGIN + (longest.unwrap_or(0) as f32 * CHARACTER) as usize;
    let height = TOP + lines.len() * LINE + MARGIN / 2;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" xml:space=\"preserve\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n\
         <style>text {{ font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: #d8dee9; white-space: pre }}</style>\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"#1e222a\"/>\n"
    );
    for (at, colour) in ["#e06c75", "#e5c07b", "#98c379"].iter().enumerate() {
        let x = MARGIN + at * 18;
        let _ = writeln!(
            svg,
            "<circle cx=\"{x}\" cy=\"20\" r=\"5\" fill=\"{colour}\"/>"
        );
    }
    for (number, line) in lines.iter().enumerate() {
        let y = TOP + number * LINE + 12;
        let _ = writeln!(svg, "<text x=\"{MARGIN}\" y=\"{y}\">{}</text>", spans(line));
    }
    svg + "</svg>\n"
}

/// The line in parts that fit, cut between words. What is long is plain text, so no colour is cut.
fn wrapped(line: &str) -> Vec<&str> {
    let (mut parts, mut start, mut column, mut space) = (Vec::new(), 0, 0, None);
    let mut in_code = false;
    for (at, character) in line.char_indices() {
        match character {
            '\u{1b}' => in_code = true,
            'm' if in_code => in_code = false,
            _ if in_code => {}
            _ => {
                column += 1;
                if character == ' ' {
                    space = Some((at, column));
                }
            }
        }
        if column > COLUMNS
            && let Some((end, width)) = space.take()
        {
            parts.push(&line[start..end]);
            start = end + 1;
            column -= width;
        }
    }
    parts.push(&line[start..]);
    parts
}

/// The text without its codes.
pub fn plain(text: &str) -> String {
    pieces(text).map(|(_, piece)| piece).collect()
}

fn spans(line: &str) -> String {
    let mut style = String::new();
    let mut spans = String::new();
    for (codes, piece) in pieces(line) {
        for code in codes {
            match code {
                0 => style.clear(),
                1 => style.push_str(" font-weight=\"bold\""),
                2 => style.push_str(" fill-opacity=\"0.55\""),
                30..=37 | 90..=97 => {
                    let _ = write!(style, " fill=\"{}\"", colour(code));
                }
                _ => {}
            }
        }
        let piece = piece.replace('&', "&amp;").replace('<', "&lt;");
        if piece.is_empty() {
            continue;
        }
        if style.is_empty() {
            spans.push_str(&piece);
        } else {
            let _ = write!(spans, "<tspan{style}>{piece}</tspan>");
        }
    }
    spans
}

/// The codes in front of each piece, and the piece.
fn pieces(text: &str) -> impl Iterator<Item = (Vec<u8>, &str)> {
    text.split("\u{1b}[").enumerate().map(|(at, part)| {
        if at == 0 {
            return (Vec::new(), part);
        }
        let (codes, piece) = part.split_once('m').unwrap_or(("", part));
        let codes = codes.split(';').map(|code| code.parse().unwrap_or(0));
        (codes.collect(), piece)
    })
}

fn colour(code: u8) -> &'static str {
    match code % 10 {
        1 => "#e06c75",
        2 => "#98c379",
        3 => "#e5c07b",
        4 => "#61afef",
        5 => "#c678dd",
        6 => "#56b6c2",
        _ => "#abb2bf",
    }
}
