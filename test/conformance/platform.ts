import type { Test } from 'tap'

/** What a case starts its agent with. */
export interface AgentSettings {
  readonly serverUrl: string
  /** Merged into a config that has the shell on and Claude tasks off, by top-level key. */
  readonly config?: Readonly<Record<string, unknown>>
  /** More arguments of `start`. */
  readonly args?: readonly string[]
}

/** How a program ended. */
export interface End {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The built agent in a process of its own. */
export interface Agent {
  /** Its config, token and data lie there; a path of this machine. */
  readonly folder: string
  /** How the agent names a file of its folder. */
  native(name: string): string
  /** Everything it has logged so far. */
  output(): string
  readonly ended: Promise<{ readonly code: number | null }>
  /** Asks it to end, as its service manager would: SIGTERM, on Windows Ctrl+C in its console. */
  stop(): Promise<void>
  /** Ends it at once; resolves when it is gone. */
  kill(): Promise<void>
  /** Starts the next agent in the same folder; the one before must have ended. */
  startAgain(): Promise<void>
  /** Runs `gururmm-agent` with this agent's config. */
  cli(...args: readonly string[]): Promise<End>
}

/** Where the cases run. What differs between platforms is asked here; a case itself is the same on all. */
export interface Platform {
  readonly name: 'Linux' | 'Windows'
  /** What its shell ends a line of `echo` with. */
  readonly eol: string
  /** Joins commands of its shell so that each runs, whatever the one before did. */
  readonly next: string
  /** Starts an agent, and ends it with the test. */
  startAgent(t: Test, settings: AgentSettings): Promise<Agent>
  /** A line for the platform's shell that runs fixtures/program.cjs with these arguments. */
  line(...args: readonly string[]): string
  /** Makes a folder where the spec's Claude tasks run, `C:\Shares\test` on Windows; returns its path here and there. */
  taskFolder(t: Test): Promise<{ readonly host: string; readonly native: string }>
  /** A program that stands in for the Claude CLI: what it says is fixtures/claude.cjs. */
  claudeCli(): Promise<string>
}

/** One behaviour that the agent has on every platform. */
export interface Case {
  /** A sentence that is true where the case passes. */
  readonly title: string
  /** Platforms where it is not run, with the reason as a sentence. */
  readonly notOn?: Partial<Record<Platform['name'], string>>
  run(t: Test, platform: Platform): Promise<void>
}
