/** The end-to-end suites once more, with the program in the kernel: what one data path does, the other does. */
if (process.getuid?.() === 0) {
  process.env.FULLNAT_DATAPATH = 'ebpf'
  for (const suite of ['article', 'udp', 'path-mtu', 'own-traffic', 'two-arm', 'gate', 'flood'])
    await import(`./${suite}.test.js`)
}

export {}
