import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startDaemon } from './daemon.ts'
import { findProgram, freePort } from './find.ts'
import { type Answer, KEPT_CHARACTERS, type Missing, type PeerKind } from './peer.ts'

const NAME = 'Zabbix agent 2'

/** `ZBXD`, version 1, then the length of what follows in 8 bytes, little-endian. */
const HEADER_BYTES = 13

/**
 * Zabbix agent 2 with remote commands allowed: a plain TCP connection for each command, as its server does. It tells no exit code,
 * and gives no more than 512 KB of output.
 */
export async function zabbixKind(scratch: string): Promise<PeerKind | Missing> {
  const program = findProgram('zabbix_agent2')
  if (program === undefined) return { name: NAME, missing: 'zabbix_agent2 is not installed (package zabbix-agent2)' }
  const version = /\(Zabbix\) (\S+)/.exec(execFileSync(program, ['-V'], { encoding: 'utf8' }))?.[1] ?? 'unknown'
  return {
    name: NAME,
    explanation: `version ${version}, one TCP connection for each command`,
    measured: [],
    async start() {
      const port = await freePort()
      const daemon = startDaemon(program, ['-c', await writeConfig(scratch, port)])
      const run = (line: string) => ask(port, line)
      await Promise.race([firstAnswer(run), daemon.failed])
      return { pids: () => [daemon.pid], run, stop: () => daemon.stop() }
    },
  }
}

async function writeConfig(scratch: string, port: number): Promise<string> {
  const settings = {
    LogType: 'console',
    LogFile: '',
    PidFile: path.join(scratch, `zabbix-${port}.pid`),
    ControlSocket: path.join(scratch, `zabbix-${port}.sock`),
    Server: '127.0.0.1',
    ListenIP: '127.0.0.1',
    ListenPort: String(port),
    Hostname: 'bench',
    AllowKey: 'system.run[*]',
    Timeout: '30',
  }
  const file = path.join(scratch, `zabbix-${port}.conf`)
  const lines = Object.entries(settings).map(([key, value]) => `${key}=${value}\n`)
  await writeFile(file, lines.join(''))
  return file
}

async function ask(port: number, line: string): Promise<Answer> {
  const key = Buffer.from(`system.run[${line}]`)
  const header = Buffer.alloc(HEADER_BYTES)
  header.write('ZBXD\x01')
  header.writeUInt32LE(key.length, 5)
  const socket = connect(port, '127.0.0.1')
  const pieces: Buffer[] = []
  socket.on('data', (bytes: Buffer) => pieces.push(bytes))
  socket.write(Buffer.concat([header, key]))
  await once(socket, 'close')
  const text = Buffer.concat(pieces).subarray(HEADER_BYTES).toString()
  if (text.startsWith('ZBX_')) throw new Error(`Zabbix agent 2: ${text.replaceAll('\0', ' ').slice(0, 200)}`)
  // Its answer has lost the line's end.
  return { exitCode: null, stdout: `${text.slice(0, KEPT_CHARACTERS)}\n`, bytes: text.length }
}

async function firstAnswer(run: (line: string) => Promise<Answer>): Promise<void> {
  for (;;) {
    const answered = await run('echo ready').then(
      ({ stdout }) => stdout.startsWith('ready'),
      () => false,
    )
    if (answered) return
    await delay(50)
  }
}
