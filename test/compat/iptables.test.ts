/**
 * iptables answers as the real one did on a real kernel, line by line and to the blank. What differs on purpose stands in
 * iptables-differences.ts and is explained under the same title in docs/differences.md.
 */
import { holds } from './holds.js'
import { iptables } from './iptables-suite.js'

holds(iptables)
