import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { processesWith, startAgent } from '../../helpers/processes.ts'
import { startSpecServer } from '../../helpers/spec-server.ts'
import { agentFolder, cli, spawnCli } from './cli.ts'

/** What these tests say in `sh`. */
const POSIX = process.platform === 'win32' ? 'the command lines are those of sh' : false

/** A folder whose `run` happens in its own process, and one whose `run` goes through a running agent. */
const PLACES: Readonly<Record<string, (t: Test) => Promise<string>>> = {
  'in this process': async (t) => agentFolder(t),
  'through the running agent': async (t) => {
    const server = await startSpecServer(t)
    const agent = await startAgent(t, { serverUrl: server.url })
    await server.inbox.take('auth')
    return agent.folder
  },
}

for (const [place, prepare] of Object.entries(PLACES)) {
  t.test(`run ${place}`, { skip: POSIX }, async (t) => {
    const folder = await prepare(t)

    t.test('prints what the command prints, and ends with its exit code', async (t) => {
      const end = await cli(folder, ['run', 'shell', 'echo out; echo err >&2; exit 7'])
      t.same(end, { code: 7, stdout: 'out\n', stderr: 'err\n' })
    })

    t.test('prints the output while the command runs', async (t) => {
      const child = spawnCli(folder, [
        'run',
        'shell',
        `echo begun; while ! test -e ${folder}/go; do sleep 0.05; done; echo ended`,
      ])
      const [first] = await once(child.stdout.setEncoding('utf8'), 'data')
      t.equal(first, 'begun\n')
      await writeFile(path.join(folder, 'go'), '')
      t.equal(await text(child.stdout), 'ended\n')
    })

    t.test('a refusal ends with 255, and says why and by which code', async (t) => {
      const end = await cli(folder, ['run', 'no_such_type', 'x'])
      t.match(end, { code: 255, stdout: '', stderr: /no_such_type[\s\S]*COMMAND_TYPE_UNKNOWN/ })
      t.match(await cli(folder, ['run', 'shel', 'x']), { code: 255, stderr: /"shell"/ })
      t.match(await cli(folder, ['run', 'shell']), { code: 255, stderr: /COMMAND_INPUT_INVALID/ })
    })

    t.test('into a pipe goes what the command wrote, without a line end of ours', { skip: POSIX }, async (t) => {
      t.match(await cli(folder, ['run', 'shell', 'printf open']), { code: 0, stdout: /^open$/, stderr: '' })
    })

    t.test('--json prints the result and nothing else', async (t) => {
      const { code, stdout, stderr } = await cli(folder, ['run', '--json', 'shell', 'echo out; exit 3'])
      t.equal(code, 3)
      t.equal(stderr, '')
      t.match(JSON.parse(stdout), { exit_code: 3, stdout: 'out\n', stderr: '', duration_ms: Number, plugin: 'shell' })
    })

    t.test('a deadline ends the command with 124, and nothing of it is left', async (t) => {
      const marker = `7${Date.now()}`
      const { code, stdout, stderr } = await cli(folder, [
        'run',
        '--timeout',
        '0.5',
        'shell',
        `echo before; sleep ${marker} & sleep ${marker}`,
      ])
      t.equal(code, 124)
      t.equal(stdout, 'before\n')
      t.match(stderr, 'COMMAND_TIMED_OUT')
      t.same(await processesWith(`sleep ${marker}`), [])
    })

    t.test('Ctrl-C cancels the command, whose result still comes', async (t) => {
      const marker = `8${Date.now()}`
      const child = spawnCli(folder, ['run', 'shell', `echo begun; sleep ${marker}`])
      const stderr = text(child.stderr)
      await once(child.stdout, 'data')
      child.kill('SIGINT')
      const [code] = await once(child, 'close')
      t.equal(code, 255)
      t.match(await stderr, 'COMMAND_CANCELLED')
      t.same(await processesWith(`sleep ${marker}`), [])
    })

    t.test('an output larger than the limit is printed as far as it came, and what is missing is said', async (t) => {
      const { code, stdout } = await cli(folder, ['run', 'shell', 'head -c 3000000 /dev/zero | tr "\\0" x; echo END'])
      t.equal(code, 0)
      const left = [...stdout.matchAll(/\[… (\d+) bytes left out …\]/g)].reduce(
        (sum, [, bytes]) => sum + Number(bytes),
        0,
      )
      const printed = stdout.replaceAll(/\n\[… \d+ bytes left out …\]\n/g, '').length
      t.equal(printed + left, 3_000_004, 'what is printed and what is left out make up the whole')
    })
  })
}
