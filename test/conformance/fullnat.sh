# What only fullnat needs: a director that runs, and settings by its own command.
get_ipvs() { fullnat settings "$1" | sed "s/.*= //"; }
set_ipvs() { quietly fullnat set "$@"; }
start_director() { quietly fullnat up 2>/dev/null; }
stop_director() { quietly fullnat down --forget; }
