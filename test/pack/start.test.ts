import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { plainEnvironment, ROOT } from '../helpers/npm.ts'
import { directoryOutside } from '../helpers/outside.ts'
import { startSpecServer } from '../helpers/spec-server.ts'

interface Coverage {
  readonly result: readonly { readonly url: string; readonly functions: readonly CoveredFunction[] }[]
}
interface CoveredFunction {
  readonly functionName: string
  readonly ranges: readonly { readonly count: number }[]
}

/** The files of libraries in the bundle that ran: each is a function named after its file. */
async function filesRun(folder: string): Promise<ReadonlySet<string>> {
  const names = new Set<string>()
  for (const file of await readdir(folder)) {
    const { result } = JSON.parse(await readFile(path.join(folder, file), 'utf8')) as Coverage
    for (const { functionName, ranges } of result.flatMap(({ functions }) => functions)) {
      if (functionName.startsWith('node_modules/') && ranges.some(({ count }) => count > 0)) names.add(functionName)
    }
  }
  return names
}

t.test('from its start to a result the built agent loads nothing heavy', async (t) => {
  const server = await startSpecServer(t)
  const folder = directoryOutside(t, { token: 'secret-token\n', coverage: {} })
  await chmod(path.join(folder, 'token'), 0o600)
  const config = path.join(folder, 'agent.config.json')
  const settings = { agent: { dataDir: './var' }, server: { url: server.url, tokenFile: './token' } }
  await writeFile(config, JSON.stringify({ ...settings, plugins: { shell: { enabled: true } } }))

  const env = { ...plainEnvironment(), NODE_V8_COVERAGE: path.join(folder, 'coverage') }
  const args = [path.join(ROOT, 'bin/gururmm-agent.js'), 'start', '--config', config]
  const agent = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'inherit'] })
  const exit = once(agent, 'exit')
  await server.inbox.take('auth')
  server.sendCommand({ id: 'one', command_type: 'shell', command: 'echo it works' })
  t.match(await server.resultOf('one'), { exit_code: 0, stdout: /it works/ })
  agent.kill('SIGTERM')
  await exit

  const files = [...(await filesRun(path.join(folder, 'coverage')))]
  t.ok(files.includes('node_modules/ws/lib/websocket.js'), 'the coverage tells')
  const heavy = /^node_modules\/(ajv\/dist\/(?!runtime\/)|iconv-lite|re2js|cli-table3)/
  t.strictSame(
    files.filter((file) => heavy.test(file)),
    [],
  )
})
