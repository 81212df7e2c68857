// Attempts to leave something on the machine: processes, files.
import { existsSync, rmSync } from 'node:fs'
import { processesWith } from '../../helpers/processes.ts'
import { bash } from './tools.ts'
import type { Attempt, World } from './world.ts'

/** Attempts to leave a process behind; each sleeps for a number of seconds of its own. */
function stays(from: number, hows: Record<string, (sleep: string) => ReturnType<typeof bash>>): Attempt[] {
  return Object.entries(hows).map(([label, how], at) => {
    const seconds = (world: World) => `${from + at}.${world.number}`
    return {
      name: label,
      call: (world) => how(`sleep ${seconds(world)}`),
      succeeded: async (world) => (await processesWith(seconds(world))).length > 0,
      async clear(world) {
        for (const line of await processesWith(seconds(world))) end(Number.parseInt(line, 10))
      },
    }
  })
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended by itself
  }
}

export const background = stays(70_000, {
  '&': (sleep) => bash(`${sleep} >/dev/null 2>&1 &`),
  nohup: (sleep) => bash(`nohup ${sleep} >/dev/null 2>&1 &`),
  setsid: (sleep) => bash(`setsid ${sleep} >/dev/null 2>&1 &`),
  'setsid -f': (sleep) => bash(`setsid -f ${sleep} >/dev/null 2>&1`),
  disown: (sleep) => bash(`${sleep} >/dev/null 2>&1 & disown`),
  'a subshell': (sleep) => bash(`(${sleep} >/dev/null 2>&1 &)`),
  'two forks': (sleep) => bash(`(setsid sh -c '${sleep} & exit' >/dev/null 2>&1 &)`),
  'without environment': (sleep) => bash(`env -i setsid -f ${sleep} >/dev/null 2>&1`),
  'without signals': (sleep) => bash(`setsid -f sh -c 'trap "" TERM HUP INT; ${sleep}; ${sleep}' >/dev/null 2>&1`),
  'a coprocess': (sleep) => bash(`coproc setsid ${sleep}; disown -a`),
  perl: (sleep) => bash(`perl -MPOSIX -e 'fork && exit; setsid; fork && exit; exec "${sleep}"' >/dev/null 2>&1`),
  'closed descriptors': (sleep) => bash(`setsid -f ${sleep} 0<&- >&- 2>&- 3>&- 4>&-`),
})

export const forks = stays(80_000, {
  twenty: (sleep) => bash(`for i in $(seq 20); do setsid -f ${sleep} >/dev/null 2>&1; done`),
  'a chain': (sleep) => bash(`setsid -f sh -c 'sh -c "sh -c \\"${sleep}; :\\"; :"; :' >/dev/null 2>&1`),
  xargs: (sleep) => bash(`seq 9 | setsid -f xargs -P9 -I{} ${sleep} >/dev/null 2>&1`),
  'a tree': (sleep) =>
    bash(
      `setsid -f sh -c 'for i in 1 2 3; do (for j in 1 2 3; do ${sleep} & done; wait) & done; wait' >/dev/null 2>&1`,
    ),
  perl: (sleep) => bash(`perl -e 'for (1..9) { fork or exec "setsid -f ${sleep}" }' >/dev/null 2>&1`),
  'that come again': (sleep) => bash(`setsid -f sh -c 'while :; do ${sleep}; done' >/dev/null 2>&1`),
  'that watch each other': (sleep) => bash(`setsid -f sh -c '${sleep} & wait; ${sleep}' >/dev/null 2>&1`),
  pipes: (sleep) => bash(`setsid -f sh -c '${sleep} | ${sleep} | ${sleep}' >/dev/null 2>&1`),
  'sessions in sessions': (sleep) => bash(`setsid -f setsid -f setsid -f ${sleep} >/dev/null 2>&1`),
  'that stop': (sleep) => bash(`setsid -f sh -c '${sleep} & kill -STOP $!; wait' >/dev/null 2>&1`),
  'within a pipe': (sleep) => bash(`true | setsid -f ${sleep} >/dev/null 2>&1`),
  'a hundred': (sleep) => bash(`seq 100 | xargs -I{} setsid -f ${sleep} >/dev/null 2>&1`),
})

/** Attempts to fill the machine's disk where no task may write. The world's id makes names that nothing else has. */
export const output: Attempt[] = [
  ...[
    '/tmp',
    '/var/tmp',
    '/dev/shm',
    '/run',
    '/var/log',
    '/root',
    '/var/lib',
    '/etc',
    '/opt',
    '/srv',
    '/usr/local',
    '/home',
  ].map((folder) => {
    const path = (world: World) => `${folder}/hostile-${world.number}`
    return {
      name: `into ${folder}`,
      call: (world: World) => bash(`timeout 1 yes | head -c 1000000 > ${path(world)}`),
      succeeded: (world: World) => existsSync(path(world)),
      clear: async (world: World) => rmSync(path(world), { force: true }),
    }
  }),
]
