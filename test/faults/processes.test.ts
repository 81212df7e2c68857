import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { waitUntil } from '../helpers/wait-until.ts'
import { LONG, row } from './rows.ts'

const LOCKED = 75

row('two agents on one data folder', {}, async (row) => {
  const server = await row.server()
  const site = await row.site({ serverUrl: server.url })
  const life = site.start()
  await life.started
  server.give(site.command('before', 'sleep 1'))
  for (let each = 0; each < (LONG ? 20 : 4); each++) {
    const second = site.start()
    row.injected()
    row.t.match(await second.ended, { code: LOCKED }, second.output())
  }
  server.give(site.command('after'))
  await row.settle(site, server, life)
})

row('many agents at once on one data folder', {}, async (row) => {
  const server = await row.server()
  const site = await row.site({ serverUrl: server.url })
  const lives = Array.from({ length: 6 }, () => site.start())
  row.injected(lives.length)
  await waitUntil('all but one to end', () => lives.filter(({ isOver }) => isOver).length === lives.length - 1, 60_000)
  const left = lives.filter(({ isOver }) => !isOver)
  row.t.equal(left.length, 1)
  for (const life of lives.filter(({ isOver }) => isOver))
    row.t.match(await life.ended, { code: LOCKED }, life.output())
  const [life] = left
  if (life === undefined) return
  server.give(site.command('a'))
  await row.settle(site, server, life)
})

/** Ended children that nobody asked for, below a process. */
function zombiesBelow(pid: number): string[] {
  return readdirSync('/proc').flatMap((name) => {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1')
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return state === 'Z' && Number(parent) === pid ? [stat] : []
    } catch {
      return []
    }
  })
}

row('zombies, agent as PID 1', { root: true, needs: ['unshare'] }, async (row) => {
  const server = await row.server()
  const site = await row.site({ serverUrl: server.url })
  const life = site.start({ wrap: ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'] })
  await server.untilConnected()
  const wrapper = life.child.pid ?? -1
  const [agent] = readFileSync(`/proc/${wrapper}/task/${wrapper}/children`, 'utf8').trim().split(' ').map(Number)
  for (let each = 0; each < (LONG ? 200 : 40); each++) {
    // Orphans: the one that started them is gone before they end.
    server.give(site.command(`z${each}`, '(sh -c "sleep 0.05 & sleep 0.1 & exit" &); (setsid sleep 0.1 &)'))
    row.injected()
    await sleep(50)
  }
  await server.allAnswered()
  await waitUntil('no zombie to be left', () => zombiesBelow(agent ?? -1).length === 0, 60_000).catch(() => {})
  row.t.strictSame(zombiesBelow(agent ?? -1), [])
  process.kill(agent ?? -1, 'SIGTERM')
  row.t.match(await life.ended, { code: 0 })
  row.t.equal(server.results.length, server.commands.size)
  row.t.strictSame(site.survivors(), [])
})
