//! Writes a test for a function of a module.
//!
//! Offered where the notebook imports or calls a function of the project, and where it defines or calls one of its own: that
//! one moves to a module first, as by `move-to-module`, for no test can import a notebook. The test goes to `tests/test_<module>.py`. Calls with
//! literal arguments become its cases. What they must give is taken from the notebook's `assert`, where it surely held; where nobody has said it, the test
//! is skipped with a note, and fails rather than passes when it is let run unfinished. `tests/conftest.py` makes
//! pytest find the module where nothing else does.
//!
//! ## Before
//! ### What the notebook asserts
//! ```notebook
//! # %%
//! from prices import gross
//! # %%
//! gross$0(100)
//! assert gross(0) == 0
//! gross(100, rate=[1, -2])
//! gross(total)
//! ```
//! ```python file=prices.py
//! def gross(net, rate=0):
//!     return net
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! from prices import gross
//! # %%
//! gross(100)
//! assert gross(0) == 0
//! gross(100, rate=[1, -2])
//! gross(total)
//! ```
//! ```python file=tests/test_prices.py
//! import pytest
//!
//! from prices import gross
//!
//!
//! def test_gross():
//!     assert gross(0) == 0
//!
//!
//! @pytest.mark.skip(reason="say what gross must give in place of ...")
//! def test_gross_in_the_notebook():
//!     assert gross(100) == ...
//!     assert gross(100, rate=[1, -2]) == ...
//! ```
//! ```python file=tests/conftest.py
//! import sys
//! from pathlib import Path
//!
//! # Tests import the modules of this folder.
//! sys.path.insert(0, str(Path(__file__).parents[1]))
//! ```
//!
//! ## Before
//! ### Beside other tests, where nothing is known
//! ```notebook name=notebooks/a.ipynb
//! # %%
//! from prices import clean$0
//! clean(df)
//! ```
//! ```python file=notebooks/prices.py
//! def clean(prices):
//!     return prices
//! def net(x):
//!     return x
//! ```
//! ```python file=tests/test_prices.py
//! from prices import net
//!
//!
//! def test_net():
//!     assert net(1) == 1
//! ```
//! ```ini file=pytest.ini
//! [pytest]
//! pythonpath = notebooks
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! from prices import clean
//! clean(df)
//! ```
//! ```python file=tests/test_prices.py
//! import pytest
//!
//! from prices import clean, net
//!
//!
//! def test_net():
//!     assert net(1) == 1
//!
//!
//! @pytest.mark.skip(reason="call clean and say what it must give")
//! def test_clean():
//!     raise NotImplementedError(clean.__name__)
//! ```
//!
//! ## Before
//! ### What may not hold
//! ```notebook
//! # %%
//! import pytest
//! from prices import gross$0
//! # %%
//! with pytest.raises(AssertionError):
//!     assert gross(1) == 99
//! ```
//! ```python file=prices.py
//! def gross(net):
//!     return net
//! ```
//! ```python file=conftest.py
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! import pytest
//! from prices import gross
//! # %%
//! with pytest.raises(AssertionError):
//!     assert gross(1) == 99
//! ```
//! ```python file=tests/test_prices.py
//! import pytest
//!
//! from prices import gross
//!
//!
//! @pytest.mark.skip(reason="say what gross must give in place of ...")
//! def test_gross():
//!     assert gross(1) == ...
//! ```
//!
//! ## Before
//! ### What holds for a changed module
//! ```notebook
//! # %%
//! import prices
//! from prices import gross$0
//! prices.RATE = 5
//! assert gross(1) == 5
//! ```
//! ```python file=prices.py
//! RATE = 2
//! def gross(net):
//!     return net * RATE
//! ```
//! ```python file=conftest.py
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! import prices
//! from prices import gross
//! prices.RATE = 5
//! assert gross(1) == 5
//! ```
//! ```python file=tests/test_prices.py
//! import pytest
//!
//! from prices import gross
//!
//!
//! @pytest.mark.skip(reason="say what gross must give in place of ...")
//! def test_gross():
//!     assert gross(1) == ...
//! ```
//!
//! ## Before
//! ### Still in the notebook
//! ```notebook name=prices.ipynb
//! # %%
//! def gross$0(net):
//!     return net
//! # %%
//! assert gross(2) == 2
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! from prices import gross
//! # %%
//! assert gross(2) == 2
//! ```
//! ```python file=prices.py
//! def gross(net):
//!     return net
//! ```
//! ```python file=tests/test_prices.py
//! from prices import gross
//!
//!
//! def test_gross():
//!     assert gross(2) == 2
//! ```
//! ```python file=tests/conftest.py
//! import sys
//! from pathlib import Path
//!
//! # Tests import the modules of this folder.
//! sys.path.insert(0, str(Path(__file__).parents[1]))
//! ```
//!
//! ## Before
//! ### A name that pytest would take for a test
//! ```notebook
//! # %%
//! from prices import test_size$0
//! test_size(3)
//! ```
//! ```python file=prices.py
//! def test_size(n):
//!     return n
//! ```
//! ```python file=conftest.py
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! from prices import test_size
//! test_size(3)
//! ```
//! ```python file=tests/test_prices.py
//! import pytest
//!
//! from prices import test_size as _test_size
//!
//!
//! @pytest.mark.skip(reason="say what test_size must give in place of ...")
//! def test_test_size():
//!     assert _test_size(3) == ...
//! ```
//!
//! ## Disabled
//! ### It cannot leave the notebook
//! ```notebook
//! # %%
//! def gross$0(net):
//!     global total
//!     total = net
//! ```
//! > no test can import `gross` from a notebook, and it cannot move to a module: `gross` sets `total` of the notebook
//!
//! ## Disabled
//! ### Tested already
//! ```notebook
//! # %%
//! from prices import gross$0
//! ```
//! ```python file=prices.py
//! def gross(net):
//!     return net
//! ```
//! ```python file=tests/test_prices.py
//! def test_gross():
//!     pass
//! ```
//! > tests/test_prices.py has `test_gross` already

