/**
 * ipvsadm answers as the real one did on a real kernel, line by line and to the blank. What differs on purpose stands in
 * ipvsadm-differences.ts and is explained under the same title in docs/differences.md.
 */
import { holds } from './holds.js'
import { ipvsadm } from './ipvsadm-suite.js'

holds(ipvsadm)
