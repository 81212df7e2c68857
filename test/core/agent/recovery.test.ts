import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { recover } from '../../../core/agent/recovery.ts'
import type { CommandRequest, JournalRecord } from '../../../core/dispatch/contract.ts'
import { type DurableJournal, openJournal } from '../../../core/journal/index.ts'
import { Redactor } from '../../../core/redaction/index.ts'
import { createRunner } from '../../../core/runner/index.ts'
import { command, manualType, recordingSession, testDispatcher, until } from '../../helpers/dispatch.ts'
import { bufferLogger } from '../../helpers/logger.ts'
import { createMemoryJournal } from '../../helpers/memory-journal.ts'

function record(
  id: string,
  change: Partial<CommandRequest> = {},
  afterCrash: 'interrupt' | 'rerun' = 'interrupt',
): JournalRecord {
  const requester = { user: null, role: null }
  const given = { id, type: 'manual', input: { command: id }, commandText: '', timeoutSeconds: null, elevated: false }
  const request = { ...given, origin: 'server', requester, expiresAt: null, digest: `sha256-${id}`, ...change } as const
  return { request, plugin: 'test', afterCrash, receivedAt: Date.now() }
}

/** An agent's data folder as it was left by one that died after `leave`. */
async function afterDeath(t: Test, leave: (journal: DurableJournal) => Promise<void>) {
  const directory = mkdtempSync(join(tmpdir(), 'gururmm-recovery-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  const logger = bufferLogger()
  const open = () => openJournal({ directory, redact: (text) => text, logger })
  const dying = await open()
  await leave(dying)
  await dying.close()
  const journal = await open()
  t.teardown(() => journal.close())
  const type = manualType({ afterCrash: 'rerun' })
  const { dispatcher } = testDispatcher([type], { journal })
  const runner = createRunner({ logger, redactor: new Redactor(), containment: 'process_group' })
  t.teardown(() => runner.close())
  await recover({ journal, dispatcher, runner, logger })
  const session = recordingSession()
  dispatcher.delivery.connected(session)
  return { session, type, dispatcher, journal }
}

t.test('what ran when the agent died ends in one result, and is not run again', async (t) => {
  const { session, type, dispatcher, journal } = await afterDeath(t, async (dying) => {
    await dying.accept(record('accepted'))
    await dying.accept(record('running'))
    await dying.start('running', Date.now())
  })
  await until(() => session.results().length === 2)
  for (const result of session.results()) t.match(result, { exit_code: -1, error: { code: 'COMMAND_INTERRUPTED' } })
  t.strictSame(
    session
      .results()
      .map((result) => result.command_id)
      .sort(),
    ['accepted', 'running'],
  )
  t.equal(type.runs.length, 0)
  await dispatcher.delivery.settled()
  t.strictSame(await journal.unfinished(), [])
})

t.test('a type that declares it is run again, at most once more', async (t) => {
  const { session, type } = await afterDeath(t, async (dying) => {
    await dying.accept(record('once', {}, 'rerun'))
    await dying.start('once', Date.now())
    await dying.accept(record('twice', {}, 'rerun'))
    await dying.start('twice', Date.now())
    await dying.start('twice', Date.now())
    await dying.accept(record('local', { origin: 'local' }, 'rerun'))
  })
  await until(() => type.runs.length === 1 && session.results().length === 1)
  t.equal(type.runs[0]?.execution.command.id, 'once')
  t.match(session.results(), [{ command_id: 'twice', error: { code: 'COMMAND_INTERRUPTED' } }])
  type.runs[0]?.end({ stdout: 'second try' })
  await until(() => session.results().length === 2)
  t.match(session.results()[1], { command_id: 'once', exit_code: 0, stdout: 'second try' })
})

t.test('a type that runs again after a crash begins once its start is recorded, others at once', async (t) => {
  const memory = createMemoryJournal()
  const recorded = Promise.withResolvers<void>()
  const journal = { ...memory, start: (id: string, at: number) => recorded.promise.then(() => memory.start(id, at)) }
  const [again, once] = [manualType({ type: 'again', afterCrash: 'rerun' }), manualType({ type: 'once' })]
  const { dispatcher } = testDispatcher([again, once], { journal })
  const ended = [
    dispatcher.receive(command('a', { command_type: 'again' })),
    dispatcher.receive(command('b', { command_type: 'once' })),
  ]
  await until(() => once.runs.length === 1 && dispatcher.running === 2)
  t.equal(again.runs.length, 0)
  recorded.resolve()
  await until(() => again.runs.length === 1)
  for (const { runs } of [again, once]) runs[0]?.end()
  await Promise.all(ended)
})

t.test('results that were not acknowledged before the death are sent after it', async (t) => {
  const stored = { command_id: 'done', exit_code: 0, stdout: 'kept', stderr: '', duration_ms: 5 }
  const { session, type } = await afterDeath(t, async (dying) => {
    await dying.accept(record('done'))
    await dying.start('done', Date.now())
    await dying.finish('done', stored)
  })
  await until(() => session.results().length === 1)
  t.match(session.results(), [stored])
  t.equal(type.runs.length, 0)
})

t.test('a journal that cannot be read at the start is asked again until it can', async (t) => {
  const logger = bufferLogger()
  let asked = 0
  const finished: string[] = []
  const journal = {
    unfinished: async () => {
      asked++
      if (asked === 1) throw Object.assign(new Error('disk full'), { code: 'JOURNAL_UNAVAILABLE' })
      return [{ record: record('left'), state: 'running', starts: 1, runs: [], inputIntact: true }]
    },
    finish: async (id: string) => void finished.push(id),
  } as unknown as DurableJournal
  const { dispatcher } = testDispatcher([])
  const session = recordingSession()
  dispatcher.delivery.connected(session)
  const runner = createRunner({ logger, redactor: new Redactor(), containment: 'process_group' })
  t.teardown(() => runner.close())
  await recover({ journal, dispatcher, runner, logger })
  t.equal(finished.length, 0)
  await until(() => session.results().length === 1)
  t.strictSame(finished, ['left'])
  t.match(session.results(), [{ command_id: 'left', error: { code: 'COMMAND_INTERRUPTED' } }])
})
