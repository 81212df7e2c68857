import t from 'tap'
import { CASES } from '../conformance/cases.ts'
import { linux } from '../conformance/linux.ts'
import type { Case, Platform } from '../conformance/platform.ts'
import { checkTable, type Outcome } from '../conformance/table.ts'
import { windows } from '../conformance/windows.ts'
import { startWindows } from '../helpers/windows/machine.ts'

/** Runs only cases whose title fits this regular expression. */
const ONLY = process.env.CONFORMANCE_CASE ?? ''

const chosen = CASES.filter(({ title }) => new RegExp(ONLY).test(title))
const platforms = [linux(), await windows(await startWindows(t))]
const outcomes: Outcome[] = []

for (const each of chosen) {
  await t.test(each.title, async (t) => {
    for (const platform of platforms)
      outcomes.push({ title: each.title, platform: platform.name, told: await tell(t, each, platform) })
  })
}

async function tell(t: Parameters<Case['run']>[0], each: Case, platform: Platform): Promise<string> {
  const reason = each.notOn?.[platform.name]
  if (reason !== undefined) return reason
  let passed = false
  await t.test(platform.name, async (t) => {
    await each.run(t, platform)
    passed = t.passing()
  })
  return passed ? 'yes' : 'no'
}

await t.test(
  'docs/platforms.md has the table of this run',
  { skip: ONLY !== '' && 'only some cases ran' },
  async (t) => {
    await checkTable(t, outcomes)
  },
)
