import { readFile } from 'node:fs/promises'
import type { Limits, Permissions } from '@gururmm/plugin-sdk'
import t from 'tap'
import { type AgentConfig, configSchema, type PluginConfig } from '../../../core/config/index.ts'
import type { KeySchema } from '../../../core/config/keys.ts'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

/** Compiles only where the condition holds. */
function isTrue<_ extends true>(): void {}

t.test('the type of the config is that of its schema', async () => {
  isTrue<Equal<AgentConfig['agent']['id'], string | null>>()
  isTrue<Equal<AgentConfig['agent']['runContainment'], 'auto' | 'cgroup' | 'pid_namespace' | 'process_group'>>()
  isTrue<Equal<AgentConfig['server']['url'], string>>()
  isTrue<Equal<AgentConfig['server']['tls'], { readonly caFile: string | null }>>()
  isTrue<Equal<AgentConfig['log']['level'], 'debug' | 'info' | 'warn' | 'error'>>()
  isTrue<Equal<PluginConfig['enabled'], boolean>>()
  isTrue<PluginConfig['limits'] extends Readonly<Record<string, Limits>> | undefined ? true : false>()
  isTrue<PluginConfig['permissions'] extends Permissions | undefined ? true : false>()
  isTrue<
    Equal<keyof AgentConfig, 'agent' | 'server' | 'limits' | 'plugins' | 'sites' | 'journal' | 'security' | 'log'>
  >()
})

t.test('every key has a description, and every scalar one a default', async (t) => {
  const visit = (schema: KeySchema, path: string): void => {
    for (const [key, inner] of Object.entries(schema.properties ?? {})) {
      const name = `${path}${key}`
      t.ok(inner.description, `${name} has a description`)
      visit(inner, `${name}.`)
      if (inner.properties !== undefined || /^(plugins|sites|\$schema|server\.url$)/.test(name)) continue
      t.ok('default' in inner, `${name} has a default`)
    }
  }
  visit(configSchema, '')
})

t.test('the published schema is the one in the code', async (t) => {
  const published = await readFile(new URL('../../../agent.config.schema.json', import.meta.url), 'utf8')
  const { schemaDocument } = await import('../../../core/config/schema-document.ts')
  t.equal(published, schemaDocument(), 'run `npm run generate` to write it anew')
})
