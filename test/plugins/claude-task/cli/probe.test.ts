import { chmodSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { findCli } from '../../../../plugins/claude-task/cli/probe.ts'
import { REQUIRED_FLAGS } from '../../../../plugins/claude-task/command-line.ts'

/** A program file, and what it is made to answer. */
function cli(t: Test, version: string, help = REQUIRED_FLAGS.join('\n')) {
  const dataDir = t.testdir()
  const path = join(dataDir, 'claude.exe')
  writeFileSync(path, '')
  chmodSync(path, 0o755)
  const asked: string[] = []
  const ask = async (_: string, [argument]: readonly string[]) => {
    asked.push(argument ?? '')
    return argument === '--version' ? version : help
  }
  return { dataDir, path, ask, asked }
}

t.test('a new enough CLI is asked once, until its file changes', async (t) => {
  const { dataDir, path, ask, asked } = cli(t, '2.1.259 (Claude Code)')
  for (const _ of [1, 2]) t.match(await findCli(path, dataDir, ask), { version: '2.1.259' })
  t.same(asked, ['--version', '--help'])
  utimesSync(path, 1, 1)
  await findCli(path, dataDir, ask)
  t.equal(asked.length, 4)
})

t.test('what was remembered is not trusted when it is spoilt', async (t) => {
  const { dataDir, path, ask, asked } = cli(t, '2.1.330 (Claude Code)')
  await findCli(path, dataDir, ask)
  t.match(readFileSync(join(dataDir, 'cli.json'), 'utf8'), '2.1.330')
  writeFileSync(join(dataDir, 'cli.json'), '{"identity":1')
  await findCli(path, dataDir, ask)
  t.equal(asked.length, 4)
})

t.test('a missing CLI is refused with the way to get one', async (t) => {
  const { dataDir, ask } = cli(t, '')
  await t.rejects(findCli(join(dataDir, 'none'), dataDir, ask), {
    code: 'CLAUDE_MISSING',
    refused: true,
    message: /npm install/,
  })
})

t.test('an old CLI, or one without a flag that contains tasks, is refused', async (t) => {
  const old = cli(t, '2.1.258 (Claude Code)')
  await t.rejects(findCli(old.path, old.dataDir, old.ask), { code: 'CLAUDE_TOO_OLD', message: /2\.1\.259/ })
  t.same(old.asked, ['--version'])
  const changed = cli(t, '9.0.0 (Claude Code)', '--tools')
  await t.rejects(findCli(changed.path, changed.dataDir, changed.ask), {
    code: 'CLAUDE_TOO_OLD',
    message: /--restricted/,
  })
})

t.test('another program, or one that cannot run, is refused', async (t) => {
  const other = cli(t, 'claude, the music player 3.0')
  await t.rejects(findCli(other.path, other.dataDir, other.ask), { code: 'CLAUDE_UNUSABLE', refused: true })
  const failing = async () => {
    throw new Error('native binary not installed')
  }
  await t.rejects(findCli(other.path, other.dataDir, failing), {
    code: 'CLAUDE_UNUSABLE',
    message: /native binary not installed/,
  })
})

t.test('a refusal of the agent itself is passed on as it is', async (t) => {
  const { dataDir, path } = cli(t, '')
  const refusal = Object.assign(new Error('no'), { name: 'CommandError', code: 'PROGRAM_NOT_ALLOWED' })
  await t.rejects(
    findCli(path, dataDir, () => Promise.reject(refusal)),
    { code: 'PROGRAM_NOT_ALLOWED' },
  )
})
