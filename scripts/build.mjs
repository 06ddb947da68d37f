/**
 * Build: import directions, then the compiler, then the dashboard, then bundles: the command lines as one file with its
 * code cache, which starts faster, and the packet thread as one file, which runs faster.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const run = (...words) => {
  const { status } = spawnSync(process.execPath, words, { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}

run(join(root, 'scripts/import-directions.mjs'))
run(join(root, 'node_modules/typescript/bin/tsc'), '-p', root)
run(join(root, 'node_modules/typescript/bin/tsc'), '-p', join(root, 'web'))
run(join(root, 'node_modules/vite/bin/vite.js'), 'build', '-c', join(root, 'web/vite.config.mjs'))

const { buildSync } = await import('esbuild')
const common = { bundle: true, platform: 'node', target: 'node20', external: ['koffi'], logLevel: 'warning' }
// A function expression (bin/start.cjs). V8 knows a stale cache by the source's length alone, so the old one goes first.
rmSync(join(root, 'dist/cli.cjs.cache'), { force: true })
buildSync({
  ...common,
  entryPoints: [join(root, 'src/cli/main.ts')],
  format: 'cjs',
  minify: true,
  supported: { 'dynamic-import': false }, // require, late: cached code cannot import
  banner: { js: '(function (exports, require, module) {' },
  footer: { js: '})' },
  outfile: join(root, 'dist/cli.cjs'),
})
run(join(root, 'scripts/code-cache.mjs'))
// The packet's way as one file with its constants in place: measured, a sixth less time a packet. In the compiler's stead.
const { outputFiles, metafile } = buildSync({
  ...common,
  entryPoints: [join(root, 'src/daemon/worker.ts'), join(root, 'bench/engine.ts')],
  format: 'esm',
  minifySyntax: true,
  sourcemap: 'linked',
  outbase: root,
  outdir: join(root, 'dist'),
  write: false,
  metafile: true,
})
// esbuild makes every top-level const and let a var, which V8 has to read anew for each packet: an eighth of its time. So
// they are made const again, and no module that goes in here may have a top-level let.
for (const input of Object.keys(metafile.inputs))
  if (/^(export )?let /m.test(readFileSync(join(root, input), 'utf8'))) {
    console.error(`${input}: a top-level let cannot be in the packet thread: put it into an object`)
    process.exit(1)
  }
for (const { path, text } of outputFiles)
  writeFileSync(path, path.endsWith('.js') ? text.replaceAll(/^var /gm, 'const ') : text)
