/** Writes docs/errors.md from the one table of error codes. `--check`: only tells whether it is fresh. */
import { readFileSync, writeFileSync } from 'node:fs'
import { ERROR_CODES, type ErrorCodeEntry } from '@gururmm/plugin-sdk'

const file = new URL('../docs/errors.md', import.meta.url)

/** The text of docs/errors.md. */
export function errorDocs(): string {
  const rows = Object.entries<ErrorCodeEntry>(ERROR_CODES).map(
    ([code, { exitCode, meaning, remedy }]) => `| \`${code}\` | ${exitCode ?? ''} | ${meaning} | ${remedy} |`,
  )
  return [
    '# Error codes',
    '',
    'Made from `plugin-sdk/error-codes.ts` by `npm run docs`. The code is in `error.code` of a result, in `gururmm-agent` messages and in the log; the',
    'exit code is what the result carries with it. A code keeps its meaning for ever and is never reused.',
    '',
    '| code | exit code | what it means | what helps |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n')
}

if (import.meta.main) {
  if (!process.argv.includes('--check')) writeFileSync(file, errorDocs())
  else if (readFileSync(file, 'utf8') !== errorDocs())
    throw new Error('docs/errors.md is not fresh: run `npm run docs`')
}
