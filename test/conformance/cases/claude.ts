import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Test } from 'tap'
import { processesWith } from '../../helpers/processes.ts'
import { waitUntil } from '../../helpers/wait-until.ts'
import type { Case, Platform } from '../platform.ts'
import { PATIENCE_MS, withReferenceServer, withSpecServer } from './shared.ts'

const SPEC_ID = '550e8400-e29b-41d4-a716-446655440000'

/** The spec's message; on Windows byte for byte. */
function specMessage(platform: Platform, base: string): string {
  const message = String.raw`{
  "type": "command",
  "payload": {
    "id": "550e8400-e29b-41d4-a716-446655440000",
    "command_type": {
      "claude_task": {
        "task": "Check the sync log for errors in last 24 hours",
        "working_directory": "C:\\Shares\\test\\logs",
        "context_files": ["sync.log", "error.log"]
      }
    },
    "command": "unused for claude_task",
    "timeout_seconds": 300,
    "elevated": false
  }
}`
  return platform.name === 'Windows' ? message : message.replace(String.raw`C:\\Shares\\test\\logs`, `${base}/logs`)
}

/** A config with the stand-in CLI; on Windows without a base directory, as that has a default. */
async function settings(t: Test, platform: Platform) {
  const folder = await platform.taskFolder(t)
  const security = platform.name === 'Windows' ? {} : { security: { baseDirectories: [folder.native] } }
  const config = { cliPath: await platform.claudeCli(), apiKeyFile: './token', ...security }
  const limits = { claude_task: { rate: { count: 100, windowSeconds: 3600 } } }
  const plugins = { shell: { enabled: true }, claude_task: { enabled: true, limits, config } }
  return { folder, settings: { config: { plugins } } }
}

/** Claude tasks: the spec's own messages, answered by a program that stands in for the CLI. */
export const claude: readonly Case[] = [
  {
    title: 'the spec’s Claude task is answered, byte for byte',
    async run(t, platform) {
      const { folder, settings: withClaude } = await settings(t, platform)
      await mkdir(path.join(folder.host, 'logs'))
      for (const name of ['sync.log', 'error.log']) await writeFile(path.join(folder.host, 'logs', name), '')
      const { server, resultOf } = await withSpecServer(t, platform, withClaude)
      server.sendRaw(specMessage(platform, folder.native))
      const { duration_ms } = await resultOf(SPEC_ID)
      const separator = platform.name === 'Windows' ? '\\' : '/'
      const stdout = `In ${folder.native}${separator}logs are: error.log, sync.log`
      const payload = { command_id: SPEC_ID, exit_code: 0, stdout, stderr: '', duration_ms }
      const text = server.texts.find((each) => each.startsWith('{"type":"command_result"'))
      t.equal(text, JSON.stringify({ type: 'command_result', payload }))
    },
  },
  {
    title: 'the spec’s Claude task is refused with a sentence where its folder or a file of it is missing',
    async run(t, platform) {
      const { folder, settings: withClaude } = await settings(t, platform)
      const { server, resultOf } = await withSpecServer(t, platform, withClaude)
      server.sendRaw(specMessage(platform, folder.native))
      t.match(await resultOf(SPEC_ID), {
        exit_code: -1,
        stdout: '',
        stderr: /logs.*does not exist/,
        duration_ms: Number,
      })
      await mkdir(path.join(folder.host, 'logs'))
      server.sendRaw(specMessage(platform, folder.native).replace('550e8400', '550e8401'))
      const id = SPEC_ID.replace('550e8400', '550e8401')
      t.match(await resultOf(id), { exit_code: -1, stdout: '', stderr: /sync\.log/ })
    },
  },
  {
    title: 'a task outside the base directories is refused, however it is spelled',
    async run(t, platform) {
      const { folder, settings: withClaude } = await settings(t, platform)
      await mkdir(path.join(folder.host, '..', 'outside'), { recursive: true })
      const { client } = await withReferenceServer(t, platform, withClaude)
      const everywhere = ['../../../Windows', '../outside', `${folder.native}/../outside`, '/']
      const spelled = {
        Linux: ['/etc', `${folder.native}-evil`],
        Windows: [
          ...['C:\\Windows', 'C:outside', 'D:\\', 'C:\\Shares\\test-evil', 'C:\\Shares\\test\\..\\outside'],
          ...['\\\\localhost\\C$', '//localhost/C$', '\\\\?\\C:\\Windows', '\\??\\C:\\Windows', '\\\\.\\C:\\'],
          ...[
            'C:\\Shares\\test\\NUL',
            'C:\\Shares\\test\\com1.txt',
            'C:\\Shares\\test\\logs::$DATA',
            'C:\\Shares\\test\\logs.',
          ],
        ],
      }[platform.name]
      for (const working_directory of [...everywhere, ...spelled]) {
        const input = { task: 'Look around', working_directory }
        const { id } = await client.send('agent-1', { command_type: { claude_task: input } })
        const { result } = await client.ended(id)
        t.match(result, { exit_code: -1, stdout: '' }, `${working_directory}: ${result?.error?.code}`)
        t.match(result?.error?.code, /^(PATH_INVALID|DIRECTORY_MISSING|DIRECTORY_OUTSIDE)$/)
      }
    },
  },
  {
    title: 'context files outside the working directory are refused, however they are spelled',
    async run(t, platform) {
      const { folder, settings: withClaude } = await settings(t, platform)
      await writeFile(path.join(folder.host, 'sync.log'), '')
      const { client } = await withReferenceServer(t, platform, withClaude)
      const everywhere = ['../secret', '../../etc/passwd', 'missing.log']
      const spelled = {
        Linux: ['/etc/passwd'],
        Windows: [
          ...['C:\\Windows\\win.ini', 'C:win.ini', '\\\\localhost\\C$\\x', '\\\\?\\C:\\Windows\\win.ini'],
          ...['sync.log:stream', 'sync.log::$DATA', 'NUL', 'con.txt', 'sync.log.', 'sync.log '],
        ],
      }[platform.name]
      for (const name of [...everywhere, ...spelled]) {
        const input = { task: 'Look', context_files: [name] }
        const { id } = await client.send('agent-1', { command_type: { claude_task: input } })
        const { result } = await client.ended(id)
        t.match(result, { exit_code: -1, stdout: '', error: { code: /^CONTEXT_FILE_/ } }, name)
      }
    },
  },
  {
    title: 'a Claude task that times out ends with its CLI',
    async run(t, platform) {
      const { settings: withClaude } = await settings(t, platform)
      const { client } = await withReferenceServer(t, platform, withClaude)
      const command_type = { claude_task: { task: 'Think forever' } }
      const { id } = await client.send('agent-1', { command_type, timeout_seconds: 15 })
      t.match(await client.ended(id), { result: { exit_code: 124, error: { code: 'COMMAND_TIMED_OUT' } } })
      const program = platform.name === 'Windows' ? 'claude.exe' : 'fixtures/claude.cjs'
      await waitUntil(
        'the CLI to be gone',
        async () => (await processesWith(program)).filter((line) => line.includes('--settings')).length === 0,
        PATIENCE_MS,
      )
    },
  },
]
