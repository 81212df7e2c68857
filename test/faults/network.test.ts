import { execFileSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { waitUntil } from '../helpers/wait-until.ts'
import { LONG, row } from './rows.ts'

const NEEDS = { root: true, needs: ['unshare', 'ip', 'iptables', 'tc'] }
const INSIDE = 'FAULTS_NAMESPACE'
/** Output of one command on the slow link, bytes; 8000 of them take a second. */
const NEWS = LONG ? 300_000 : 100_000

function run(program: string, ...args: string[]): void {
  execFileSync(program, args, { stdio: 'pipe' })
}

/** Both ways, whoever dialled: nothing of this port's traffic arrives any more. */
function drop(action: '-A' | '-D', port: number, ...match: string[]): void {
  for (const side of ['--dport', '--sport'])
    run('iptables', action, 'INPUT', '-p', 'tcp', side, String(port), ...match, '-j', 'DROP')
}

// Firewall rules and a slow loopback are for these rows alone: they run in a network namespace of their own. Its packets are as large
// as those of a real link; a loopback's of 64 KiB do not fit into the bucket of a slow one, which drops them for ever.
if (process.env[INSIDE] === undefined && process.geteuid?.() === 0) {
  const script = 'ip link set lo mtu 1500 up && exec "$@"'
  const args = ['-n', '--', 'sh', '-c', script, 'sh', process.execPath, ...process.execArgv, import.meta.filename]
  t.spawn('unshare', args, { env: { ...process.env, [INSIDE]: '1' } }, 'in a network namespace')
} else {
  rows()
}

function rows(): void {
  row('half-open TCP', NEEDS, async (row) => {
    const server = await row.server({ heartbeatSeconds: 1 })
    const site = await row.site({ serverUrl: server.url })
    const life = site.start()
    for (let round = 0; round < (LONG ? 5 : 1); round++) {
      await server.untilConnected()
      const before = server.connections.length
      for (let each = 0; each < 10; each++) server.give(site.command(`h${round}-${each}`, 'sleep 1; echo done'))
      await waitUntil('them to be taken', () => server.acks.length >= 10 * (round + 1))
      drop('-A', server.port)
      row.injected()
      const from = performance.now()
      await waitUntil('it to be noticed', () => life.output().split('PEER_DEAD').length > round + 1)
      const beats = (performance.now() - from) / 1000
      row.t.ok(beats < 5, 'noticed within about two heartbeats of 1 s', { beats })
      await sleep(1500)
      drop('-D', server.port)
      await waitUntil('the agent to be back', () => server.connections.length > before, 60_000)
    }
    await row.settle(site, server, life)
  })

  row('packet loss 30 %', NEEDS, async (row) => {
    const server = await row.server({ heartbeatSeconds: 5, misbehaviour: { loseAck: 0.1 } })
    const site = await row.site({ serverUrl: server.url })
    const life = site.start()
    await server.untilConnected()
    const loss = ['-m', 'statistic', '--mode', 'random', '--probability', '0.3']
    drop('-A', server.port, ...loss)
    row.injected()
    for (let each = 0; each < (LONG ? 200 : 30); each++) {
      server.give(site.command(`l${each}`, row.random.pick(['echo done', 'head -c 20000 /dev/zero | od'])))
      await sleep(row.random.between(0, 150))
    }
    await server.allAnswered(180_000)
    drop('-D', server.port, ...loss)
    await row.settle(site, server, life)
  })

  row('slow link (64 kbit/s)', NEEDS, async (row) => {
    const server = await row.server({ heartbeatSeconds: 2 })
    const site = await row.site({ serverUrl: server.url })
    const life = site.start()
    await server.untilConnected()
    run('tc', 'qdisc', 'add', 'dev', 'lo', 'root', 'tbf', 'rate', '64kbit', 'burst', '16kb', 'latency', '2000ms')
    row.injected()
    // More news than the link can carry, and results that it must.
    for (let each = 0; each < 5; each++) {
      server.give(
        site.command(
          `w${each}`,
          'for i in 1 2 3 4 5 6 7 8; do head -c 250000 /dev/zero | tr "\\0" x; sleep 0.5; done | tail -c 4000',
        ),
      )
    }
    server.give(
      site.command(
        'news',
        `for i in 1 2 3 4 5 6 7 8; do head -c ${NEWS / 5} /dev/zero | tr "\\0" x; sleep 0.5; done | head -c ${NEWS}; echo done`,
      ),
    )
    const from = server.heartbeats.length
    await server.allAnswered(180_000)
    run('tc', 'qdisc', 'del', 'dev', 'lo', 'root')
    row.t.ok(server.heartbeats.length > from, 'heartbeats go on')
    row.t.equal(server.connections.length, 1, 'the connection holds')
    await row.settle(site, server, life)
  })
}
