use super::*;
use crate::project::MemoryProject;
use crate::text::with_replacements;

fn code(text: &str) -> Code {
    let facts = crate::analysis::python::facts(text);
    Code {
        names: facts.bound_names().map(|(name, _)| name.clone()).collect(),
        builtins: Vec::new(),
        text: text.to_owned(),
        is_definition: text.contains("def ") || text.contains("class "),
    }
}

fn imports(text: &str) -> Vec<Import> {
    let facts = crate::analysis::python::facts(text);
    facts.bindings.iter().filter_map(Import::of).collect()
}

fn additions(imported: &str, pieces: &[&str]) -> Additions {
    let code: Vec<Code> = pieces.iter().map(|piece| code(piece)).collect();
    Additions {
        imports: imports(imported),
        exported: code.iter().flat_map(|code| code.names.clone()).collect(),
        code,
    }
}

/// What becomes of a module, with `shop` as the project's own package.
fn extended(text: &str, additions: &Additions) -> Result<String, String> {
    let project = MemoryProject::new("n.ipynb", [("m.py", text), ("shop/__init__.py", "")]);
    let op = write(&project, Path::new("m.py"), additions).map_err(|refusal| refusal.0)?;
    let Some(EditOp::EditFile {
        expected,
        replacements,
        ..
    }) = op
    else {
        return Ok(text.to_owned());
    };
    let mut ranges = replacements.iter().map(|(range, _)| range);
    assert!(
        ranges.all(|range| range.is_empty()),
        "nothing is taken away"
    );
    let after = with_replacements(&expected, &replacements);
    assert!(crate::analysis::python::facts(&after).runs(), "{after}");
    Ok(after)
}

#[track_caller]
fn becomes(before: &str, additions: &Additions, after: &str) {
    assert_eq!(extended(before, additions).as_deref(), Ok(after));
}

#[test]
fn a_new_module_is_what_a_formatter_would_leave() {
    let additions = additions(
        "import numpy as np\nfrom shop import b, A\nimport os\nimport re",
        &[
            "RATE = 2",
            "LIMIT = 3",
            "# Why.\ndef f():\n    return 1",
            "class A:\n    pass",
        ],
    );
    let text = create(&additions, &|module| module == "shop");
    assert_eq!(
        text,
        "import os\nimport re\n\nimport numpy as np\n\nfrom shop import A, b\n\nRATE = 2\nLIMIT = 3\n\n\n\
         # Why.\ndef f():\n    return 1\n\n\nclass A:\n    pass\n"
    );
}

#[test]
fn imports_join_the_block_where_isort_would_have_them() {
    let before = "\"\"\"Prices.\"\"\"\n\nimport os\nfrom pathlib import Path\n\nimport pandas as pd\n\nX = 1\n";
    let new = additions(
        "import re\nimport numpy as np\nfrom pathlib import PurePath\nfrom shop import a",
        &[],
    );
    let after = "\"\"\"Prices.\"\"\"\n\nimport os\nimport re\nfrom pathlib import Path, PurePath\n\nimport numpy as np\nimport pandas as pd\n\nfrom shop import a\n\nX = 1\n";
    becomes(before, &new, after);
}

#[test]
fn a_block_without_sections_gets_none() {
    becomes(
        "import pandas as pd\nimport os\n\nX = 1\n",
        &additions("from shop import a", &[]),
        "import pandas as pd\nimport os\nfrom shop import a\n\nX = 1\n",
    );
}

#[test]
fn lists_in_parentheses_grow_by_a_line() {
    becomes(
        "from shop import (\n    a,\n    c,\n)\n",
        &additions("from shop import b, d", &[]),
        "from shop import (\n    a,\n    b,\n    c,\n    d,\n)\n",
    );
    becomes(
        "from shop import (  # all of it\n    a,\n)\n",
        &additions("from shop import b", &[]),
        "from shop import (  # all of it\n    a,\n)\nfrom shop import b\n",
    );
}

#[test]
fn first_imports_stand_below_what_must_be_first() {
    let new = additions("import os", &["def g():\n    pass"]);
    becomes("", &new, "import os\n\n\ndef g():\n    pass\n");
    becomes(
        "#!/usr/bin/env python\n\n# What f does.\ndef f():\n    pass\n",
        &new,
        "#!/usr/bin/env python\n\nimport os\n\n\n# What f does.\ndef f():\n    pass\n\n\ndef g():\n    pass\n",
    );
    becomes(
        "from __future__ import annotations\n\n\ndef f():\n    pass\n",
        &new,
        "from __future__ import annotations\n\nimport os\n\n\ndef f():\n    pass\n\n\ndef g():\n    pass\n",
    );
}

#[test]
fn what_is_there_is_not_written_again() {
    let text = "import os.path\nimport numpy as np\n\n\n# Its comment.\ndef f():\n    return os\n";
    let new = additions(
        "import os\nimport numpy as np",
        &["def f():\n    return os"],
    );
    becomes(text, &new, text);
}

