//! Names that nobody has to bind.

use crate::notebook::Home;

/// Whether a notebook finds the name without binding it.
pub fn is_defined(name: &str, home: Home) -> bool {
    PYTHON.binary_search(&name).is_ok()
        || is_history(name)
        || IPYTHON.contains(&name)
        || PYTHON_2.contains(&name)
        // marimo has the path of the notebook there, as a script has.
        || (home == Home::Marimo && name == "__file__")
        || is_of_platform(name, home)
}

/// Whether what runs the notebook gives it the name, and to no module.
pub fn is_of_platform(name: &str, home: Home) -> bool {
    SPARK.contains(&name)
        || is_of_deepnote(name)
        || match home {
            Home::Jupyter | Home::Colab | Home::Marimo => false,
            Home::Databricks => DATABRICKS.contains(&name),
            Home::Knitr => matches!(name, "r" | "R" | "ojs_define"),
            Home::Quarto => name == "ojs_define",
        }
}

/// What Deepnote injects. It writes its SQL cells as calls of them, and nothing else in the file says that it runs there.
fn is_of_deepnote(name: &str) -> bool {
    name == "_dntk" || name.starts_with("_deepnote_")
}

/// What Databricks has for modules that want what it gives to notebooks.
pub const DATABRICKS_RUNTIME: &str = "databricks.sdk.runtime";

/// Whether a module can import the name from [`DATABRICKS_RUNTIME`].
pub fn is_of_databricks_runtime(name: &str) -> bool {
    matches!(
        name,
        "dbutils"
            | "display"
            | "displayHTML"
            | "getArgument"
            | "sc"
            | "spark"
            | "sql"
            | "sqlContext"
            | "table"
            | "udf"
    )
}

/// Whether Python itself has the name, in a module as in a notebook.
pub fn is_python(name: &str) -> bool {
    PYTHON.binary_search(&name).is_ok()
}

