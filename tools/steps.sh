# tools/steps.sh - what tools/test and tools/test-heavy share: running steps, counting and logging them. Sourced from the root.
passed=0
failed=0
skipped=0
mkdir -p build/log

step() { # step NAME COMMAND...: runs it, says how it went; exit code 3 means that it cannot be run here
    local name=$1 start=$SECONDS code
    shift
    "$@" >"build/log/$name.txt" 2>&1
    code=$?
    if [ $code = 0 ]; then
        passed=$((passed + 1))
        printf 'ok    %-24s %4ds  %s\n' "$name" $((SECONDS - start)) "$(tail -1 "build/log/$name.txt" | cut -c1-150)"
    elif [ $code = 3 ]; then
        skip "$name" "$(tail -1 "build/log/$name.txt")"
    else
        failed=$((failed + 1))
        printf 'FAIL  %-24s %4ds  see below\n' "$name" $((SECONDS - start))
        tail -40 "build/log/$name.txt"
    fi
}

skip() { # skip NAME WHY
    skipped=$((skipped + 1))
    printf 'skip  %-24s        %s\n' "$1" "$2"
}

build() { # build PRESET [TARGET...]
    local preset=$1
    shift
    cmake --preset "$preset" && cmake --build "build/$preset" ${1:+--target "$@"}
}

no_warnings() { ! grep -n 'warning:' build/log/build-*.txt; }

summary() { # the last line, and whether all went well
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" = 0 ]
}
