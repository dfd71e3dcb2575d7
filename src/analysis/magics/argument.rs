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

/// What `%debug` runs: `-b steps.py:3 f(x)` → `f(x)`.
pub(super) fn after_breakpoint(argument: &str) -> &str {
    let words = argument.trim_start();
    let Some(rest) = ["--breakpoint", "-b"]
        .iter()
        .find_map(|option| words.strip_prefix(option))
    else {
        return after_options(argument);
    };
    let rest = rest.trim_start_matches(['=', ' ', '\t']);
    let place = rest.find(char::is_whitespace).unwrap_or(rest.len());
    rest[place..].trim_start()
}

/// The names after an option: `-o a -o b,c` → `a b c`. The value may stand close behind the letter of a short one (`-ox`),
/// and behind `=`.
pub(super) fn option_values<'l>(argument: &'l str, option: &str) -> Vec<&'l str> {
    let mut values = Vec::new();
    let mut words = argument.split_whitespace();
    while let Some(word) = words.next() {
        let value = if word == option {
            words.next()
        } else {
            let is_short = option.len() == 2;
            word.strip_prefix(option).and_then(|rest| {
                let behind = rest.strip_prefix('=');
                behind.or_else(|| is_short.then_some(rest))
            })
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

/// The first word that is no option: `%%capture --no-stderr out` → `out`.
pub(super) fn first_name(argument: &str) -> Vec<&str> {
    name_behind_options(argument, &[])
}

/// The first word that is neither an option nor the value of one of those in `valued`:
/// `%%bigquery --project mine df` → `df`.
pub(super) fn name_behind_options<'l>(argument: &'l str, valued: &[&str]) -> Vec<&'l str> {
    let mut words = words(argument);
    while let Some(word) = words.next() {
        if !word.starts_with('-') {
            return Vec::from_iter(is_name(word).then_some(word));
        }
        if valued.contains(&word) {
            words.next();
        }
    }
    Vec::new()
}

/// The words of a line. What stands in quotes or brackets is not parted: `--params {"a": 1}`.
fn words(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = line;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        let (mut depth, mut quote) = (0_u32, None);
        let end = rest.find(|c: char| {
            match (quote, c) {
                (Some(open), _) if open == c => quote = None,
                (Some(_), _) => {}
                (None, '"' | '\'') => quote = Some(c),
                (None, '{' | '[' | '(') => depth += 1,
                (None, '}' | ']' | ')') => depth = depth.saturating_sub(1),
                (None, _) => return depth == 0 && c.is_whitespace(),
            }
            false
        });
        let (word, behind) = rest.split_at(end.unwrap_or(rest.len()));
        rest = behind;
        (!word.is_empty()).then_some(word)
    })
}

/// What `%aimport a.b, c as d, -e` binds: `a d`.
pub(super) fn imported_names(argument: &str) -> Vec<&str> {
    let modules = argument.split(',').map(str::trim);
    let names = modules.map(|module| match module.split_once(" as ") {
        Some((_, alias)) => alias.trim(),
        None => module.split('.').next().unwrap_or_default(),
    });
    names.filter(|name| is_name(name)).collect()
}

/// `files` in `%sc -l files = ls`.
pub(super) fn captured_name(argument: &str) -> Vec<&str> {
    let target = argument.split_once('=').map(|(target, _)| target);
    let name = target.and_then(|target| target.split_whitespace().last());
    name.filter(|name| is_name(name)).into_iter().collect()
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

/// The same at the start of the lines below `%%sql connection`.
pub(super) fn sql_target_below(body: &str) -> Vec<&str> {
    let (before, _) = body.split_once("<<").unwrap_or_default();
    let name = before.trim().trim_end_matches('=').trim_end();
    Vec::from_iter(is_name(name).then_some(name))
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

    #[test]
    fn values_of_options_are_no_names() {
        let valued = ["--project", "--params"];
        let of = |argument| name_behind_options(argument, &valued);
        assert_eq!(of("--project mine --dry_run df"), ["df"]);
        assert_eq!(of("--params {\"a b\": [1, 2]} df"), ["df"]);
        assert_eq!(of("--project=mine df --verbose"), ["df"]);
        assert_eq!(of("--project mine"), [""; 0]);
        assert_eq!(option_values("-oa --output b -o=c", "-o"), ["a", "c"]);
        assert_eq!(option_values("--output b", "--out"), [""; 0]);
    }
}
