//! What stands in a magic's line: options, values, names.

pub fn is_name(word: &str) -> bool {
    leading_name(word).is_some_and(|name| name.len() == word.len())
}

pub(super) fn leading_name(text: &str) -> Option<&str> {
    let starts = |c: char| c.is_alphabetic() || c == '_';
    if !text.starts_with(starts) {
        return None;
    }
    let end = text
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(text.len());
    Some(&text[..end])
}

/// The argument without the options in front of it: `-n 10 -r3 f(x)` → `f(x)`.
pub(super) fn after_options(argument: &str) -> &str {
    let mut rest = argument.trim_start();
    while let Some(option) = rest.strip_prefix('-') {
        if !option.starts_with(|c: char| c.is_ascii_alphabetic() || c == '-') {
            break;
        }
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let letter = &rest[..end];
        rest = rest[end..].trim_start();
        // `-n 10`: a value stands on its own where the option is one of timeit's, prun's or lprun's.
        if matches!(
            letter,
            "-n" | "-r" | "-p" | "-l" | "-s" | "-T" | "-D" | "-f" | "-t" | "-m" | "-i"
        ) {
            let value_end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            let value = &rest[..value_end];
            if letter == "-f"
                || (letter != "-t"
                    && letter != "-i"
                    && letter != "-m"
                    && value_end < rest.len()
                    && value.bytes().all(|b| b.is_ascii_alphanumeric()))
            {
                rest = rest[value_end..].trim_start();
            }
        }
    }
    rest
}

/// The names after an option: `-o a -o b,c` → `a b c`.
pub(super) fn option_values<'l>(argument: &'l str, option: &str) -> Vec<&'l str> {
    let mut values = Vec::new();
    let mut words = argument.split_whitespace();
    while let Some(word) = words.next() {
        let value = if word == option {
            words.next()
        } else {
            word.strip_prefix(option)
                .map(|rest| rest.strip_prefix('=').unwrap_or(rest))
        };
        values.extend(
            value
                .into_iter()
                .flat_map(|value| value.split(','))
                .filter(|word| is_name(word)),
        );
    }
    values
}

/// The first word that is neither an option nor an option's glue: `%%capture --no-stderr out` → `out`.
pub(super) fn first_name(argument: &str) -> Vec<&str> {
    argument
        .split_whitespace()
        .find(|word| !word.starts_with('-'))
        .filter(|word| is_name(word))
        .into_iter()
        .collect()
}

/// `result << select …` of the sql magic.
pub(super) fn sql_target(argument: &str) -> Vec<&str> {
    argument
        .split_once("<<")
        .and_then(|(before, _)| before.split_whitespace().last())
        .map(|word| word.trim_end_matches('='))
        .filter(|word| is_name(word))
        .into_iter()
        .collect()
}

/// What a cell of Cython defines or imports at its top level.
pub(super) fn compiled_names(body: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for line in body.lines() {
        let mut words = line.split([' ', '(', ':', '=', ',', '\t']);
        match words.next() {
            Some("def" | "cpdef" | "class" | "cdef" | "import" | "cimport" | "from") => {
                let parameters = line.find('(').unwrap_or(line.len());
                names.extend(
                    line[..parameters]
                        .split(|c: char| !c.is_alphanumeric() && c != '_')
                        .skip(1)
                        .filter(|word| is_name(word)),
                );
            }
            Some(word) if is_name(word) && line.contains('=') => names.push(word),
            _ => {}
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_come_before_the_code() {
        assert_eq!(after_options("f(x)"), "f(x)");
        assert_eq!(after_options("-n 10 -r3 f(x)"), "f(x)");
        assert_eq!(after_options("-f func run(1)"), "run(1)");
        assert_eq!(after_options("-1 + x"), "-1 + x");
    }
}
