/**
 * What the built agent begins with when its first word is `start`: no line of it is for another verb, since an agent holds all that it
 * has loaded for as long as it runs. Everything else begins with main.ts.
 *
 * @module
 */
import { endWith, setExitCode } from './outcome.ts'
import { readPlainStart } from './plain-start.ts'
import { act } from './verbs/start.ts'

/** For whoever has seen the agent come up. */
export { releaseProgramPages } from '../native/index.ts'

// A reader that goes away is no fault of ours
process.stdout.on('error', () => {})

const { promise, resolve } = Promise.withResolvers<void>()

/** Resolves when the agent is up, its plugins loaded; never where it does not come so far. */
export const settled = promise

const call = readPlainStart(process.argv.slice(2))
if (call === undefined) void import('./main.ts')
else void endWith(async () => setExitCode(await act(call, resolve)))
