import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { processesBelow } from '../process-memory.ts'
import { type Daemon, startDaemon } from './daemon.ts'
import { findProgram, freePort } from './find.ts'
import type { Missing, Peer, PeerKind } from './peer.ts'
import { openChannels } from './ssh-channels.ts'

const NAME = 'OpenSSH'

/** OpenSSH's server on a port of loopback, with keys made for this run; commands go over one connection, a channel each. */
export async function opensshKind(scratch: string): Promise<PeerKind | Missing> {
  const [sshd, ssh, keygen] = ['sshd', 'ssh', 'ssh-keygen'].map(findProgram)
  if (sshd === undefined || ssh === undefined || keygen === undefined) {
    return { name: NAME, missing: 'sshd or ssh is not installed (packages openssh-server, openssh-client)' }
  }
  const folder = await mkdtemp(path.join(scratch, 'ssh-'))
  const port = await freePort()
  await prepare(folder, port, keygen)
  const trial = spawnSync(sshd, ['-t', '-f', path.join(folder, 'sshd_config')], { encoding: 'utf8' })
  if (trial.status !== 0) return { name: NAME, missing: `sshd does not start here: ${trial.stderr.trim()}` }
  const version = spawnSync(ssh, ['-V'], { encoding: 'utf8' }).stderr.split(/[ ,]/)[0]
  return {
    name: NAME,
    explanation: `${version}, one connection, a channel for each command, through ${userInfo().shell}`,
    measured: ['output'],
    start: () => startPeer(sshd, ssh, folder),
  }
}

async function prepare(folder: string, port: number, keygen: string): Promise<void> {
  for (const key of ['host', 'user']) {
    execFileSync(keygen, ['-q', '-t', 'ed25519', '-N', '', '-f', path.join(folder, key)])
  }
  const server = {
    ListenAddress: `127.0.0.1:${port}`,
    HostKey: path.join(folder, 'host'),
    AuthorizedKeysFile: path.join(folder, 'user.pub'),
    PidFile: 'none',
    PermitRootLogin: 'prohibit-password',
    PasswordAuthentication: 'no',
    KbdInteractiveAuthentication: 'no',
    // The folder is below the shared temporary one, which strict modes do not trust.
    StrictModes: 'no',
    MaxSessions: '200',
    LogLevel: 'ERROR',
    // bash reads the user's rc files for each command unless it believes another shell has; that cost is not sshd's.
    SetEnv: 'SHLVL=2',
  }
  const client = {
    HostName: '127.0.0.1',
    Port: String(port),
    IdentityFile: path.join(folder, 'user'),
    IdentitiesOnly: 'yes',
    StrictHostKeyChecking: 'no',
    UserKnownHostsFile: path.join(folder, 'known'),
    BatchMode: 'yes',
    LogLevel: 'ERROR',
    ControlMaster: 'yes',
    SessionType: 'none',
  }
  await writeFile(path.join(folder, 'sshd_config'), configText(server))
  await writeFile(path.join(folder, 'ssh_config'), configText(client))
}

function configText(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([key, value]) => `${key} ${value}\n`)
    .join('')
}

async function startPeer(sshd: string, ssh: string, folder: string): Promise<Peer> {
  const server = startDaemon(sshd, ['-D', '-e', '-f', path.join(folder, 'sshd_config')])
  const control = path.join(folder, `control-${server.pid}`)
  const client = await connectClient(ssh, folder, control, server)
  const channels = await openChannels(control)
  return {
    pids: () => processesBelow(server.pid, 'sshd'),
    run: (line) => channels.run(line),
    async stop() {
      channels.close()
      await client.stop()
      await server.stop()
    },
  }
}

/** The server may not listen yet: a client that could not connect is started again. */
async function connectClient(ssh: string, folder: string, control: string, server: Daemon): Promise<Daemon> {
  for (let attempt = 0; ; attempt++) {
    const client = startDaemon(ssh, ['-F', path.join(folder, 'ssh_config'), '-S', control, 'bench'])
    try {
      await Promise.race([untilExists(control), client.failed, server.failed])
      return client
    } catch (error) {
      if (attempt === 20) {
        await server.stop()
        throw error
      }
      await delay(100)
    }
  }
}

async function untilExists(file: string): Promise<void> {
  while (!existsSync(file)) await delay(10)
}
