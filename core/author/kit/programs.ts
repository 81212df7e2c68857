import type { CommandRunner, CommandRunnerOptions, Runner } from '../../runner/index.ts'

/** What a program can do to the plugin that runs it. Each is played by Node.js, in the place of the program that the plugin names. */
export const PROGRAM_FAULTS = {
  'ends with an error': `process.stderr.write('no such device\\n'); process.exitCode = 1`,
  'prints nothing': '',
  crashes: `process.stdout.write('half a li'); process.kill(process.pid, 'SIGKILL')`,
  'floods its output': `
    const line = 'x'.repeat(1023) + '\\n'
    const write = (left) => {
      while (left > 0 && process.stdout.write(line.repeat(64)) && process.stderr.write(line)) left -= 64
      if (left > 0) process.stdout.once('drain', () => setImmediate(write, left - 64))
    }
    write(16384)`,
  'prints one endless line': `process.stdout.write('[{"' + 'x'.repeat(4_000_000))`,
  'prints what is no UTF-8': `process.stdout.write(Buffer.from([0xff, 0xfe, 0xc3, 0x28, 0, 0x1b, 0x5b, 0x32, 0x4a, 0x0a, 0xed, 0xa0, 0x80, 0x0a]))`,
  hangs: `setInterval(() => {}, 1000)`,
} as const

export type ProgramFault = keyof typeof PROGRAM_FAULTS | 'is missing' | 'is not allowed'

/** A runner whose programs can be replaced by others that misbehave. */
export interface FaultyRunner extends Runner {
  /** What every program does from now on; null: what it is meant to do. */
  fault: ProgramFault | null
  /** How many programs were asked for. */
  readonly asked: number
}

/** @param any whether the operator may grant any program; then those that misbehave are allowed, whatever is granted. */
export function createFaultyRunner(runner: Runner, any: boolean): FaultyRunner {
  let asked = 0
  const faulty: FaultyRunner = {
    fault: null,
    get asked() {
      return asked
    },
    get containment() {
      return runner.containment
    },
    get starts() {
      return runner.starts
    },
    get launchers() {
      return runner.launchers
    },
    sweepLeftovers: () => runner.sweepLeftovers(),
    close: () => runner.close(),
    forCommand(options) {
      const { fault } = faulty
      return countRuns(fault === null ? runner.forCommand(options) : faultyCommand(runner, options, fault, any), () => {
        asked++
      })
    },
  }
  return faulty
}

function countRuns(command: CommandRunner, count: () => void): CommandRunner {
  return {
    ...command,
    run(...args) {
      count()
      return command.run(...args)
    },
  }
}

function faultyCommand(
  runner: Runner,
  options: CommandRunnerOptions,
  fault: ProgramFault,
  any: boolean,
): CommandRunner {
  const missing = 'gururmm-program-that-is-missing'
  const isMeant = (program: string) => fault !== 'is not allowed' && (any || options.allowProgram(program))
  const command = runner.forCommand({
    ...options,
    allowProgram: (program) => (program === process.execPath || program === missing) && fault !== 'is not allowed',
  })
  return {
    ...command,
    run(program, args, more) {
      // What the plugin may not run anyway is refused by its own name
      if (!isMeant(program)) return command.run(program, args, more)
      if (fault === 'is missing') return command.run(missing, args, more)
      return command.run(process.execPath, ['-e', PROGRAM_FAULTS[fault as keyof typeof PROGRAM_FAULTS]], more)
    },
  }
}
