import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { type ConfigError, type LoadOptions, loadConfig } from '../../../core/config/index.ts'

const server = { url: 'wss://rmm.example.com/agent' }

/** Writes the text (or value, as JSON) as a config file and loads it, with no environment unless given. */
async function load(t: Test, content: unknown, options: Omit<LoadOptions, 'file'> = {}) {
  const text = typeof content === 'string' ? content : JSON.stringify(content)
  const file = join(t.testdir({ 'agent.config.json': text }), 'agent.config.json')
  return loadConfig({ env: {}, ...options, file })
}

/** The error that loading ends with. */
async function refusal(t: Test, content: unknown, options: Omit<LoadOptions, 'file'> = {}): Promise<ConfigError> {
  return load(t, content, options).then(
    () => Promise.reject(new Error('the config was accepted')),
    (error: ConfigError) => error,
  )
}

t.test('a config that names only the server gets every default, and absolute paths', async (t) => {
  const { config, directory, site } = await load(t, { server })
  t.equal(config.server.heartbeatSeconds, 30)
  t.same(config.server.reconnect, { minSeconds: 1, maxSeconds: 60 })
  t.equal(config.limits.maxConcurrentCommands, 16)
  t.equal(config.agent.dataDir, join(directory, 'var'))
  t.equal(config.agent.id, null)
  t.equal(site, 'default')
  t.same(config.plugins, {})
})

t.test('the loaded config is frozen to its leaves', async (t) => {
  const loaded = await load(t, { server, plugins: { shell: { config: { allow: ['a'] } } } })
  t.ok(Object.isFrozen(loaded))
  t.ok(Object.isFrozen(loaded.config.server.reconnect))
  t.ok(Object.isFrozen(loaded.config.plugins.shell?.config.allow))
})

t.test('relative paths start at the config file, absolute ones stay', async (t) => {
  const { config, directory } = await load(t, {
    agent: { dataDir: '../data' },
    server: { ...server, tokenFile: './token', tls: { caFile: '/etc/ca.pem' } },
  })
  t.equal(config.agent.dataDir, join(directory, '../data'))
  t.equal(config.server.tokenFile, join(directory, 'token'))
  t.equal(config.server.tls.caFile, '/etc/ca.pem')
})

t.test('flags go before the environment, which goes before the file, which goes before the defaults', async (t) => {
  const file = { server, log: { level: 'warn', files: 3 }, limits: { maxQueuedCommands: 7 } }
  const env = { GURURMM_LOG__LEVEL: 'error', GURURMM_LIMITS__MAX_QUEUED_COMMANDS: '8', PATH: '/bin' }
  const { config } = await load(t, file, { env, flags: { 'log.level': 'debug' } })
  t.equal(config.log.level, 'debug')
  t.equal(config.limits.maxQueuedCommands, 8)
  t.equal(config.log.files, 3)
  t.equal(config.log.maxBytes, 10_485_760)
})

t.test('the environment sets texts, numbers, booleans and, by an empty text, null', async (t) => {
  const env = {
    GURURMM_SERVER__TOKEN_FILE: '',
    GURURMM_SERVER__ALLOW_INSECURE: 'true',
    GURURMM_SERVER__URL: 'ws://rmm.internal/agent',
    GURURMM_SERVER__RECONNECT__MIN_SECONDS: '0.5',
  }
  const { config } = await load(t, { server: { tokenFile: 'x' } }, { env })
  t.equal(config.server.tokenFile, null)
  t.equal(config.server.allowInsecure, true)
  t.equal(config.server.reconnect.minSeconds, 0.5)
})

