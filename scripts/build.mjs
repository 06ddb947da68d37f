/**
 * Build: import directions, then the compiler, then bundles: the command lines as one file, which starts faster, and the
 * packet thread as one file, which runs faster.
 */
import { spawnSync } from 'node:child_process'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const run = (...words) => {
  const { status } = spawnSync(process.execPath, words, { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}

run(join(root, 'scripts/import-directions.mjs'))
run(join(root, 'node_modules/typescript/bin/tsc'), '-p', root)

const { buildSync } = await import('esbuild')
const common = { bundle: true, platform: 'node', target: 'node20', external: ['koffi'], logLevel: 'warning' }
buildSync({
  ...common,
  entryPoints: [join(root, 'src/cli/main.ts')],
  format: 'cjs',
  minify: true,
  outfile: join(root, 'dist/cli.cjs'),
})
// The packet's way as one file with its constants in place: measured, a sixth less time a packet. In the compiler's stead.
buildSync({
  ...common,
  entryPoints: [join(root, 'src/daemon/worker.ts'), join(root, 'bench/engine.ts')],
  format: 'esm',
  minifySyntax: true,
  sourcemap: 'linked',
  outbase: root,
  outdir: join(root, 'dist'),
})
