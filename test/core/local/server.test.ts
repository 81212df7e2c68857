import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { access, mkdir, readFile, rm, stat } from 'node:fs/promises'
import { request } from 'node:http'
import { createServer as createNetServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { AgentControl } from '../../../core/local/index.ts'
import { createLocalServer, findAgent, localError } from '../../../core/local/index.ts'

const POSIX = process.platform === 'win32' ? 'named pipes have no files' : false
const command = { id: 'c1', command_type: 'shell', command: 'true' }
const result = { command_id: 'c1', exit_code: 0, stdout: 'hi\n', stderr: '', duration_ms: 3 }

/** A folder whose path leaves room for a socket's name; those of `t.testdir()` may not. */
function shortFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'agent-'))
  t.teardown(() => rm(folder, { recursive: true }))
  return folder
}

/** An agent that answers with its own arguments. */
function agentWith(methods: Partial<AgentControl> = {}): AgentControl {
  const unexpected = () => Promise.reject(new Error('not expected here'))
  return {
    run: unexpected,
    explain: unexpected,
    reloadPlugin: unexpected,
    status: unexpected,
    plugins: unexpected,
    setPlugin: unexpected,
    doctor: unexpected,
    history: { list: unexpected, show: unexpected, output: unexpected },
    ...methods,
  }
}

async function serve(t: Test, methods: Partial<AgentControl>, dataDir = shortFolder(t)): Promise<AgentControl> {
  const server = await createLocalServer({ dataDir, agent: agentWith(methods) })
  t.teardown(() => server.close())
  const client = await findAgent(dataDir)
  if (client === undefined) throw new Error('nothing listens')
  return client
}

t.test('no agent is found in a folder without one, or without a folder', async (t) => {
  const dataDir = t.testdir({ file: '' })
  t.equal(await findAgent(dataDir), undefined)
  t.equal(await findAgent(join(dataDir, 'missing')), undefined)
  t.equal(await findAgent(join(dataDir, 'file')), undefined)
})

t.test('a run’s progress comes as it happens, its result at the end', async (t) => {
  const go = Promise.withResolvers<void>()
  const client = await serve(t, {
    async run(given, options) {
      t.same(given, command)
      options?.onProgress?.({ stream: 'stdout', offset: 0, data: 'first\u2028\n' })
      await go.promise
      options?.onProgress?.({ stream: 'event', data: { n: 1 } })
      return result
    },
  })
  const seen: unknown[] = []
  const end = await client.run(command, {
    onProgress(item) {
      seen.push(item)
      go.resolve() // had the first piece waited for the end, this would never come
    },
  })
  t.same(end, result)
  t.same(seen, [
    { stream: 'stdout', offset: 0, data: 'first\u2028\n' },
    { stream: 'event', data: { n: 1 } },
  ])
})

t.test('an abort cancels the command, whose result still comes', async (t) => {
  const cancelled = { ...result, exit_code: -1 }
  const client = await serve(t, {
    run: (_, options) => new Promise((resolve) => options?.signal?.addEventListener('abort', () => resolve(cancelled))),
  })
  const stop = new AbortController()
  const end = client.run(command, { signal: stop.signal })
  setImmediate(() => stop.abort())
  t.same(await end, cancelled)
})

t.test('a client that goes away cancels its command', async (t) => {
  const dataDir = shortFolder(t)
  const aborted = Promise.withResolvers<void>()
  const started = Promise.withResolvers<void>()
  const agent = agentWith({
    run: (_, options) => {
      options?.signal?.addEventListener('abort', () => aborted.resolve())
      started.resolve()
      return new Promise(() => {})
    },
  })
  const server = await createLocalServer({ dataDir, agent })
  t.teardown(() => server.close())
  const call = request({ socketPath: server.path, method: 'POST', path: '/run', agent: false })
  call.on('error', () => {})
  call.end(JSON.stringify(command))
  await started.promise
  call.destroy()
  await aborted.promise
})

t.test('a command that breaks the agent’s rules for commands never reaches it', async (t) => {
  const client = await serve(t, {})
  await t.rejects(client.run({ command_type: 'shell' } as never), { code: 'MESSAGE_INVALID', message: /id/ })
  await t.rejects(client.run({ ...command, command: 'x'.repeat(1_100_000) }), { code: 'MESSAGE_INVALID' })
})

t.test('plugins are listed, and switched with or without a site', async (t) => {
  const calls: unknown[] = []
  const plugin = { name: 'shell', state: 'disabled' } as never
  const client = await serve(t, {
    plugins: async () => [plugin],
    setPlugin: async (...args) => {
      calls.push(args)
      return plugin
    },
  })
  t.same(await client.plugins(), [plugin])
  t.same(await client.setPlugin('shell', { enabled: false }), plugin)
  await client.setPlugin('shell', { enabled: true, site: 'clinic' })
  t.match(calls, [
    ['shell', { enabled: false, site: undefined }],
    ['shell', { enabled: true, site: 'clinic' }],
  ])
})