t.test('a site’s section is laid over the plugins: objects merge, lists are replaced', async (t) => {
  const content = {
    agent: { site: 'clinic' },
    server,
    plugins: { shell: { config: { a: [1, 2], b: { c: 1 } } }, claude_task: {} },
    sites: {
      clinic: { plugins: { shell: { config: { a: [3], b: { d: 2 } } }, claude_task: { enabled: false } } },
      elsewhere: { plugins: { shell: { enabled: false } } },
    },
  }
  const { config, site } = await load(t, content)
  t.equal(site, 'clinic')
  t.same(config.plugins.shell, { enabled: true, config: { a: [3], b: { c: 1, d: 2 } } })
  t.equal(config.plugins.claude_task?.enabled, false)

  t.test('whichever layer names the site', async (t) => {
    const moved = await load(t, content, { env: { GURURMM_AGENT__SITE: 'elsewhere' } })
    t.equal(moved.config.plugins.shell?.enabled, false)
    t.equal(moved.config.plugins.claude_task?.enabled, true)
    const back = await load(t, content, {
      env: { GURURMM_AGENT__SITE: 'elsewhere' },
      flags: { 'agent.site': 'clinic' },
    })
    t.equal(back.site, 'clinic')
    t.equal(back.config.plugins.claude_task?.enabled, false)
  })
})

t.test('the digest is that of the policy: key order and place do not change it, a value does', async (t) => {
  const one = await load(t, { server, log: { level: 'info', files: 2 } })
  const other = await load(t, { log: { files: 2 }, server, $schema: './x.json' })
  const changed = await load(t, { server, log: { files: 3 } })
  t.match(one.digest, /^sha256-[0-9a-f]{64}$/)
  t.equal(one.digest, other.digest)
  t.not(one.digest, changed.digest)
})

t.test('every problem of the file is told, each with its key, place, expectation and finding', async (t) => {
  const { code, problems } = await refusal(
    t,
    `{ "server": { "urll": "wss://x", "heartbeatSeconds": "soon" },
  "limits": { "maxQueuedCommands": -1 },
  "plugins": { "claude_task": { "enabld": true, "limits": { "claude_task": { "rate": { "count": 1 } } } }, "Shell": {} },
  "sites": { "clinic": { "plugins": { "shell": { "enabled": 1 } } } }, "log": [] }`,
  )
  t.equal(code, 'CONFIG_INVALID')
  t.same(
    problems.map(({ path, line }) => `${line} ${path}`),
    [
      '1 server.urll',
      '1 server.heartbeatSeconds',
      '2 limits.maxQueuedCommands',
      '3 plugins.claude_task.enabld',
      '3 plugins.claude_task.limits.claude_task.rate.windowSeconds',
      '3 plugins.Shell',
      '4 sites.clinic.plugins.shell.enabled',
      '4 log',
    ],
  )
  t.match(problems[0]?.message, /"url"/, 'the nearest key is named')
  t.match(problems[1], { column: 34, expected: 'a number', found: '"soon"', source: /agent\.config\.json$/ })
})

t.test('an unknown GURURMM_ variable is refused with the nearest known one', async (t) => {
  const { code, problems } = await refusal(t, { server }, { env: { GURURMM_LOG__LEVL: 'info' } })
  t.equal(code, 'CONFIG_INVALID')
  t.match(problems, [{ source: /GURURMM_LOG__LEVL/, expected: 'GURURMM_LOG__LEVEL' }])
})

t.test('the environment and flags set no plugins and no sites', async (t) => {
  const env = { GURURMM_PLUGINS__SHELL__ENABLED: 'true', GURURMM_SITES__CLINIC: '{}' }
  const { problems } = await refusal(t, { server }, { env, flags: { 'plugins.shell.enabled': 'true' } })
  t.equal(problems.length, 3)
})

t.test('a value that does not fit names the variable or flag it came from', async (t) => {
  const env = { GURURMM_LIMITS__MAX_OUTPUT_BYTES: '1e99', GURURMM_SERVER__ALLOW_INSECURE: 'yes' }
  const { problems } = await refusal(t, { server }, { env, flags: { 'log.level': 'loud' } })
  t.same(
    problems.map(({ source, path }) => [source, path]),
    [
      ['environment variable GURURMM_LIMITS__MAX_OUTPUT_BYTES', 'limits.maxOutputBytes'],
      ['environment variable GURURMM_SERVER__ALLOW_INSECURE', 'server.allowInsecure'],
      ['flag --set log.level', 'log.level'],
    ],
  )
})

t.test('the variables that name the config and the token are no keys', async (t) => {
  await load(t, { server }, { env: { GURURMM_CONFIG: '/x', GURURMM_TOKEN: 'secret' } })
})

