import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { waitUntil } from '../helpers/wait-until.ts'
import { row } from './rows.ts'
import type { Site } from './site.ts'

const DAY_MS = 86_400_000

/** Where Debian and its relatives keep the library; `faketime` itself only sets the environment. */
function libraryPath(): string {
  const folders = readdirSync('/usr/lib').map((name) => path.join('/usr/lib', name, 'faketime/libfaketimeMT.so.1'))
  return folders.find((file) => existsSync(file)) ?? ''
}

/** An agent whose wall clock reads what the file says; the clock that never jumps stays true. */
function startWithClock(site: Site) {
  const file = path.join(site.folder, 'clock')
  const set = (offset: string) => writeFileSync(file, `${offset}\n`)
  set('+0')
  const env = {
    LD_PRELOAD: libraryPath(),
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  }
  return { life: site.start({ env }), set }
}

for (const jump of ['+30d', '-30d'] as const) {
  row(`clock jumps ${jump}`, { needs: ['faketime'] }, async (row) => {
    const server = await row.server()
    const limits = { shell: { rate: { count: 4, windowSeconds: 3600 } } }
    const plugins = { shell: { enabled: true, limits }, claude_task: { enabled: false } }
    const site = await row.site({ serverUrl: server.url, config: { plugins } })
    const { life, set } = startWithClock(site)
    await server.untilConnected()
    const from = performance.now()
    server.give(site.command('timed', 'sleep 60', { timeout_seconds: 5 }))
    server.give(site.command('runs-on', 'sleep 3; echo done', { timeout_seconds: 100 }))
    await waitUntil('them to run', () => site.executions().length === 2)
    set(jump)
    row.injected()
    const now = Date.now() + (jump === '+30d' ? 30 : -30) * DAY_MS
    row.t.match(await server.resultOf('runs-on'), { exit_code: 0, stdout: 'done\n' }, 'none is ended by the jump')
    row.t.match(await server.resultOf('timed'), { exit_code: 124, error: { code: 'COMMAND_TIMED_OUT' } })
    const seconds = (performance.now() - from) / 1000
    row.t.ok(seconds > 4.5 && seconds < 30, 'timeouts follow the clock that never jumps', { seconds })
    const isoIn = (ms: number): object => ({ expires_at: new Date(now + ms).toISOString() })
    server.give(site.command('expired', '', isoIn(-60_000)))
    row.t.match(await server.resultOf('expired'), { error: { code: 'COMMAND_EXPIRED' } })
    server.give(site.command('in-time', '', isoIn(DAY_MS)))
    row.t.match(await server.resultOf('in-time'), { exit_code: 0 })
    server.give(site.command('fourth'))
    row.t.match(await server.resultOf('fourth'), { exit_code: 0 })
    server.give(site.command('fifth'))
    row.t.match(
      await server.resultOf('fifth'),
      { error: { code: 'LIMIT_RATE' } },
      'the window is not emptied by a jump',
    )
    await row.settle(site, server, life)
  })

  row(`clock jumps ${jump} while the agent is away`, { needs: ['faketime'] }, async (row) => {
    const server = await row.server()
    const limits = { shell: { rate: { count: 2, windowSeconds: 3600 } } }
    const plugins = { shell: { enabled: true, limits }, claude_task: { enabled: false } }
    const site = await row.site({ serverUrl: server.url, config: { plugins } })
    const { life: first } = startWithClock(site)
    await server.untilConnected()
    for (const id of ['first', 'second']) server.give(site.command(id))
    await server.allAnswered()
    await server.nextHeartbeat((beat) => beat.outbox === 0)
    first.kill()
    await first.ended
    const { life, set } = startWithClock(site)
    set(jump)
    row.injected()
    await server.untilConnected()
    server.raw(JSON.parse(server.commands.get('first') ?? ''))
    await waitUntil('the duplicate to be known', () => server.acks.some(({ status }) => status === 'duplicate'))
    server.give(site.command('third'))
    const { error } = await server.resultOf('third')
    // Nobody can tell a clock that was put right from time that passed; one that went back must not open the window.
    if (jump === '-30d') row.t.equal(error?.code, 'LIMIT_RATE')
    await row.settle(site, server, life)
  })
}

row('agent starts on a machine whose clock is far behind', { needs: ['faketime'] }, async (row) => {
  const server = await row.server()
  const site = await row.site({ serverUrl: server.url })
  const { life, set } = startWithClock(site)
  set('-20000d')
  row.injected()
  await server.untilConnected()
  for (let each = 0; each < 10; each++) server.give(site.command(`b${each}`))
  await server.allAnswered()
  set('+0')
  for (let each = 0; each < 10; each++) server.give(site.command(`n${each}`))
  await row.settle(site, server, life)
})
