/**
 * Who may import whom (design.md's table): a folder of src/ may import itself, the leaves, and what stands here.
 * Anything else fails the build, naming the file, the import and what is allowed.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

const LEAVES = ['address', 'time', 'failure', 'log']
/** Folder -> folders it may import; 'a/file' allows one file only; `types:` allows type imports only. */
const ALLOWED = {
  address: [],
  time: [],
  failure: [],
  log: [],
  wire: [],
  conn: ['types:wire'],
  service: ['types:wire'],
  nat: ['wire', 'types:conn'],
  rewrite: ['wire', 'types:conn'],
  engine: ['wire', 'conn', 'service', 'nat', 'rewrite', 'io/port'],
  'io/port': [],
  'io/tun': ['io/port', 'sys'],
  'io/ebpf': ['io/port', 'sys'],
  'io/simulated': ['io/port'],
  sys: [],
  model: [],
  compile: ['model', 'types:engine', 'types:service', 'types:nat', 'service', 'nat'],
  commands: ['model'],
  config: ['model', 'commands'],
  store: ['model', 'commands'],
  health: ['store', 'commands', 'model'],
  alert: ['types:health', 'model'],
  sync: ['store', 'commands', 'model', 'types:engine', 'types:api'],
  metrics: ['types:api', 'types:engine', 'types:health', 'model'],
  api: ['model', 'commands', 'store', 'metrics', 'types:engine', 'types:health', 'types:alert'],
  cli: ['api/client', 'types:api', 'config', 'types:health', 'store/place', 'store/token', 'model', 'types:commands'],
  daemon: ['*'],
}
/** Folders that touch neither node: nor any package, besides ipaddr.js at the address edge. */
const PURE = ['wire', 'conn', 'service', 'nat', 'rewrite', 'engine']
const KOFFI_ONLY_IN = 'sys'

const root = resolve(import.meta.dirname, '..')
const source = join(root, 'src')

const files = (folder) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory()
      ? files(join(folder, entry.name))
      : /\.tsx?$/.test(entry.name)
        ? [join(folder, entry.name)]
        : [],
  )

function areaOf(path) {
  const parts = relative(source, path)
    .replace(/\.(ts|js)$/, '')
    .split('/')
  return parts[0] === 'io' ? parts.slice(0, 2).join('/') : parts[0]
}

function complaint(file, specifier, typeOnly) {
  const area = areaOf(file)
  if (!specifier.startsWith('.')) {
    if (specifier === 'koffi' && area !== KOFFI_ONLY_IN) return `only src/${KOFFI_ONLY_IN} may import koffi`
    if (PURE.includes(area)) return `src/${area} imports no package and nothing of node:`
    return ''
  }
  const target = resolve(dirname(file), specifier)
  const to = areaOf(target)
  const exact = relative(source, target).replace(/\.js$/, '')
  const allowed = ALLOWED[area]
  if (!allowed) return `src/${area} has no row in the table of import directions`
  if (to === area || LEAVES.includes(to) || allowed.includes('*')) return ''
  if (allowed.includes(to) || allowed.includes(exact) || (typeOnly && allowed.includes(`types:${to}`))) return ''
  return `src/${area} may import ${[...LEAVES, ...allowed].join(', ')}`
}

const IMPORT =
  /^(?:import|export)\s+(type\s)?[^'"]*?from\s+['"]([^'"]+)['"]|^import\s+['"]([^'"]+)['"]|\bimport\(['"]([^'"]+)['"]\)/gm
let bad = 0
for (const file of files(source)) {
  if (file.endsWith('.test.ts')) continue
  for (const match of readFileSync(file, 'utf8').matchAll(IMPORT)) {
    const specifier = match[2] ?? match[3] ?? match[4]
    const why = complaint(file, specifier, Boolean(match[1]))
    if (!why) continue
    bad++
    console.error(`${relative(root, file)}: imports ${specifier}: ${why}`)
  }
}
// The dashboard sees of the director what is published: types of the API.
for (const file of files(join(root, 'web'))) {
  for (const [, typeOnly, specifier] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
    const target = specifier?.startsWith('.') ? relative(root, resolve(dirname(file), specifier)) : ''
    if (!target.startsWith('src/') || (typeOnly && /^src\/(api|engine\/data-plane)/.test(target))) continue
    bad++
    console.error(
      `${relative(root, file)}: imports ${specifier}: web may import types of src/api and src/engine/data-plane`,
    )
  }
}
process.exit(bad ? 1 : 0)
