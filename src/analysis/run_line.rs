//! What stands behind `%run`: options, a file, and what is passed on to it; and the path of `dbutils.notebook.run`.

/// The argument of a `%run` line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunLine<'a> {
    /// The file, without quotes, as it is written; `None` where a module is run (`-m`), or nothing.
    pub target: Option<&'a str>,
    /// Whether it is run as it is: not timed, profiled or debugged.
    pub only_runs: bool,
    /// Whether there are options before the file. `-i` lets it read the notebook's names.
    pub has_options: bool,
    /// What is passed on, without blanks around.
    pub arguments: &'a str,
}

impl<'a> RunLine<'a> {
    pub fn new(argument: &'a str) -> Self {
        let mut line = Self {
            target: None,
            only_runs: true,
            has_options: false,
            arguments: "",
        };
        let mut rest = argument.trim();
        while rest.starts_with('-') {
            let (option, after) = word(rest);
            line.has_options = true;
            if option.starts_with("-m") {
                return line;
            }
            let measures = ["-t", "-p", "-d", "-N", "-b"];
            line.only_runs &= !measures.iter().any(|own| option.starts_with(own));
            rest = after;
        }
        let (target, arguments) = word(rest);
        line.target = (!target.is_empty()).then_some(target);
        line.arguments = arguments;
        line
    }
}

/// The first word, without its quotes, and what follows it.
fn word(text: &str) -> (&str, &str) {
    if let Some(quote) = text
        .chars()
        .next()
        .filter(|first| matches!(first, '"' | '\''))
        && let Some((inside, rest)) = text[1..].split_once(quote)
    {
        return (inside, rest.trim_start());
    }
    match text.split_once(char::is_whitespace) {
        Some((first, rest)) => (first, rest.trim_start()),
        None => (text, ""),
    }
}

/// The path in `dbutils.notebook.run("./load", 600)`, where it is a plain string.
pub fn path_in_call(call: &str) -> Option<&str> {
    let argument = call.split_once('(')?.1.trim_start();
    let argument = argument.strip_prefix("path").map_or(argument, |rest| {
        rest.trim_start().trim_start_matches('=').trim_start()
    });
    let quote = argument
        .chars()
        .next()
        .filter(|first| matches!(first, '"' | '\''))?;
    argument[1..]
        .split(quote)
        .next()
        .filter(|path| !path.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_stand_before_the_file() {
        let of = |argument| {
            let line = RunLine::new(argument);
            (
                line.target,
                line.only_runs,
                line.has_options,
                line.arguments,
            )
        };
        assert_eq!(of("a.py"), (Some("a.py"), true, false, ""));
        assert_eq!(of("-i 'a b.py' -t 1"), (Some("a b.py"), true, true, "-t 1"));
        assert_eq!(of("-t -N3 a.py"), (Some("a.py"), false, true, ""));
        assert_eq!(of("-m pkg.tool x").0, None);
        assert_eq!(of(""), (None, true, false, ""));
    }
}