/// Whether the name is one of IPython's history: `_`, `__`, `_3`, `_i3`, `In`, `Out`, `_ih` …
/// What they mean depends on what was run before, so code that reads them cannot be moved.
pub fn is_history(name: &str) -> bool {
    if matches!(
        name,
        "_" | "__" | "___" | "_i" | "_ii" | "_iii" | "_ih" | "_oh" | "_dh" | "In" | "Out"
    ) {
        return true;
    }
    let digits = name
        .strip_prefix("_i")
        .or_else(|| name.strip_prefix('_'))
        .unwrap_or_default();
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// The names of Python's `builtins` module up to 3.14, and those every module has. Sorted.
const PYTHON: &[&str] = &[
    "ArithmeticError",
    "AssertionError",
    "AttributeError",
    "BaseException",
    "BaseExceptionGroup",
    "BlockingIOError",
    "BrokenPipeError",
    "BufferError",
    "BytesWarning",
    "ChildProcessError",
    "ConnectionAbortedError",
    "ConnectionError",
    "ConnectionRefusedError",
    "ConnectionResetError",
    "DeprecationWarning",
    "EOFError",
    "Ellipsis",
    "EncodingWarning",
    "EnvironmentError",
    "Exception",
    "ExceptionGroup",
    "False",
    "FileExistsError",
    "FileNotFoundError",
    "FloatingPointError",
    "FutureWarning",
    "GeneratorExit",
    "IOError",
    "ImportError",
    "ImportWarning",
    "IndentationError",
    "IndexError",
    "InterruptedError",
    "IsADirectoryError",
    "KeyError",
    "KeyboardInterrupt",
    "LookupError",
    "MemoryError",
    "ModuleNotFoundError",
    "NameError",
    "None",
    "NotADirectoryError",
    "NotImplemented",
    "NotImplementedError",
    "OSError",
    "OverflowError",
    "PendingDeprecationWarning",
    "PermissionError",
    "ProcessLookupError",
    "PythonFinalizationError",
    "RecursionError",
    "ReferenceError",
    "ResourceWarning",
    "RuntimeError",
    "RuntimeWarning",
    "StopAsyncIteration",
    "StopIteration",
    "SyntaxError",
    "SyntaxWarning",
    "SystemError",
    "SystemExit",
    "TabError",
    "TimeoutError",
    "True",
    "TypeError",
    "UnboundLocalError",
    "UnicodeDecodeError",
    "UnicodeEncodeError",
    "UnicodeError",
    "UnicodeTranslateError",
    "UnicodeWarning",
    "UserWarning",
    "ValueError",
    "Warning",
    "WindowsError",
    "ZeroDivisionError",
    "__annotations__",
    "__build_class__",
    "__builtins__",
    "__debug__",
    "__doc__",
    "__import__",
    "__loader__",
    "__name__",
    "__package__",
    "__spec__",
    "abs",
    "aiter",
    "all",
    "anext",
    "any",
    "ascii",
    "bin",
    "bool",
    "breakpoint",
    "bytearray",
    "bytes",
    "callable",
    "chr",
    "classmethod",
    "compile",
    "complex",
    "copyright",
    "credits",
    "delattr",
    "dict",
    "dir",
    "divmod",
    "enumerate",
    "eval",
    "exec",
    "exit",
    "filter",
    "float",
    "format",
    "frozenset",
    "getattr",
    "globals",
    "hasattr",
    "hash",
    "help",
    "hex",
    "id",
    "input",
    "int",
    "isinstance",
    "issubclass",
    "iter",
    "len",
    "license",
    "list",
    "locals",
    "map",
    "max",
    "memoryview",
    "min",
    "next",
    "object",
    "oct",
    "open",
    "ord",
    "pow",
    "print",
    "property",
    "quit",
    "range",
    "repr",
    "reversed",
    "round",
    "set",
    "setattr",
    "slice",
    "sorted",
    "staticmethod",
    "str",
    "sum",
    "super",
    "tuple",
    "type",
    "vars",
    "zip",
];

/// What IPython puts into a notebook's namespace or into `builtins`.
const IPYTHON: &[&str] = &[
    "__IPYTHON__",
    "__builtin__",
    "__session__",
    "__vsc_ipynb_file__",
    "_exit_code",
    "display",
    "get_ipython",
];

/// What kernels of the Spark family inject. Any Jupyter may be connected to one, so a missing
/// `spark` is never reported.
const SPARK: &[&str] = &[
    "dbutils",
    "mssparkutils",
    "notebookutils",
    "sc",
    "spark",
    "sqlContext",
];

/// What Databricks injects besides.
const DATABRICKS: &[&str] = &[
    "_sqldf",
    "displayHTML",
    "getArgument",
    "sql",
    "table",
    "udf",
    "dlt",
];

/// Builtins of Python 2. A notebook that uses them was written for a kernel that has them;
/// that it is old is not hidden state.
const PYTHON_2: &[&str] = &[
    "apply",
    "basestring",
    "buffer",
    "cmp",
    "coerce",
    "execfile",
    "file",
    "intern",
    "long",
    "raw_input",
    "reduce",
    "reload",
    "unichr",
    "unicode",
    "xrange",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(PYTHON.is_sorted());
    }

    #[test]
    fn history_names_are_told_from_private_ones() {
        for name in ["_", "__", "_3", "_i12", "Out"] {
            assert!(is_history(name), "{name}");
        }
        for name in ["_x", "_i", "_3a", "Output"] {
            assert_eq!(is_history(name), name == "_i", "{name}");
        }
    }

    #[test]
    fn homes_inject_their_own() {
        assert!(is_defined("displayHTML", Home::Databricks));
        assert!(!is_defined("displayHTML", Home::Jupyter));
        assert!(is_defined("spark", Home::Jupyter));
        assert!(!is_defined("np", Home::Databricks));
        assert!(is_defined("__file__", Home::Marimo));
        assert!(!is_defined("__file__", Home::Jupyter));
        assert!(is_defined("_deepnote_execute_sql", Home::Jupyter));
        assert!(is_defined("ojs_define", Home::Quarto));
        assert!(!is_defined("ojs_define", Home::Colab));
    }
}
