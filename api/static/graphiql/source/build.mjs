// Builds the explorer into ../built, with the licences of everything that is in it.
import { build } from 'esbuild'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const built = join(import.meta.dirname, '..', 'built')

// The stylesheets bring Western fonts inside them, 300 kB that say nothing in Chinese; the system's own are used.
const withoutFonts = {
  name: 'without-fonts',
  setup(builder) {
    builder.onLoad({ filter: /\.css$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(/@font-face\s*\{[^}]*\}/g, ''),
      loader: 'css',
    }))
  },
}

rmSync(built, { recursive: true, force: true })
const { metafile } = await build({
  entryPoints: ['explorer.jsx'],
  outdir: built,
  bundle: true,
  minify: true,
  splitting: true,
  metafile: true,
  format: 'esm',
  target: 'es2022',
  jsx: 'automatic',
  legalComments: 'none',
  chunkNames: 'part-[hash]',
  define: { 'process.env.NODE_ENV': '"production"' },
  plugins: [withoutFonts],
})

const folders = new Set(
  Object.keys(metafile.inputs)
    .map((path) => path.match(/^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//)?.[1])
    .filter(Boolean),
)
const licences = [...folders].sort().map((folder) => {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry))
  const text = file ? readFileSync(join(folder, file), 'utf8').trim() : `Licensed under ${license}.`
  return `${name} ${version} (${license})\n\n${text}\n`
})
writeFileSync(join(built, 'LICENSES.txt'), licences.join(`\n${'-'.repeat(80)}\n\n`))
console.log(`${folders.size} packages into ${dirname(built)}/built`)
