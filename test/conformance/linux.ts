import { execFile } from 'node:child_process'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ROOT } from '../helpers/npm.ts'
import { startAgent } from '../helpers/processes.ts'
import type { End, Platform } from './platform.ts'

const BUILT = path.join(ROOT, 'bin/gururmm-agent.js')
const FIXTURES = path.join(import.meta.dirname, 'fixtures')

/** This machine: the built agent on the Node that runs the tests. */
export function linux(): Platform {
  return {
    name: 'Linux',
    eol: '\n',
    next: ';',
    async startAgent(t, settings) {
      const agent = await startAgent(t, { ...settings, entry: [BUILT] })
      return {
        folder: agent.folder,
        native: (name) => path.join(agent.folder, name),
        output: agent.output,
        get ended() {
          return agent.ended
        },
        stop: async () => agent.kill('SIGTERM'),
        async kill() {
          agent.kill('SIGKILL')
          await agent.ended
        },
        startAgain: agent.startAgain,
        cli: (...args) => run(process.execPath, [BUILT, '--config', agent.configFile, ...args]),
      }
    },
    line: (...args) => [process.execPath, path.join(FIXTURES, 'program.cjs'), ...args].map(quote).join(' '),
    async taskFolder(t) {
      const host = await realpath(await mkdtemp(path.join(tmpdir(), 'gururmm-tasks-')))
      t.teardown(() => rm(host, { recursive: true, force: true }))
      return { host, native: host }
    },
    claudeCli: async () => path.join(FIXTURES, 'claude.cjs'),
  }
}

function quote(argument: string): string {
  return `'${argument.replaceAll("'", `'\\''`)}'`
}

function run(program: string, args: readonly string[]): Promise<End> {
  return new Promise((resolve) => {
    const child = execFile(program, args, (_error, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }))
  })
}