t.test('an error of the agent arrives with its code and sentence', async (t) => {
  const client = await serve(t, {
    run: () => Promise.reject(localError('AGENT_DRAINING', 'The agent is stopping.')),
    setPlugin: () => Promise.reject(localError('PLUGIN_NOT_FOUND', 'No such plugin.')),
  })
  await t.rejects(client.run(command), { code: 'AGENT_DRAINING', message: 'The agent is stopping.' })
  await t.rejects(client.setPlugin('x', { enabled: true }), { code: 'PLUGIN_NOT_FOUND' })
})

t.test('an agent that ends while it answers is unreachable, not silent', async (t) => {
  const dataDir = shortFolder(t)
  const server = await createLocalServer({ dataDir, agent: agentWith({ run: () => new Promise(() => {}) }) })
  const client = await findAgent(dataDir)
  const failed = t.rejects(Promise.resolve(client?.run(command)), { code: 'AGENT_UNREACHABLE' })
  await server.close()
  await failed
  t.equal(await findAgent(dataDir), undefined)
})

t.test('only the agent’s user can use the socket', { skip: POSIX }, async (t) => {
  const dataDir = shortFolder(t)
  const server = await createLocalServer({ dataDir, agent: agentWith() })
  t.teardown(() => server.close())
  t.equal((await stat(server.path)).mode & 0o777, 0o600)
  t.equal(server.path, join(dataDir, 'agent.sock'))
})

t.test('the socket of a dead agent is replaced, and closing removes ours', { skip: POSIX }, async (t) => {
  const dataDir = shortFolder(t)
  const script = `require('net').createServer().listen(${JSON.stringify(join(dataDir, 'agent.sock'))}, () => process.kill(process.pid, 'SIGKILL'))`
  const dead: ChildProcess = spawn(process.execPath, ['-e', script])
  await once(dead, 'exit')
  await access(join(dataDir, 'agent.sock'))
  t.equal(await findAgent(dataDir), undefined)
  const server = await createLocalServer({ dataDir, agent: agentWith() })
  t.ok(await findAgent(dataDir))
  await server.close()
  await t.rejects(access(join(dataDir, 'agent.sock')), { code: 'ENOENT' })
})

t.test(
  'where the data folder’s path is too long for a socket, a noted short one serves',
  { skip: POSIX },
  async (t) => {
    const dataDir = join(shortFolder(t), 'x'.repeat(120))
    await mkdir(dataDir)
    const server = await createLocalServer({ dataDir, agent: agentWith({ plugins: async () => [] }) })
    t.equal((await readFile(join(dataDir, 'agent.sock.path'), 'utf8')).trim(), server.path)
    t.equal((await stat(join(server.path, '..'))).mode & 0o777, 0o700)
    t.same(await (await findAgent(dataDir))?.plugins(), [])
    await server.close()
    await t.rejects(access(join(server.path, '..')), { code: 'ENOENT' })
    await t.rejects(access(join(dataDir, 'agent.sock.path')), { code: 'ENOENT' })
    t.equal(await findAgent(dataDir), undefined)
  },
)

t.test('a client that reads nothing does not fill the agent’s memory', async (t) => {
  const dataDir = shortFolder(t)
  const piece = { stream: 'stdout' as const, offset: 0, data: 'x'.repeat(65_536) }
  let written = 0
  const server = await createLocalServer({
    dataDir,
    agent: agentWith({
      async run(_, options) {
        const before = process.memoryUsage.rss()
        for (; written < 2000; written++) {
          options?.onProgress?.(piece)
          if (written % 100 === 0) await new Promise(setImmediate)
        }
        t.ok(process.memoryUsage.rss() - before < 60_000_000, '130 MB of progress cost less than 60')
        return result
      },
    }),
  })
  t.teardown(() => server.close())
  const call = request({ socketPath: server.path, method: 'POST', path: '/run', agent: false })
  call.end(JSON.stringify(command))
  const [response] = await once(call, 'response')
  while (written < 2000) await new Promise((resolve) => setTimeout(resolve, 10))
  response.resume()
  await once(response, 'end')
})

t.test('a place where another server listens is no agent to us, nor broken by us', { skip: POSIX }, async (t) => {
  const dataDir = shortFolder(t)
  const other = createNetServer((socket) => socket.on('error', () => {}).end('hello\n')).listen(
    join(dataDir, 'agent.sock'),
  )
  await once(other, 'listening')
  t.teardown(() => other.close())
  await t.rejects(Promise.resolve((await findAgent(dataDir))?.status()), { code: 'AGENT_UNREACHABLE' })
})
