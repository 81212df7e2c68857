import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { waitUntil } from '../../helpers/wait-until.ts'
import { agentFolder, cli, spawnCli } from './cli.ts'

// Each reload starts processes, and the machine may have much else to do
t.setTimeout(600_000)

const CONFIG = 'acme/.gururmm-dev.json'

t.test(
  'plugin dev serves a plugin, takes changes up, tells what is broken, and leaves nothing',
  { skip: process.platform === 'win32' && 'Ctrl-C can’t be sent there' },
  async (t) => {
    const folder = agentFolder(t)
    await cli(folder, ['plugin', 'new', 'acme', '--language', 'javascript'])
    // Where the account that plugins run as gets in
    const TMPDIR = path.join(folder, 'tmp')
    mkdirSync(TMPDIR)
    chmodSync(folder, 0o755)
    const child = spawnCli(folder, ['plugin', 'dev', 'acme'], { env: { TMPDIR } })
    let told = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (told += chunk))
    t.teardown(() => child.kill('SIGKILL'))
    const says = (text: string, since = 0) =>
      waitUntil(`it says ${text}`, () => told.slice(since).includes(text), 120_000)
    const run = (...args: string[]) => cli(folder, ['--config', CONFIG, 'run', 'acme', ...args])

    await says('Watching acme')
    t.match(told, `gururmm-agent --config ${CONFIG} run acme --help`)
    t.match(await run(), { code: 0, stdout: /"owner":"Acme Inc\."/ })
    await says('exit code 0')
    t.match(await cli(folder, ['plugin', 'dev', 'acme'], { env: { TMPDIR } }), {
      code: 75,
      stderr: /runs for .*acme already/,
    })

    const code = path.join(folder, 'acme/index.js')
    const edit = async (from: string, to: string, expected: string) => {
      const since = told.length
      writeFileSync(code, readFileSync(code, 'utf8').replace(from, to))
      await says(expected, since)
    }
    await edit('owner: ctx.config.owner', "owner: 'changed'", 'is up')
    t.match(await run(), { code: 0, stdout: /"owner":"changed"/ })
    await edit("owner: 'changed'", "owner: = 'broken'", 'SyntaxError')
    t.match(told, /error index\.js:\d+/)
    t.match(await run(), { code: 0, stdout: /"owner":"changed"/ }, 'the version before serves on')
    await edit("owner: = 'broken'", 'owner: fail(), x: 1', 'is up')
    t.match(await run(), { code: 1, stderr: /HANDLER_FAILED/ })
    await says('ReferenceError: fail is not defined')
    t.match(told, /at .*index\.js:\d+:\d+/)

    child.kill('SIGINT')
    const [exitCode] = await once(child, 'close')
    t.equal(exitCode, 0)
    t.notOk(existsSync(path.join(folder, CONFIG)))
    t.strictSame(readdirSync(TMPDIR), [])
  },
)
