import { ERROR_CODES, type ErrorCodeEntry } from '@gururmm/plugin-sdk'

/** The text of docs/errors.md, made from the one table of error codes. */
export function errorDocs(): string {
  const rows = Object.entries<ErrorCodeEntry>(ERROR_CODES).map(
    ([code, { exitCode, meaning, remedy }]) => `| \`${code}\` | ${exitCode ?? ''} | ${meaning} | ${remedy} |`,
  )
  return [
    '# Error codes',
    '',
    'Made from `plugin-sdk/error-codes/` by `npm run generate`. The code is in `error.code` of a result, in `gururmm-agent` messages and in the log; the',
    'exit code is what the result carries with it. A code keeps its meaning for ever and is never reused.',
    '',
    '| code | exit code | what it means | what helps |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n')
}
