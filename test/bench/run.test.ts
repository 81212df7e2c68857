import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import type { Report } from '../../bench/report.ts'

const BENCH = join(import.meta.dirname, '../../bench/run.ts')

/** Each of them is measured for the agent and for the floor. */
const ROWS = ['latency_p50', 'latency_p99', 'lone', 'throughput', 'start', 'output_seconds', 'heartbeat_late']
const MEMORY_ROWS = ['idle', 'memory_first', 'memory_last', 'output_peak']
const PEERS = ['agent', 'agent, no acks', 'agent, no disk', 'floor', 'OpenSSH', 'Zabbix agent 2']

/** Starts some twenty processes one after the other, on a machine that may be busy. */
const TIMEOUT_MS = 300_000

t.setTimeout(TIMEOUT_MS)

t.test('a quick bench has every row, and every command gets its result', async (t) => {
  const run = promisify(execFile)(process.execPath, [BENCH, '--quick', '--json'], { timeout: TIMEOUT_MS })
  const report: Report = JSON.parse((await run).stdout)

  t.equal(report.lost, 0)
  t.equal(report.quick, true)
  const rows = Object.fromEntries(report.rows.map((row) => [row.id, row]))
  for (const id of [...ROWS, ...(process.platform === 'linux' ? MEMORY_ROWS : [])]) {
    t.type(rows[id]?.values.agent, 'number', `${id} of the agent`)
    t.type(rows[id]?.values.floor, 'number', `${id} of the floor`)
    t.type(rows[id]?.ratio?.value, 'number', `${id} compared`)
  }
  if (process.platform === 'linux') {
    for (const id of ['latency_no_disk', 'throughput_no_disk'])
      t.type(rows[id]?.ratio?.value, 'number', `${id} compared`)
    for (const id of ['burst_growth', 'burst_late']) t.type(rows[id]?.values.agent, 'number', id)
  }
  t.type(rows.start_uncached?.values.agent, 'number')
  t.equal(rows.start?.ratio?.to, 'node')

  const named = [...Object.keys(report.peers), ...report.missing.map(({ name }) => name)]
  t.same(named.sort(), [...PEERS].sort(), 'a peer is measured, or it is said why not')
  for (const { missing } of report.missing) t.not(missing, '')
})
