# What only fullnat needs: a director that runs, and settings by its own command.
set_ipvs() { fullnat set "$@"; }
start_director() { quietly fullnat up 2>/dev/null; }
stop_director() { quietly fullnat down --forget; }
