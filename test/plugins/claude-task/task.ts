import { chmodSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { testPlugin } from '../../../core/testing/index.ts'
import type { ProfileName } from '../../../plugins/claude-task/config-schema.ts'
import plugin from '../../../plugins/claude-task/index.ts'

/** The key in the key file of {@link taskTest}. */
export const KEY = 'sk-test-0123456789abcdef'

/** The stand-in is a script of Node.js, which no sandbox holds. */
const OUTSIDE = { inspect: { sandbox: 'off' }, maintain: { sandbox: 'off' } }

export interface TaskTestOptions {
  /** The CLI. Default: the stand-in of fixtures/claude.mjs. */
  readonly cliPath?: string
  /** What the stand-in answers to --version. */
  readonly version?: string
  /** Laid over the config, and over its `security`. */
  readonly config?: object
  readonly security?: object
  /** The profile of whoever asks. Default: inspect. */
  readonly profile?: ProfileName
  /** Of the base directory. Default: read-write. */
  readonly access?: 'read-only' | 'read-write'
  readonly environment?: Readonly<Record<string, string>>
}

/** The plugin set up in the testing kit, with a base directory `base` that is the test's own; closed with the test. */
export async function taskTest(t: Test, options: TaskTestOptions = {}) {
  const root = realpathSync(t.testdir())
  const base = join(root, 'base')
  mkdirSync(base)
  const keyFile = join(root, 'key')
  writeFileSync(keyFile, `${KEY}\n`, { mode: 0o600 })
  const config = {
    cliPath: options.cliPath ?? standIn(root, options.version),
    apiKeyFile: keyFile,
    environment: options.environment ?? {},
    security: {
      baseDirectories: [{ path: base, access: options.access ?? 'read-write' }],
      defaultProfile: options.profile ?? 'inspect',
      ...(options.cliPath === undefined && { profiles: OUTSIDE }),
      ...options.security,
    },
    ...options.config,
  }
  const kit = await testPlugin(plugin, { config })
  t.teardown(() => kit.close())
  const run = (input: string | object, runOptions = {}) =>
    kit.run('claude_task', typeof input === 'string' ? { task: input } : input, runOptions)
  return { kit, run, root, base, keyFile, config }
}

/** A program that behaves as FAKE_CLAUDE says; see fixtures/claude.mjs. */
export function standIn(folder: string, version = '2.1.330 (Claude Code)'): string {
  const path = join(folder, 'claude')
  const fixture = join(import.meta.dirname, 'fixtures', 'claude.mjs')
  writeFileSync(path, `#!/bin/sh\nFAKE_CLAUDE_VERSION='${version}' exec '${process.execPath}' '${fixture}' "$@"\n`)
  chmodSync(path, 0o755)
  return path
}
