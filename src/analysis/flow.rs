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
    loops: Vec<Loop>,
}

/// A loop that is being walked.
#[derive(Debug)]
struct Loop {
    /// How many branches are around its body.
    around: usize,
    exits: Vec<Exit>,
}

/// What the body of a loop has done where a `break` or `continue` leaves it.
#[derive(Debug)]
struct Exit {
    branch: Branch,
    is_break: bool,
    /// How many reads of the cell come before it.
    uses: usize,
}

/// How a branch came out.
#[derive(Debug)]
pub struct Outcome {
    pub branch: Branch,
    /// Whether it never reaches its end: `raise`, `return`, `continue`, `break`.
    pub ends: bool,
}

/// What the rounds of a loop have done.
#[derive(Debug)]
pub struct Rounds {
    /// The last round, by the time the loop is left.
    pub last: Branch,
    /// A round, by the time the next one begins.
    pub next: Branch,
    /// What was done by the time of each `break`.
    pub breaks: Vec<Branch>,
    /// Rounds that a `continue` ends: how many reads of the cell come before it, and what is done there.
    pub skips: Vec<(usize, Branch)>,
}

impl Default for Flow {
    fn default() -> Self {
        Self {
            branches: vec![Branch::default()],
            loops: Vec::new(),
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

    pub fn enter_loop(&mut self) {
        self.loops.push(Loop {
            around: self.branches.len(),
            exits: Vec::new(),
        });
        self.enter(Branch::default());
    }

    /// Notes what the innermost loop's body has done where a `break` or `continue` leaves it, after
    /// `uses` reads of the cell.
    pub fn exit_loop(&mut self, is_break: bool, uses: usize) {
        let Some(innermost) = self.loops.last_mut() else {
            return;
        };
        let mut branch = Branch::default();
        for inner in self.branches.iter().skip(innermost.around) {
            branch.extend(inner.iter().map(|(name, state)| (name.clone(), *state)));
        }
        innermost.exits.push(Exit {
            branch,
            is_break,
            uses,
        });
    }

    /// Leaves the innermost loop. `ends` says whether the end of its body is never reached, `forever`
    /// that nothing but a `break` leaves it.
    pub fn leave_loop(&mut self, ends: bool, forever: bool) -> Rounds {
        let body = self.leave();
        let exits = self.loops.pop().map_or_else(Vec::new, |own| own.exits);
        let (breaks, skips): (Vec<Exit>, Vec<Exit>) =
            exits.into_iter().partition(|exit| exit.is_break);
        let to_the_end = (!ends).then_some(&body);
        let rounds: Vec<&Branch> = skips
            .iter()
            .map(|exit| &exit.branch)
            .chain(to_the_end)
            .collect();
        let untouched = Branch::default();
        // What a round begins with: nothing yet, or what the one before it has done.
        let begun = self.joined(&[&rounds[..], &[&untouched]].concat());
        let mut last: Vec<Branch> = breaks.into_iter().map(|exit| exit.branch).collect();
        let broken = last.len();
        if !forever {
            last.extend(rounds.iter().copied().cloned());
        }
        for branch in &mut last {
            for (name, state) in &begun {
                branch.entry(name.clone()).or_insert(*state);
            }
        }
        let breaks = last[..broken].to_vec();
        if last.is_empty() {
            // What follows is never reached; the whole body is as good as anything.
            last.push(body.clone());
        }
        Rounds {
            last: self.joined(&last.iter().collect::<Vec<_>>()),
            next: self.joined(&rounds),
            breaks,
            skips: skips
                .into_iter()
                .map(|exit| (exit.uses, exit.branch))
                .collect(),
        }
    }

    /// What branches have done of which exactly one is taken.
    fn joined(&self, branches: &[&Branch]) -> Branch {
        let names = branches.iter().flat_map(|branch| branch.keys());
        names
            .map(|name| {
                let before = self.state(name);
                let state = branches
                    .iter()
                    .map(|branch| branch.get(name).copied().unwrap_or(before))
                    .reduce(join)
                    .unwrap_or(before);
                (name.clone(), state)
            })
            .collect()
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
        let mut joined: Vec<(Name, State)> = self.joined(&reaching).into_iter().collect();
        joined.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        let mut agreed = Vec::new();
        for (name, joined) in joined {
            if joined != self.state(&name) {
                match joined {
                    State::Sure => agreed.push((name.clone(), false)),
                    State::Gone => agreed.push((name.clone(), true)),
                    _ => {}
                }
            }
            self.set(&name, joined);
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
    fn what_is_bound_before_a_break_may_be_there_after_the_loop() {
        let mut flow = Flow::default();
        flow.enter_loop();
        flow.set(&Name::new("row"), State::Sure);
        flow.enter(branch(&[("found", State::Sure)]));
        flow.exit_loop(true, 0);
        flow.leave();
        flow.set(&Name::new("seen"), State::Sure);
        let rounds = flow.leave_loop(false, false);
        let states = ["row", "found", "seen"].map(|name| rounds.last[name]);
        assert_eq!(states, [State::Sure, State::Perhaps, State::Perhaps]);
        assert_eq!(rounds.next.get("found"), None);
    }

    #[test]
    fn a_name_deleted_on_one_path_is_unsure() {
        let mut flow = Flow::default();
        flow.join(&[outcome(&[("x", State::Gone)], false), outcome(&[], false)]);
        assert_eq!(flow.state("x"), State::Unsure);
    }
}
