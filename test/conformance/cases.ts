import { claude } from './cases/claude.ts'
import { endings } from './cases/endings.ts'
import { operator } from './cases/operator.ts'
import { output } from './cases/output.ts'
import { wire } from './cases/wire.ts'
import type { Case } from './platform.ts'

/** What the agent does on every platform: the one list. A case that is not run on one of them says there why. */
export const CASES: readonly Case[] = [...wire, ...output, ...endings, ...operator, ...claude]
