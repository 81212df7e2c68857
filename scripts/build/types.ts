import { execFile } from 'node:child_process'
import { cp, readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { ROOT } from './bundle.ts'

const run = promisify(execFile)

/** Types of the wire's messages are computed from their schemas with these packages, which have types only. */
const TYPE_PACKAGES = { 'json-schema-to-ts': 'lib/types', 'ts-algebra': 'lib' } as const

/**
 * Emits the declarations of `entry` and all it imports to a folder of their own, and answers that folder.
 *
 * @throws With the compiler's output, where the sources have type errors.
 */
export async function emitDeclarations(entries: readonly string[], scratch: string): Promise<string> {
  const outDir = path.join(scratch, 'types')
  const project = path.join(scratch, 'tsconfig.json')
  await writeFile(
    project,
    JSON.stringify({
      extends: path.join(ROOT, 'tsconfig.json'),
      compilerOptions: {
        noEmit: false,
        declaration: true,
        emitDeclarationOnly: true,
        rootDir: ROOT,
        outDir,
        typeRoots: [path.join(ROOT, 'node_modules/@types')],
      },
      include: [],
      exclude: [],
      files: entries.map((entry) => path.join(ROOT, entry)),
    }),
  )
  const compiler = path.join(ROOT, 'node_modules/typescript/lib/tsc.js')
  await run(process.execPath, [compiler, '-p', project]).catch((error: { stdout?: string; message: string }) => {
    throw new Error(`The types could not be emitted:\n${error.stdout || error.message}`)
  })
  return outDir
}

async function declarationsIn(folder: string): Promise<readonly string[]> {
  const files = await readdir(folder, { recursive: true })
  return files.filter((file) => file.endsWith('.d.ts')).map((file) => path.join(folder, file))
}

/** Sources import each other by `.ts`; what is published has `.d.ts` beside `.js`, where only `.js` is the right name. */
export async function pointToJs(folder: string): Promise<void> {
  for (const file of await declarationsIn(folder)) {
    const text = await readFile(file, 'utf8')
    await writeFile(file, text.replaceAll(/(from |import\()(['"])(\.[^'"]*)\.ts\2/g, '$1$2$3.js$2'))
  }
}

/**
 * Puts the packages that the declarations in `folder` compute with beside them. The agent's package has no dependencies: a
 * server's author who only wants the types of the wire shall not have to know what they are made with.
 */
export async function bringTypePackages(folder: string): Promise<readonly string[]> {
  const beside = path.join(folder, 'type-packages')
  for (const [name, types] of Object.entries(TYPE_PACKAGES)) {
    const from = path.join(ROOT, 'node_modules', name, types)
    await cp(from, path.join(beside, name), { recursive: true, filter: (file) => !/\.(js|map)$/.test(file) })
  }
  // Both packages import without extensions, as only CommonJS may.
  await writeFile(path.join(beside, 'package.json'), '{ "type": "commonjs" }\n')
  for (const file of await declarationsIn(folder)) {
    const text = await readFile(file, 'utf8')
    const inside = file.startsWith(beside)
    await writeFile(
      file,
      text.replaceAll(/from (['"])(json-schema-to-ts|ts-algebra)\1/g, (_, quote: string, name: string) => {
        const target = path.relative(path.dirname(file), path.join(beside, name, inside ? 'index' : 'index.js'))
        return `from ${quote}${target.startsWith('.') ? target : `./${target}`}${quote}`.replaceAll('\\', '/')
      }),
    )
  }
  return Object.keys(TYPE_PACKAGES).map((name) => `node_modules/${name}`)
}
