/** `npm run architecture`: fails where an import, a circle of rooms or a file's size breaks the rules of docs/architecture.md. */
import path from 'node:path'
import { checkArchitecture, MINIMAL_CORE_LINES } from './architecture/check.ts'

const { failures, warnings, minimalCoreLines } = await checkArchitecture(path.join(import.meta.dirname, '..'))
for (const warning of warnings) console.warn(`warning: ${warning}`)
for (const failure of failures) console.error(`error: ${failure}`)
console.log(
  `architecture: ${failures.length} errors, ${warnings.length} warnings; minimal core ${minimalCoreLines} of ${MINIMAL_CORE_LINES} lines of code`,
)
if (failures.length > 0) process.exitCode = 1
