import t from 'tap'
import type { OutputStore } from '../../../core/dispatch/contract.ts'
import { command, type ManualRun, manualType, testDispatcher, until } from '../../helpers/dispatch.ts'

t.test('output is kept before it is told, and given up to others once the server has the result', async (t) => {
  const type = manualType()
  const calls: string[] = []
  const caughtUp = Promise.withResolvers<void>()
  const outputs: OutputStore = {
    open(id) {
      calls.push(`open ${id}`)
      return {
        write({ data }) {
          calls.push(`write ${data}`)
          return caughtUp.promise
        },
        end: (result) => void calls.push(`end ${result?.stdout}`),
      }
    },
    acknowledged: (id) => void calls.push(`acknowledged ${id}`),
  }
  const { dispatcher } = testDispatcher([type], { outputs })
  const received = dispatcher.receive(command('a'))
  await until(() => type.runs.length === 1)
  const { execution, end } = type.runs[0] as ManualRun
  t.equal(execution.progress({ stream: 'stdout', offset: 0, data: 'one' }), caughtUp.promise, 'the program waits')
  t.equal(execution.progress({ stream: 'event', data: {} }), undefined)
  end({ stdout: 'one' })
  await received
  await dispatcher.acknowledged('a')
  t.same(calls, ['open a', 'write one', 'end one', 'acknowledged a'])
  calls.length = 0
  const local = dispatcher.runLocal(command('b'), () => {})
  await until(() => type.runs.length === 2)
  type.runs[1]?.end()
  await local
  t.same(calls, ['open b', 'end ', 'acknowledged b'], 'nobody else waits for it')
})