t.test('without a server the error says where to name one', async (t) => {
  for (const content of [{}, { server: {} }, { server: { heartbeatSeconds: 5 } }]) {
    const { code, problems } = await refusal(t, content)
    t.equal(code, 'CONFIG_INVALID')
    t.match(problems, [{ path: /^server/, message: /GURURMM_SERVER__URL/ }])
  }
})

t.test('ws:// stays on this machine unless the config allows more', async (t) => {
  for (const host of ['127.0.0.1', '127.8.9.1', '[::1]', 'localhost', 'LOCALHOST:9000']) {
    await load(t, { server: { url: `ws://${host}/agent` } })
  }
  for (const host of ['10.0.0.1', '127.0.0.1.example.com', 'localhost.example.com', '[::2]', '0.0.0.0', 'rmm']) {
    const { problems } = await refusal(t, { server: { url: `ws://${host}/agent` } })
    t.match(problems, [{ path: 'server.url', line: 1 }], host)
  }
  await load(t, { server: { url: 'ws://10.0.0.1', allowInsecure: true } })
})

t.test('an address of another kind, or with a password in it, is refused', async (t) => {
  for (const url of ['http://x', 'rmm.example.com', 'wss://user:pass@x/', 'wss://x/#part', '', 'wss://']) {
    const { problems } = await refusal(t, { server: { url } })
    t.match(problems, [{ path: 'server.url' }], url)
  }
})

t.test('keys that contradict each other are refused, at the source of the wrong one', async (t) => {
  const file = { server: { ...server, reconnect: { minSeconds: 90 } }, limits: { maxTimeoutSeconds: 100 } }
  const { problems } = await refusal(t, file, { env: { GURURMM_LIMITS__DEFAULT_TIMEOUT_SECONDS: '200' } })
  t.match(problems, [
    { path: 'server.reconnect.minSeconds', line: 1 },
    { path: 'limits.defaultTimeoutSeconds', source: /GURURMM_LIMITS__DEFAULT_TIMEOUT_SECONDS/ },
  ])
})

t.test('what is not strict JSON is refused at its line and column', async (t) => {
  const cases: [content: string, line: number, column: number][] = [
    ['', 1, 1],
    ['{ "a": 1,\n  // why\n "b": 2 }', 2, 3],
    ['{ "a": 1,\n}', 2, 1],
    ['{ "log": {},\n  "log": {} }', 2, 3],
    ['{ "plugins": { "x": { "config": { "__proto__": {} } } } }', 1, 35],
    ['{ "agent": { "dataDir": "C:\\Data" } }', 1, 25],
    ["{ 'a': 1 }", 1, 3],
    ['{ "a": 1 } x', 1, 12],
    ['{ "a": "\u0001" }', 1, 8],
    ['\uFEFF{}', 1, 1],
    [`${'['.repeat(100_000)}`, 1, 1],
  ]
  for (const [content, line, column] of cases) {
    const { code, problems } = await refusal(t, content)
    t.equal(code, 'CONFIG_UNREADABLE', content.slice(0, 40))
    t.match(problems, [{ line, column }], content.slice(0, 40))
  }
})

t.test('a file that is missing, a folder, unreadable, in another encoding or far too large is refused', async (t) => {
  const folder = t.testdir({ big: `"${'x'.repeat(1_100_000)}"` })
  await writeFile(join(folder, 'utf16'), Buffer.from('\uFEFF{}', 'utf16le'))
  await writeFile(join(folder, 'bytes'), Buffer.from([0x22, 0xc3, 0x28, 0x22]))
  await mkdir(join(folder, 'folder'))
  for (const name of ['missing', 'folder', 'utf16', 'bytes', 'big']) {
    await t.rejects(loadConfig({ file: join(folder, name), env: {} }), { code: 'CONFIG_UNREADABLE' }, name)
  }
  if (process.geteuid?.() !== 0) {
    await chmod(join(folder, 'utf16'), 0)
    await t.rejects(loadConfig({ file: join(folder, 'utf16'), env: {} }), { code: 'CONFIG_UNREADABLE' })
  }
})

t.test('a broken value of a key that a flag overrides is still told', async (t) => {
  const { problems } = await refusal(t, { server, log: { level: 'loud' } }, { flags: { 'log.level': 'info' } })
  t.match(problems, [{ path: 'log.level' }])
})
