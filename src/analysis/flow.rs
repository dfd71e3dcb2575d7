//! What has been done to each name up to a point, through branches and loops.

use ruff_python_ast::name::Name;
use rustc_hash::FxHashMap;

use super::facts::State;

/// What one branch has done, on top of what was done before it.
pub type Branch = FxHashMap<Name, State>;

/// A stack of branches that are being walked, the innermost last. The first is the cell itself.
#[derive(Debug)]
pub struct Flow {
    branches: Vec<Branch>,
}

/// How a branch came out.
#[derive(Debug)]
pub struct Outcome {
    pub branch: Branch,
    /// Whether it never reaches its end: `raise`, `return`, `continue`, `break`.
    pub ends: bool,
}

impl Default for Flow {
    fn default() -> Self {
        Self {
            branches: vec![Branch::default()],
        }
    }
}

impl Flow {
    pub fn state(&self, name: &str) -> State {
        self.branches
            .iter()
            .rev()
            .find_map(|branch| branch.get(name))
            .copied()
            .unwrap_or_default()
    }

    pub fn set(&mut self, name: &Name, state: State) {
        if let Some(branch) = self.branches.last_mut() {
            branch.insert(name.clone(), state);
        }
    }

    /// The names that the innermost branch has bound on every way so far.
    pub fn surely_bound(&self) -> Vec<Name> {
        self.branches
            .last()
            .into_iter()
            .flatten()
            .filter(|(_, state)| **state == State::Sure)
            .map(|(name, _)| name.clone())
            .collect()
    }

    pub fn enter(&mut self, branch: Branch) {
        self.branches.push(branch);
    }

    /// Leaves the innermost branch; the cell itself is never left.
    pub fn leave(&mut self) -> Branch {
        if self.branches.len() > 1 {
            self.branches.pop().unwrap_or_default()
        } else {
            Branch::default()
        }
    }

    /// Brings branches together, of which exactly one is taken, and returns the names on which
    /// they agree although each of them did it alone: `(name, whether they deleted it)`.
    pub fn join(&mut self, outcomes: &[Outcome]) -> Vec<(Name, bool)> {
        let mut reaching: Vec<&Branch> = outcomes
            .iter()
            .filter(|outcome| !outcome.ends)
            .map(|outcome| &outcome.branch)
            .collect();
        if reaching.is_empty() {
            // What follows is never reached; any branch is as good as another.
            reaching = outcomes.iter().map(|outcome| &outcome.branch).collect();
        }
        let mut names: Vec<&Name> = reaching.iter().flat_map(|branch| branch.keys()).collect();
        names.sort_unstable();
        names.dedup();
        let mut agreed = Vec::new();
        for name in names {
            let before = self.state(name);
            let joined = reaching
                .iter()
                .map(|branch| branch.get(name).copied().unwrap_or(before))
                .reduce(join)
                .unwrap_or(before);
            if joined != before {
                match joined {
                    State::Sure => agreed.push((name.clone(), false)),
                    State::Gone => agreed.push((name.clone(), true)),
                    _ => {}
                }
            }
            self.set(name, joined);
        }
        agreed
    }

    /// What is left when the loop body `branch` may have run any number of times.
    pub fn join_loop(&mut self, branch: Branch) {
        for (name, state) in branch {
            let before = self.state(&name);
            let after = match (state, before) {
                (State::Sure | State::Likely, State::Untouched | State::Likely) => State::Likely,
                _ => join(state, before),
            };
            self.set(&name, after);
        }
    }

    pub fn into_states(mut self) -> Branch {
        self.branches.swap_remove(0)
    }
}

/// What a handler may count on of a body that broke off somewhere.
pub fn broken_off(branch: &Branch) -> Branch {
    branch
        .iter()
        .map(|(name, state)| {
            let state = match state {
                State::Sure | State::Likely | State::Perhaps => State::Perhaps,
                State::Gone | State::Unsure => State::Unsure,
                State::Untouched => State::Untouched,
            };
            (name.clone(), state)
        })
        .collect()
}

fn join(a: State, b: State) -> State {
    use State::{Gone, Likely, Perhaps, Sure, Unsure, Untouched};
    match (a, b) {
        (a, b) if a == b => a,
        (Sure, Likely) | (Likely, Sure) => Likely,
        (Gone | Unsure | Untouched, Gone | Unsure | Untouched) => Unsure,
        (Sure | Likely | Perhaps, _) | (_, Sure | Likely | Perhaps) => Perhaps,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn branch(states: &[(&str, State)]) -> Branch {
        states
            .iter()
            .map(|(name, state)| (Name::new(name), *state))
            .collect()
    }

    fn outcome(states: &[(&str, State)], ends: bool) -> Outcome {
        Outcome {
            branch: branch(states),
            ends,
        }
    }

    #[test]
    fn bound_in_all_branches_is_bound() {
        let mut flow = Flow::default();
        let agreed = flow.join(&[
            outcome(&[("x", State::Sure), ("y", State::Sure)], false),
            outcome(&[("x", State::Sure)], false),
        ]);
        assert_eq!(agreed, [(Name::new("x"), false)]);
        assert_eq!(flow.state("x"), State::Sure);
        assert_eq!(flow.state("y"), State::Perhaps);
    }

    #[test]
    fn a_branch_that_ends_does_not_count() {
        let mut flow = Flow::default();
        flow.join(&[outcome(&[("x", State::Sure)], false), outcome(&[], true)]);
        assert_eq!(flow.state("x"), State::Sure);
    }

    #[test]
    fn a_loop_binds_likely_and_never_unbinds_what_was_sure() {
        let mut flow = Flow::default();
        flow.set(&Name::new("total"), State::Sure);
        flow.join_loop(branch(&[("total", State::Sure), ("row", State::Sure)]));
        assert_eq!(flow.state("total"), State::Sure);
        assert_eq!(flow.state("row"), State::Likely);
    }

    #[test]
    fn a_name_deleted_on_one_path_is_unsure() {
        let mut flow = Flow::default();
        flow.join(&[outcome(&[("x", State::Gone)], false), outcome(&[], false)]);
        assert_eq!(flow.state("x"), State::Unsure);
    }
}
