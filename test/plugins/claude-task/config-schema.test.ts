import t from 'tap'
import { configSchema } from '../../../plugins/claude-task/config-schema.ts'
import { configWith } from './settings.ts'

t.test('an empty config gets the defaults of the spec and nothing wider', async (t) => {
  const { security, ...rest } = configWith()
  t.same(rest, { cliPath: null, apiKeyFile: null, environment: {}, idleTimeoutSeconds: 180 })
  t.match(security, {
    baseDirectories: [],
    tools: ['Read', 'Glob', 'Grep'],
    sandbox: 'required',
    taskFilter: 'strict',
    maxTaskCharacters: 10_000,
    allowRules: [],
    denyRules: [],
    model: null,
  })
})

t.test('every key tells what it does and has a default', async (t) => {
  const { security, ...others } = configSchema.properties
  for (const [name, schema] of Object.entries({ ...others, ...security.properties })) {
    t.ok(schema.description.length > 10, `${name} is described`)
    t.ok('default' in schema, `${name} has a default`)
  }
})

t.test('what would fail open or silently in the CLI is refused by the schema', async (t) => {
  t.throws(() => configWith({ security: { tools: ['Raed'] } }), 'a misspelt tool')
  t.throws(() => configWith({ security: { maxTurns: 0 } }), 'no limit on turns')
  t.throws(() => configWith({ security: { permissionMode: 'bypassPermissions' } }), 'no permissions at all')
  t.throws(() => configWith({ security: { model: '--help' } }), 'an option in place of a model')
  t.throws(() => configWith({ security: { taskfilter: 'safe' } }), 'an unknown key')
})

t.test('variables that carry a secret or undo the clean environment cannot be configured', async (t) => {
  for (const name of ['ANTHROPIC_API_KEY', 'CLAUDE_CONFIG_DIR', 'HOME', 'not a name']) {
    t.throws(() => configWith({ environment: { [name]: 'x' } }), name)
  }
  t.same(configWith({ environment: { HTTPS_PROXY: 'http://p' } }).environment, { HTTPS_PROXY: 'http://p' })
})
