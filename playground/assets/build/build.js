// Makes the files of ../graphiql: a script and a style for the page, a script for each worker of the editor, and the licences.
import { build } from 'esbuild';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { gzipSync } from 'node:zlib';

const to = '../graphiql';
const common = {
  bundle: true, minify: true, write: false, metafile: true, outdir: to, target: 'es2022', legalComments: 'none', logLevel: 'warning',
  define: { 'process.env.NODE_ENV': '"production"' },
};
const results = await Promise.all([
  // graphiql/style.css has the styles of all packages, so those that scripts import are left out.
  build({ ...common, entryPoints: { graphiql: 'graphiql.js' }, format: 'esm', loader: { '.css': 'empty' } }),
  build({ ...common, entryPoints: { graphiql: 'graphiql/style.css' } }),
  build({
    ...common,
    format: 'iife',
    entryPoints: {
      'editor.worker': 'monaco-editor/esm/vs/editor/editor.worker.js',
      'json.worker': 'monaco-editor/esm/vs/language/json/json.worker.js',
      'graphql.worker': 'monaco-graphql/esm/graphql.worker.js',
    },
  }),
]);

// licences returns the notices of the packages that are in the files, those of the same words together.
async function licences() {
  const inputs = results.flatMap((r) => Object.values(r.metafile.outputs)).flatMap((o) => Object.entries(o.inputs));
  const folders = new Set(inputs.filter(([, used]) => used.bytesInOutput).map(([path]) => path.match(/^.*node_modules\/(@[^/]+\/)?[^/]+/)?.[0]));
  folders.delete(undefined); // a file of ours
  const packages = new Map();
  for (const folder of [...folders].sort()) {
    const { name, version, license, author } = JSON.parse(await readFile(`${folder}/package.json`));
    const files = (await readdir(folder)).filter((f) => /licen[cs]e|notice/i.test(f)).sort();
    const texts = await Promise.all(files.map((f) => readFile(`${folder}/${f}`, 'utf8')));
    const text = texts.join('\n').replaceAll('\r', '').trim() || `The package has no text of its licence. Author: ${author?.name ?? author ?? 'not named'}.`;
    packages.set(text, (packages.get(text) ?? new Set()).add(`${name} ${version}: ${license}`));
  }
  return [...packages].map(([text, names]) => `${[...names].join('\n')}\n\n${text}\n`).join(`\n${'-'.repeat(80)}\n\n`);
}

const files = results.flatMap((r) => r.outputFiles).map((f) => [basename(f.path), f.contents]);
files.push(['LICENSES.txt', Buffer.from(await licences())]);
await rm(to, { recursive: true, force: true });
await mkdir(to);
for (const [name, contents] of files) {
  const zipped = gzipSync(contents, { level: 9 });
  zipped[9] = 255; // no operating system, so that all make the same file
  await writeFile(`${to}/${name}.gz`, zipped);
  console.log(name, contents.length, zipped.length);
}