use std::sync::Arc;

use ruff_python_ast::name::Name;

use crate::action::{Action, ActionContext, Offer, Refusal};
use crate::analysis::facts::BindingKind;
use crate::engine::Analysis;
use crate::notebook::{CellIdx, Edit};
use crate::project::{Overlay, slashed};
use crate::refactor::module::Import;
use crate::refactor::moving::closure;
use crate::refactor::testing::{self, Subject};
use crate::text::TextRange;

pub const ACTION: Action = Action {
    name: "generate-test",
    kinds: &["refactor.rewrite"],
    offer,
    apply,
    source: "",
};

fn offer(cx: &ActionContext<'_>) -> Vec<Offer> {
    let Some(name) = name_at(cx).filter(|_| cx.client.files) else {
        return Vec::new();
    };
    let offer = Offer::new(format!("Write a test for `{name}`"));
    if is_own(cx, &name) {
        return vec![offer_to_move(cx, &name)];
    }
    let Some(subject) = subject(cx, &name) else {
        return Vec::new();
    };
    vec![Offer {
        disabled: testing::write(cx, &subject).err().map(|refusal| refusal.0),
        argument: Some(name.to_string()),
        ..offer
    }]
}

fn apply(cx: &ActionContext<'_>, argument: Option<&str>) -> Result<Edit, Refusal> {
    let name = argument.map(Name::from).or_else(|| name_at(cx));
    let name = name.ok_or("the notebook names no function here")?;
    if is_own(cx, &name) {
        return move_and_test(cx, &name);
    }
    let subject =
        subject(cx, &name).ok_or("the notebook imports no function of the project here")?;
    testing::write(cx, &subject)
}

/// Whether the notebook defines a function by the name.
fn is_own(cx: &ActionContext<'_>, name: &Name) -> bool {
    let is_function = |kind: &BindingKind| matches!(kind, BindingKind::Function(_));
    closure::bindings(&cx.all, name).any(|(_, own)| is_function(&own.kind))
}

fn offer_to_move(cx: &ActionContext<'_>, name: &Name) -> Offer {
    match testing::moved_first(cx, name) {
        Ok(moved) => {
            let new = if moved.target.exists {
                ""
            } else {
                "the new module "
            };
            let path = slashed(&moved.target.path);
            Offer {
                argument: Some(name.to_string()),
                ..Offer::new(format!(
                    "Move `{name}` to {new}{path}, and write a test for it"
                ))
            }
        }
        Err(reason) => Offer {
            disabled: Some(format!(
                "no test can import `{name}` from a notebook, and it cannot move to a module: {}",
                reason.0
            )),
            ..Offer::new(format!("Write a test for `{name}`"))
        },
    }
}

fn move_and_test(cx: &ActionContext<'_>, name: &Name) -> Result<Edit, Refusal> {
    let moved = testing::moved_first(cx, name)?.edit;
    let notebook = moved.apply(cx.all.notebook);
    let analysis = Analysis::new(notebook, Arc::new(cx.all.config.clone()));
    let project = Overlay::new(cx.project, &moved);
    let after = ActionContext {
        all: analysis.context(),
        cell: CellIdx(0),
        range: TextRange::default(),
        findings: &[],
        client: cx.client,
        project: &project,
        is_trial: cx.is_trial,
    };
    let subject = subject(&after, name).ok_or("the notebook does not import it afterwards")?;
    let mut edit = testing::write(&after, &subject)?;
    // The module is written first: whoever looks meanwhile finds what the test imports.
    edit.ops.splice(0..0, moved.ops);
    Ok(edit)
}

/// The name of the notebook that the cursor touches.
fn name_at(cx: &ActionContext<'_>) -> Option<Name> {
    let facts = cx.all.facts(cx.cell);
    let bound = facts.bindings.iter().filter(|own| own.kind.is_written());
    let bound = bound.map(|own| (&own.name, own.range));
    let read = facts.uses.iter().map(|own| (&own.name, own.range));
    let mut names = bound.chain(read);
    let (name, _) = names.find(|(_, range)| range.intersect(cx.range).is_some())?;
    Some(name.clone())
}

/// The function of the project that the notebook imports by the name, and by nothing else.
fn subject(cx: &ActionContext<'_>, name: &Name) -> Option<Subject> {
    let imports = closure::bindings(&cx.all, name).map(|(_, own)| Import::of(own));
    let imports: Vec<Import> = imports.collect::<Option<_>>()?;
    let first = imports.first()?;
    if imports.iter().any(|own| own != first) || first.member.as_ref() != Some(name) {
        return None;
    }
    Subject::of(cx, first.clone())
}
