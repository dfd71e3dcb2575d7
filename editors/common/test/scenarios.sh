# Sourced by the tests of the editors: tests that node's own runner counts, and scenarios in a browser.
# Who sources it has the counts `passed` and `failed`.

# Runs a command that ends in the counts of node's runner (of several runs, if it has several), and adds them.
# $1: its name; the rest: the command
counted() {
    local name=$1 log status run_passed run_failed
    shift
    log=$(mktemp) || exit 2
    echo "-- $name"
    "$@" 2>&1 | tee "$log"
    status=${PIPESTATUS[0]}
    run_passed=$(sed -nE 's/^[#ℹ] pass ([0-9]+)$/\1/p' "$log" | awk '{sum += $1} END {print sum + 0}')
    run_failed=$(sed -nE 's/^[#ℹ] (fail|cancelled) ([0-9]+)$/\2/p' "$log" | awk '{sum += $1} END {print sum + 0}')
    rm -f "$log"
    if ((status != 0 && run_failed == 0)); then run_failed=1; fi
    passed=$((passed + run_passed))
    failed=$((failed + run_failed))
}

# A browser loses a key now and then while it draws, and an editor that dies takes all that follows along. So what
# failed is run once more, in an editor of its own, and has to pass there.
#
# Needs `driven`, a function that runs node's runner on the scenarios, with the arguments it is given.
# $*: only the scenarios whose names contain one of these
driven_twice_at_most() {
    local name first only=() again=()
    for name in "$@"; do only+=(--test-name-pattern "$name"); done
    first=$(mktemp) || exit 2
    if driven "${only[@]}" >"$first" 2>&1; then
        cat "$first"
        rm -f "$first"
        return
    fi
    mapfile -t again < <(sed -nE 's/^✖ (.*) \([0-9.]+ms\)$/\1/p' "$first" | sort -u)
    if ((${#again[@]} > 0)); then
        # They are counted when they have run again.
        grep -vE '^[#ℹ] (fail|cancelled) ' "$first"
        only=()
        for name in "${again[@]}"; do only+=(--test-name-pattern "^$name\$"); done
    else
        # It never came to its scenarios.
        grep -v '^[#ℹ] ' "$first"
    fi
    rm -f "$first"
    echo "-- once more"
    driven "${only[@]}"
}
