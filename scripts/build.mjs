/** Build: import directions, then the compiler, then one bundled file for the command lines (a bundle starts faster). */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const run = (...words) => {
  const { status } = spawnSync(process.execPath, words, { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}

run(join(root, 'scripts/import-directions.mjs'))
run(join(root, 'node_modules/typescript/bin/tsc'), '-p', root)

const entry = join(root, 'src/cli/main.ts')
if (existsSync(entry)) {
  const { buildSync } = await import('esbuild')
  buildSync({
    entryPoints: [entry],
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    minify: true,
    external: ['koffi'],
    outfile: join(root, 'dist/cli.cjs'),
    logLevel: 'warning',
  })
}
