#!/usr/bin/env bash
# Builds the fuzz targets with libFuzzer and runs each for FUZZ_SECONDS (60), FUZZ_JOBS at a
# time (as many as there are cores):  Fuzz/run.sh [TARGET…]
# What it learns stays in .build-fuzz/corpus, crashes go to .build-fuzz/crashes. Exits 1 when
# a target found something: docs/fuzzing.md.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${FUZZ_SECONDS:-60}
jobs=${FUZZ_JOBS:-$(nproc)}
sanitizers=${FUZZ_SANITIZERS:-fuzzer}
# Another set of sanitizers is another build.
build=.build-fuzz
[ "$sanitizers" = fuzzer ] || build=.build-fuzz-${sanitizers//,/-}
program=$build/release/koinon-fuzz
all=(transactions entries blocks proofs genesis csv mapping actions streams snapshots
    recoveries guards order answers requests)
targets=("${@:-${all[@]}}")

flags=(-c release --scratch-path "$build" --product koinon-fuzz)
for sanitizer in ${sanitizers//,/ }; do flags+=(-Xswiftc "-sanitize=$sanitizer"); done
# Another linker than ours would not let libFuzzer's main give way to the program's own.
flags+=(-Xswiftc -use-ld=lld)
KOINON_FUZZ=1 scripts/with-progress.sh building swift build "${flags[@]}"

# Swift's own crash handler would end the program before libFuzzer has kept the input.
export SWIFT_BACKTRACE=enable=no
folder=.build-fuzz
mkdir -p $folder/logs $folder/crashes

fuzz() {
    local target=$1
    local log=$folder/logs/$target.log
    local options=(-max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048
        -print_final_stats=1 -artifact_prefix="$folder/crashes/$target-")
    [ ! -f "Fuzz/Dictionaries/$target.dict" ] || options+=(-dict="Fuzz/Dictionaries/$target.dict")
    mkdir -p "$folder/corpus/$target" "$folder/made/$target"
    "$program" "$target" --write-seeds "$folder/made/$target"
    local folders=("$folder/corpus/$target" "$folder/made/$target")
    [ ! -d "Fuzz/Corpus/$target" ] || folders+=("Fuzz/Corpus/$target")
    "$program" "$target" "${options[@]}" "${folders[@]}" >"$log" 2>&1 || echo found >>"$log"
}

row() {
    local log=$folder/logs/$1.log
    printf '  %-13s %11s %10s %9s  %s\n' "$1" \
        "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -n 1)" \
        "$(sed -n 's/.* cov: \([0-9]*\).*/\1/p' "$log" | tail -n 1)" \
        "$(sed -n 's/^stat::new_units_added: *//p' "$log" | tail -n 1)" \
        "$(tail -n 1 "$log" | grep -q '^found$' && echo FOUND || echo nothing)"
}

echo "Fuzzing ${#targets[@]} targets for $seconds s each, $jobs at a time."
for target in "${targets[@]}"; do
    while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n; done
    fuzz "$target" &
done
wait
printf '  %-13s %11s %10s %9s  %s\n' target executions coverage new found
for target in "${targets[@]}"; do row "$target"; done

status=0
for target in "${targets[@]}"; do
    log=$folder/logs/$target.log
    tail -n 1 "$log" | grep -q '^found$' || continue
    status=1
    file=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
    printf '\n%s: %s\n' "$target" "$(grep -m 1 -E '^violated|^Fatal error|ERROR:' "$log" || true)"
    printf '  SWIFT_BACKTRACE=enable=yes,color=no %s %s %s\n' "$program" "$target" "$file"
    printf '  the whole output: %s\n' "$log"
done
[ $status = 0 ] || printf '\nRepeat each with the command below its name; then docs/fuzzing.md.\n'
exit $status
