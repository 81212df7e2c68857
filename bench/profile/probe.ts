/**
 * Loaded into an agent before its own code, notes when each command passes the places that every agent on Node has: the socket, the
 * start of a program, its end. For one command at a time. Written to the file that {@link PROFILE_FILE} names at the process's end.
 *
 * From outside, so that the agent holds no code for being measured, and the floor can be looked at in the same way.
 *
 * @module
 */
import { ChildProcess } from 'node:child_process'
import { tracingChannel } from 'node:diagnostics_channel'
import type { EventEmitter } from 'node:events'
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { Socket } from 'node:net'
import { Worker } from 'node:worker_threads'
import { PROFILE_FILE, type Steps } from './steps.ts'

// biome-ignore lint/suspicious/noExplicitAny: methods of Node's own, whatever they take
type Method = (...args: any[]) => any

interface Passed {
  receivedAt: number
  spawnAt?: number
  spawnedAt?: number
  endedAt?: number
  sentAt?: number
  files: number
  worker: number
}

const done: Steps[] = []
let current: Passed = { receivedAt: 0, files: 0, worker: 0 }

/** Puts `wrap(original)` in the place of a method, inherited ones included. */
function wrap(target: object, name: string, make: (original: Method) => Method): void {
  const original = Reflect.get(target, name) as Method
  Object.defineProperty(target, name, { value: make(original), configurable: true, writable: true })
}

function finish({ receivedAt, spawnAt, spawnedAt, endedAt, sentAt, files, worker }: Passed): void {
  if (spawnAt === undefined || spawnedAt === undefined || endedAt === undefined || sentAt === undefined) return
  const spans = { before: spawnAt - receivedAt, spawn: spawnedAt - spawnAt, program: endedAt - spawnedAt }
  done.push({ ...spans, after: sentAt - endedAt, files, worker })
}

/** Pipes of programs are sockets too, but have no port. */
const isConnection = (socket: Socket): boolean => socket.remotePort !== undefined

wrap(Socket.prototype, 'push', (push) => {
  return function (this: Socket, ...args) {
    if (isConnection(this)) {
      // A result's acknowledgement comes this way too: the last frame before a program's start is the command's.
      if (current.sentAt !== undefined) finish(current)
      if (current.sentAt !== undefined || current.spawnAt === undefined) {
        current = { receivedAt: performance.now(), files: 0, worker: 0 }
      }
    }
    return push.apply(this, args)
  }
})

wrap(Socket.prototype, 'write', (write) => {
  return function (this: Socket, ...args) {
    // Progress may go out before the program's end; the result is the last.
    if (isConnection(this) && current.endedAt !== undefined) current.sentAt = performance.now()
    return write.apply(this, args)
  }
})

/** Notes the start of a program and its end. */
function passStart<T extends EventEmitter>(start: () => T): T {
  const command = current
  command.spawnAt = performance.now()
  const child = start()
  child.prependOnceListener('exit', () => {
    command.endedAt = performance.now()
  })
  command.spawnedAt = performance.now()
  return child
}

wrap(ChildProcess.prototype, 'spawn', (spawn) => {
  return function (this: ChildProcess, ...args) {
    let code: unknown
    passStart(() => {
      code = spawn.apply(this, args)
      return this
    })
    return code
  }
})

// What the agent has the C library start passes no method of Node's.
const starts = tracingChannel('gururmm:start-child')
let started = 0
starts.subscribe({
  start() {
    started = performance.now()
  },
  end(message) {
    const { result } = message as { result?: EventEmitter }
    if (result === undefined || result instanceof ChildProcess) return
    passStart(() => result)
    current.spawnAt = started
  },
})

// biome-ignore format: one line
for (const name of ['openSync', 'closeSync', 'readSync', 'writeSync', 'mkdirSync', 'rmdirSync', 'unlinkSync', 'readFileSync', 'writeFileSync', 'readdirSync', 'readlinkSync', 'statSync', 'realpathSync', 'existsSync']) {
  wrap(fs, name, (call) => {
    const timed: Method = function (this: unknown, ...args) {
      const startedAt = performance.now()
      try {
        return call.apply(this, args)
      } finally {
        current.files += performance.now() - startedAt
      }
    }
    return Object.assign(timed, call)
  })
}
syncBuiltinESMExports()

let askedAt: number | null = null
const watched = new WeakSet<Worker>()
wrap(Worker.prototype, 'postMessage', (post) => {
  return function (this: Worker, ...args) {
    if (!watched.has(this)) {
      watched.add(this)
      this.on('message', () => {
        if (askedAt !== null) current.worker += performance.now() - askedAt
        askedAt = null
      })
    }
    askedAt ??= performance.now()
    return post.apply(this, args)
  }
})

// The floor has no end of its own, and a process that a signal ends writes nothing.
process.once('SIGTERM', () => {
  if (process.listenerCount('SIGTERM') === 0) process.exit()
})
process.on('exit', () => {
  finish(current)
  fs.writeFileSync(process.env[PROFILE_FILE] ?? '', JSON.stringify(done))
})
