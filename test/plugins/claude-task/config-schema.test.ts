import t from 'tap'
import { configSchema } from '../../../plugins/claude-task/config-schema.ts'
import { configWith } from './settings.ts'

t.test('an empty config gets the defaults of the spec and nothing wider', async (t) => {
  const { security, ...rest } = configWith()
  t.same(rest, { cliPath: null, apiKeyFile: null, environment: {}, idleTimeoutSeconds: 180 })
  t.match(security, {
    baseDirectories: [],
    defaultProfile: 'inspect',
    roles: {},
    users: {},
    taskFilter: 'strict',
    maxTaskCharacters: 10_000,
    denyCredentials: true,
    denyStartupFiles: true,
    profiles: {
      inspect: { tools: ['Read', 'Glob', 'Grep'], rules: {}, model: null },
      maintain: { tools: ['Read', 'Glob', 'Grep', 'Edit', 'Write'] },
      operate: { sandbox: 'required', networkHosts: [] },
    },
  })
})

t.test('every key tells what it does and has a default', async (t) => {
  const { security, ...others } = configSchema.properties
  const profiles = Object.values(security.properties.profiles.properties).map(({ properties }) => properties)
  const keys = [others, security.properties, ...profiles].flatMap((each) => Object.entries(each))
  for (const [name, schema] of keys) {
    t.ok(schema.description.length > 10, `${name} is described`)
    t.ok('default' in schema, `${name} has a default`)
  }
})

t.test('what would fail open or silently in the CLI is refused by the schema', async (t) => {
  const profile = (name: string, keys: object) => () => configWith({ security: { profiles: { [name]: keys } } })
  t.throws(profile('inspect', { tools: ['Raed'] }), 'a misspelt tool')
  t.throws(profile('inspect', { maxTurns: 0 }), 'no limit on turns')
  t.throws(profile('inspect', { model: '--help' }), 'an option in place of a model')
  t.throws(() => configWith({ security: { taskfilter: 'safe' } }), 'an unknown key')
  t.throws(() => configWith({ security: { roles: { technician: 'root' } } }), 'a profile that is none')
})

t.test('variables that carry a secret or undo the clean environment cannot be configured', async (t) => {
  for (const name of ['ANTHROPIC_API_KEY', 'CLAUDE_CONFIG_DIR', 'HOME', 'not a name']) {
    t.throws(() => configWith({ environment: { [name]: 'x' } }), name)
  }
  t.same(configWith({ environment: { HTTPS_PROXY: 'http://p' } }).environment, { HTTPS_PROXY: 'http://p' })
})

t.test('no profile can be made more than its name says', async (t) => {
  const profile = (name: string, keys: object) => () => configWith({ security: { profiles: { [name]: keys } } })
  for (const tool of ['Edit', 'Write', 'Bash']) t.throws(profile('inspect', { tools: [tool] }), tool)
  t.throws(profile('maintain', { tools: ['Bash'] }), 'maintain runs nothing')
  t.throws(profile('operate', { sandbox: 'off' }), 'operate runs in a sandbox')
  t.throws(profile('operate', { sandbox: 'auto' }), 'operate runs in a sandbox')
})

t.test('a rule is for files or for commands', async (t) => {
  const rule = (keys: object) => () => configWith({ security: { profiles: { operate: { rules: { one: keys } } } } })
  t.doesNotThrow(rule({ decision: 'deny', tools: ['Read', 'Write'], paths: ['*.db'] }))
  t.doesNotThrow(rule({ decision: 'ask', tools: ['Bash'], commands: ['systemctl *'] }))
  t.throws(rule({ decision: 'deny', tools: ['Bash'], paths: ['*.db'] }))
  t.throws(rule({ decision: 'deny', tools: ['Read'], commands: ['x'] }))
  t.throws(rule({ decision: 'perhaps', tools: ['Read'] }))
  t.throws(rule({ tools: ['Read'] }))
})
