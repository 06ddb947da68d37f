/** Run by kernel.test.ts inside a network namespace: the golden table through the program in the kernel; JSON to stdout. */
import { cases } from './case/all.js'
import { run } from './golden-run.js'
import { KernelPath, openKernel } from './kernel-path.js'

const failures: string[] = []
const kernel = openKernel()
let carried = 0
for (const golden of cases) {
  const path = new KernelPath(kernel)
  try {
    run(path, golden)
  } catch (error) {
    failures.push(`${golden.name}: ${(error as Error).message}`)
  }
  carried += path.carried
}
console.log(JSON.stringify({ cases: cases.length, carried, failures }))
