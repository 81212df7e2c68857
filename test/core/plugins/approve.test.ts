import t from 'tap'
import type { ApprovalQuestion } from '../../../core/approvals/index.ts'
import { isolatedHostOf, UNWITHHELD } from '../../helpers/isolated-host.ts'
import { hostOf, runOn } from '../../helpers/plugin-host.ts'

const HOSTS = {
  'in the agent': (t: Parameters<typeof hostOf>[0], approvals: object) => hostOf(t, { asks: {} }, approvals),
  isolated: (t: Parameters<typeof hostOf>[0], approvals: object) =>
    isolatedHostOf(t, { asks: { permissions: UNWITHHELD } }, approvals),
}

for (const [where, makeHost] of Object.entries(HOSTS)) {
  t.test(`${where}: a handler’s question reaches a person, and the answer the handler`, async (t) => {
    const asked: ApprovalQuestion[] = []
    const approvals = {
      async ask(_: object, question: ApprovalQuestion) {
        asked.push(question)
        return { approved: true, by: 'anna', reason: null }
      },
    }
    const host = makeHost(t, { approvals })
    await host.load()
    const result = await runOn(host, 'asks', {})
    t.match(result, { exitCode: 0, data: { answer: { approved: true, by: 'anna', reason: null } } })
    t.same(asked.at(-1), { tool: 'Knock', target: 'the door', rule: 'politeness', seconds: 60 })
  })

  t.test(`${where}: without anybody to ask the answer is no`, async (t) => {
    const host = makeHost(t, {})
    await host.load()
    const result = await runOn(host, 'asks', {})
    t.match(result, { exitCode: 0, data: { answer: { approved: false, by: null, reason: String } } })
  })
}
