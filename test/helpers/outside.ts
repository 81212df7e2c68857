import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Test } from 'tap'

/** Like `t.testdir`, but outside the project, where no node_modules is found further up. Removed at the end of `t`. */
export function directoryOutside(t: Test, content: Parameters<Test['testdir']>[0]): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'gururmm-test-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }))
  cpSync(t.testdir(content), folder, { recursive: true, verbatimSymlinks: true })
  return folder
}
