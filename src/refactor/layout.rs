//! Writes functions and calls as `ruff format` would lay them out.

use ruff_python_ast::name::Name;

use crate::analysis::source::long_strings;
use crate::refactor::function::interface::Interface;

/// Formatters' default.
pub const WIDTH: usize = 88;
const INDENT: &str = "    ";

/// A function with `body` as its body, without a line break at its end.
pub fn function(
    name: &str,
    is_async: bool,
    interface: &Interface,
    body: &str,
    newline: &str,
) -> String {
    let keyword = if is_async { "async def" } else { "def" };
    let indent = indent_of(body);
    let mut lines = bracketed(&format!("{keyword} {name}"), &interface.parameters, ":", "");
    lines.push(indented(body, indent));
    if !interface.returns.is_empty() {
        // A body in paragraphs gets its return as one.
        if has_blank_line(body) {
            lines.push(String::new());
        }
        lines.extend(returns(&interface.returns, indent));
    }
    lines.join(newline)
}

/// The statement that calls the function.
pub fn call(name: &str, is_async: bool, interface: &Interface, newline: &str) -> String {
    call_at("", name, is_async, interface, newline)
}

/// The same, where each line begins with `indent`.
pub fn call_at(
    indent: &str,
    name: &str,
    is_async: bool,
    interface: &Interface,
    newline: &str,
) -> String {
    let waits = if is_async { "await " } else { "" };
    let targets = match &interface.returns[..] {
        [] => String::new(),
        names => format!("{} = ", join(names)),
    };
    let head = format!("{targets}{waits}{name}");
    if columns(indent) + columns(&head) < WIDTH {
        return bracketed(&head, &interface.parameters, "", indent).join(newline);
    }
    let mut lines = vec![format!("{indent}(")];
    let returns = interface.returns.iter();
    lines.extend(returns.map(|name| format!("{indent}{INDENT}{name},")));
    lines.extend(bracketed(
        &format!(") = {waits}{name}"),
        &interface.parameters,
        "",
        indent,
    ));
    lines.join(newline)
}

/// The statement that returns what the function returns.
pub fn return_call(
    indent: &str,
    name: &str,
    is_async: bool,
    parameters: &[Name],
    newline: &str,
) -> String {
    let waits = if is_async { "await " } else { "" };
    bracketed(&format!("return {waits}{name}"), parameters, "", indent).join(newline)
}

/// `head(a, b)tail`, on as many lines as it needs.
fn bracketed(head: &str, names: &[Name], tail: &str, indent: &str) -> Vec<String> {
    let inner = join(names);
    let one = format!("{indent}{head}({inner}){tail}");
    if columns(&one) <= WIDTH || names.is_empty() {
        return vec![one];
    }
    let mut lines = vec![format!("{indent}{head}(")];
    let middle = format!("{indent}{INDENT}{inner}");
    if columns(&middle) <= WIDTH {
        lines.push(middle);
    } else {
        lines.extend(names.iter().map(|name| format!("{indent}{INDENT}{name},")));
    }
    lines.push(format!("{indent}){tail}"));
    lines
}

fn returns(names: &[Name], indent: &str) -> Vec<String> {
    let one = format!("{indent}return {}", join(names));
    if columns(&one) <= WIDTH || names.len() == 1 {
        return vec![one];
    }
    let mut lines = vec![format!("{indent}return (")];
    lines.extend(names.iter().map(|name| format!("{indent}{indent}{name},")));
    lines.push(format!("{indent})"));
    lines
}

/// The code one level deeper. Lines that begin within a string are its text and stay as they are.
pub fn indented(code: &str, indent: &str) -> String {
    let strings = long_strings(code);
    let mut result = String::with_capacity(code.len() + 256);
    let mut at = 0;
    for line in lines(code) {
        let in_string = strings
            .iter()
            .any(|string| string.start().to_usize() < at && at < string.end().to_usize());
        let content = line.trim_end_matches(['\n', '\r']);
        if in_string {
            result.push_str(line);
        } else if content.trim().is_empty() {
            result.push_str(&line[content.len()..]);
        } else {
            result.push_str(indent);
            result.push_str(line);
        }
        at += line.len();
    }
    result
}

/// The lines of a text with their line breaks, of whatever kind.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = rest.find(['\n', '\r']).map_or(rest.len(), |found| {
            found
                + if rest[found..].starts_with("\r\n") {
                    2
                } else {
                    1
                }
        });
        let (line, after) = rest.split_at(end);
        rest = after;
        Some(line)
    })
}

/// A cell that is indented with tabs goes on with tabs.
fn indent_of(body: &str) -> &'static str {
    let indented = || body.lines().filter(|line| line.starts_with([' ', '\t']));
    if indented().next().is_some() && indented().all(|line| line.starts_with('\t')) {
        "\t"
    } else {
        INDENT
    }
}

fn has_blank_line(body: &str) -> bool {
    body.lines().any(|line| line.trim().is_empty())
}

fn join(names: &[Name]) -> String {
    let names: Vec<&str> = names.iter().map(Name::as_str).collect();
    names.join(", ")
}

pub fn columns(text: &str) -> usize {
    unicode_width::UnicodeWidthStr::width(text)
}
