import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ensureClaudeCli } from '../../scripts/claude-cli.js'
import { agentFolder, cli } from '../core/cli/cli.ts'
import { startFakeAnthropic } from '../helpers/fake-anthropic/server.ts'
import { CWD } from './real.ts'

const EDITS = [
  {
    calls: [
      { name: 'Write', input: { file_path: `${CWD}/report.md`, content: 'all is well' } },
      { name: 'Read', input: { file_path: '/etc/hostname' } },
    ],
  },
  { text: 'The report is written.' },
]

t.test('the history tells in full what a task did', async (t) => {
  const cliPath = await ensureClaudeCli({ say: (line) => t.comment(line) })
  const fake = await startFakeAnthropic({ scenarios: { default: EDITS } })
  t.teardown(() => fake.close())
  const folder = agentFolder(t, {
    plugins: {
      claude_task: {
        config: {
          cliPath,
          apiKeyFile: './key',
          environment: { ANTHROPIC_BASE_URL: fake.url },
          security: { baseDirectories: [{ path: './base', access: 'read-write' }], defaultProfile: 'maintain' },
        },
      },
    },
  })
  mkdirSync(join(folder, 'base'))
  writeFileSync(join(folder, 'base', 'sync.log'), 'fine\n')
  writeFileSync(join(folder, 'key'), 'sk-ant-api03-history', { mode: 0o600 })
  const ran = await cli(folder, [
    'run',
    '--json',
    'claude_task',
    '--task',
    'Write a report',
    '--context-files',
    'sync.log',
  ])
  t.equal(ran.code, 0, ran.stderr)

  const listed = JSON.parse((await cli(folder, ['history', '--type', 'claude_task', '--json'])).stdout)
  t.match(listed, { entries: [{ type: 'claude_task', exitCode: 0 }] })
  const { stdout } = await cli(folder, ['history', 'show', listed.entries[0].id])
  for (const line of [
    /^from +local/m,
    /^ {2}task +Write a report$/m,
    /^ {2}profile +maintain$/m,
    /^ {2}turns +\d$/m,
    /^ {4}- name sync\.log, bytes 5, sha256 [0-9a-f]{64}, given whole$/m,
    /^ {6}- path report\.md, change created, kind file, after [0-9a-f]{64}, size 11$/m,
    /\/etc\/hostname/,
    /^ {2}costUsd +0\.\d+$/m,
    /^stdout\nThe report is written\.$/m,
  ])
    t.match(stdout, line)
  const [exported] = (await cli(folder, ['history', 'export', '--type', 'claude_task'])).stdout.split('\n')
  t.match(JSON.parse(exported ?? ''), {
    input: { task: 'Write a report' },
    result: { exit_code: 0, data: { changes: { files: [{ path: 'report.md' }] } } },
  })
})
