import { _, Ajv, type CodeKeywordDefinition, type KeywordCxt, Name } from 'ajv'
import standalone from 'ajv/dist/standalone/index.js'
import { type Plugin, transform } from 'esbuild'
import { configSchema } from '../../core/config/schema.ts'
import { outcomeSchema } from '../../core/plugins/outcome.ts'
import { MESSAGES } from '../../core/protocol/schemas.ts'
import { schemaKey } from '../../core/schema/precompiled.ts'
import { AJV_OPTIONS } from '../../core/schema/validation.ts'
import { ROOT } from './bundle.ts'
import { withoutReasons } from './lean-check.ts'
import { importPlugin, shippedPlugins } from './plugins.ts'

/** A schema with the options that it is compiled with when the agent runs. */
export interface KnownSchema {
  readonly schema: object
  readonly defaults: boolean
  readonly formats: boolean
}

/** The schemas that an agent with its shipped plugins needs between its start and a result. Others are compiled when they are met. */
export async function knownSchemas(): Promise<readonly KnownSchema[]> {
  const plugins = await Promise.all((await shippedPlugins()).map(importPlugin))
  const commands = plugins.flatMap((plugin) => Object.values(plugin.commands).map(({ schemas }) => schemas))
  const fromServer = Object.values(MESSAGES).filter(({ from }) => from === 'server')
  const plain = [outcomeSchema, ...fromServer.map(({ schema }) => schema)]
  const filled = [
    configSchema,
    ...plugins.map(({ configSchema }) => configSchema),
    ...commands.map(({ input }) => input),
  ]
  const results = commands.map(({ result }) => result)
  return [
    ...plain.map((schema) => ({ schema, defaults: false, formats: false })),
    ...filled.flatMap((schema) => (schema === undefined ? [] : [{ schema, defaults: true, formats: true }])),
    ...results.flatMap((schema) => (schema === undefined ? [] : [{ schema, defaults: false, formats: true }])),
  ]
}

/** The keyword that core/schema defines with a function, as code that names what the function is given. */
const format: CodeKeywordDefinition = {
  keyword: 'format',
  type: 'string',
  schemaType: 'string',
  code(cxt: KeywordCxt) {
    const { gen, data, schema, it } = cxt
    const parent = it.parentData
    const property = it.parentDataProperty
    const pointer = it.errorPath.str === '""' ? _`instancePath` : _`instancePath + ${it.errorPath}`
    const place = _`{ instancePath: ${pointer}, parentData: ${parent}, parentDataProperty: ${property} }`
    const fits = gen.const('fits', _`${new Name('applyFormat')}(${schema}, ${data}, ${place})`)
    gen.if(parent, () => gen.assign(data, _`${parent}[${property}]`))
    cxt.fail(_`!${fits}`)
  },
}

/** One schema's check as a function expression that takes `applyFormat`. */
export function checkCode({ schema, defaults, formats }: KnownSchema): string {
  const ajv = new Ajv({ ...AJV_OPTIONS, useDefaults: defaults, code: { source: true, lines: true } })
  ajv.removeKeyword('format')
  if (formats) ajv.addKeyword(format)
  const code = (standalone as unknown as typeof standalone.default)(ajv, ajv.compile(schema))
  return `function (applyFormat) { const module = { exports: {} };\n${code}\nreturn module.exports }`
}

/** The checks of all known schemas, each by its key, as `entryOf` has them. */
async function checksBy(entryOf: (code: string, key: string) => string): Promise<string> {
  const known = new Map((await knownSchemas()).map((one) => [schemaKey(one.schema, one), one]))
  const entries = [...known].map(([key, one]) => `${JSON.stringify(key)}: ${entryOf(checkCode(one), key)}`)
  // Half the size; nobody reads it, and it holds no line that a stack trace would show.
  const { code } = await transform(`x({\n${entries.join(',\n')}\n})`, { minify: true })
  return code.trim().replace(/^x\(|\);?$/g, '')
}

/** A module that exports the whole of each check, with what is to be said of a value that does not fit. */
export const wholeChecks: Plugin = {
  name: 'whole-checks',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^whole-checks$/ }, ({ path }) => ({ path, namespace: 'checks' }))
    onLoad({ filter: /./, namespace: 'checks' }, async () => {
      return { contents: `module.exports = ${await checksBy((code) => code)}`, resolveDir: ROOT }
    })
  },
}

/** What stands for `explain` where the whole check is in another module. */
const EXPLAIN = (file: string, key: string) =>
  `(applyFormat) => require(${JSON.stringify(file)})[${JSON.stringify(key)}](applyFormat)`

/**
 * Fills core/schema/precompiled.ts, and loads ajv only when a schema comes that is not in it.
 *
 * @param whole The file of {@link wholeChecks} as the bundle requires it, which then holds only what says whether a value fits.
 */
export function validators(whole?: string): Plugin {
  const entry = (code: string, key: string) =>
    whole === undefined
      ? `((check) => ({ fits: check, explain: check }))(${code})`
      : `{ fits: ${withoutReasons(code)}, explain: ${EXPLAIN(whole, key)} }`
  return {
    name: 'validators',
    setup({ onLoad, onResolve }) {
      onLoad({ filter: /core[\\/]schema[\\/]precompiled\.ts$/ }, async () => {
        const code = `
          export { schemaKey } from './precompiled.ts?source'
          export const PRECOMPILED = ${await checksBy(entry)}`
        return { contents: code, resolveDir: `${ROOT}/core/schema` }
      })
      onResolve({ filter: /\?source$/ }, ({ path, resolveDir }) => ({
        path: `${resolveDir}/${path.replace('?source', '')}`,
        suffix: '?source',
      }))
      onResolve({ filter: /^\./ }, ({ path }) => (path === whole ? { path, external: true } : undefined))
      onResolve({ filter: /^ajv$/ }, ({ importer }) => {
        return /core[\\/]schema[\\/]validation\.ts$/.test(importer) ? { path: 'ajv', namespace: 'lazy' } : undefined
      })
      onLoad({ filter: /./, namespace: 'lazy' }, () => ({
        contents: `export function Ajv(options) { const ajv = require('ajv'); return new ajv.Ajv(options) }`,
        resolveDir: ROOT,
      }))
    },
  }
}
