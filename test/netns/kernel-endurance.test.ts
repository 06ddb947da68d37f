/** The same for what takes long: directors that die, faults of all kinds, ports in TIME_WAIT. */
if (process.getuid?.() === 0) {
  process.env.FULLNAT_DATAPATH = 'ebpf'
  for (const suite of ['survival', 'trouble', 'port-reuse']) await import(`./${suite}.test.js`)
}

export {}