#[test]
fn every_style_of_file_stays_what_it_is() {
    becomes("X = 1", &additions("", &["Y = 2"]), "X = 1\n\n\nY = 2\n");
    let mixed = "X = 1\nS = \"\"\"a\r\nb\"\"\"\n";
    becomes(
        mixed,
        &additions("", &["Y = 2"]),
        &format!("{mixed}\n\nY = 2\n"),
    );
    becomes(
        "import os\r\n\r\nX = 1\r\n\r\n# the end\r\n",
        &additions("import re", &["def f():\n    pass"]),
        "import os\r\nimport re\r\n\r\nX = 1\r\n\r\n# the end\r\n\r\n\r\ndef f():\r\n    pass\r\n",
    );
}

#[test]
fn scripts_get_definitions_above_their_main_part() {
    becomes(
        "def f():\n    pass\n\n\n# Run it.\nif __name__ == \"__main__\":\n    f()\n",
        &additions("", &["def g():\n    pass"]),
        "def f():\n    pass\n\n\ndef g():\n    pass\n\n\n# Run it.\nif __name__ == \"__main__\":\n    f()\n",
    );
}

#[test]
fn type_checkers_imports_do_not_count() {
    let before = "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import numpy as np\n";
    let after = "from typing import TYPE_CHECKING\n\nimport numpy as np\n\nif TYPE_CHECKING:\n    import numpy as np\n";
    becomes(before, &additions("import numpy as np", &[]), after);
    let tried = "try:\n    import numpy as np\nexcept ImportError:\n    np = None\n";
    becomes(tried, &additions("import numpy as np", &[]), tried);
}

#[test]
fn what_only_some_ways_import_does_not_count() {
    for before in [
        "try:\n    import ujson\nexcept ImportError:\n    import json\n",
        "import sys\n\nif sys.platform == 'win32':\n    import json\n",
    ] {
        let after = extended(before, &additions("import json", &[])).unwrap();
        assert!(after.contains("\nimport json\n") || after.starts_with("import json\n"));
    }
}

#[test]
fn only_what_never_changes_is_shared() {
    for shared in [
        "RATES = (1, -2.5, ('a', None))",
        "DAY = 24 * 60",
        "f = lambda x: x",
        "X: int = 1",
    ] {
        let text = format!("{shared}\n");
        becomes(&text, &additions("", &[shared]), &text);
    }
    for own in [
        "CACHE = {}",
        "X: list = [1]",
        "PAIR = (1, [])",
        "POOL = Pool()",
    ] {
        let reason = extended(&format!("{own}\n"), &additions("", &[own])).unwrap_err();
        assert!(reason.contains("would become one object"), "{reason}");
    }
}

#[test]
fn plain_exports_grow() {
    let new = additions("", &["def g():\n    pass", "def _h():\n    pass"]);
    let tail = "\n\n\ndef g():\n    pass\n\n\ndef _h():\n    pass\n";
    becomes(
        "__all__ = ['f']\nf = 1\n",
        &new,
        &format!("__all__ = ['f', 'g']\nf = 1{tail}"),
    );
    becomes(
        "__all__ = [\n    \"e\",\n    \"f\",\n]\ne = f = 1\n",
        &new,
        &format!("__all__ = [\n    \"e\",\n    \"f\",\n    \"g\",\n]\ne = f = 1{tail}"),
    );
    // A name behind it would make a tuple.
    becomes(
        "__all__ = ['e', ('f')]\ne = f = 1\n",
        &new,
        &format!("__all__ = ['e', ('f')]\ne = f = 1{tail}"),
    );
    becomes(
        "__all__ = ['f']\n__all__ += other\nf = 1\n",
        &new,
        &format!("__all__ = ['f']\n__all__ += other\nf = 1{tail}"),
    );
}

#[test]
fn what_would_change_a_meaning_is_refused() {
    let refused = |text: &str, new: &Additions, why: &str| {
        let reason = extended(text, new).unwrap_err();
        assert!(reason.contains(why), "{reason}");
    };
    let np = additions("import numpy as np", &[]);
    refused("np = 1\n", &np, "another `np`");
    refused("import jax.numpy as np\n", &np, "another `np`");
    refused("from x import *\n", &np, "takes all names of `x`");
    refused("def f(:\n", &np, "syntax error in line 1");
    refused("%pip install x\n", &np, "syntax error");
    refused("# -*- coding: latin-1 -*-\n", &np, "not in UTF-8");
    let f = additions("", &["def f():\n    return 1"]);
    refused("def f():\n    return 2\n", &f, "another `f`");
    refused("import f\n", &f, "another `f`");
    refused(
        "x = open('a')\n",
        &additions("", &["def open():\n    pass"]),
        "Python's own `open`",
    );
    let mut sums = f.clone();
    sums.code[0].builtins.push("sum".into());
    refused("def sum(xs):\n    pass\n", &sums, "`sum` of its own");
    let project = MemoryProject::new("n.ipynb", [("m.py", "")]).read_only("m.py");
    let reason = write(&project, Path::new("m.py"), &f).unwrap_err().0;
    assert_eq!(reason, "m.py is read-only");
    let reason = write(&project, Path::new("../m.py"), &f).unwrap_err().0;
    assert!(reason.contains("outside"), "{reason}");
}
