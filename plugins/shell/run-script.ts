import type { Infer, Outcome } from '@gururmm/plugin-sdk'
import { requireAllowed } from './allow-list.ts'
import type { ShellContext } from './config-schema.ts'
import { defaultShell, type Interpreter, interpreterOf } from './interpreters.ts'
import { powershellArguments, powershellCall } from './powershell.ts'
import { runOptions, runToEnd, unsuitable } from './run-line.ts'
import type { scriptSchema } from './schemas.ts'
import { foreignAccount, writeScriptFile } from './script-file.ts'

/**
 * A shell reads its standard input line by line as it goes, so a program in the script would eat the rest of it. This reads all of
 * it first, and leaves the script with an empty standard input.
 */
const READ_AND_RUN = 'eval "$(cat)" </dev/null'

/** Runs a script, however its interpreter takes one. */
export async function runScript(input: Infer<typeof scriptSchema>, ctx: ShellContext): Promise<Outcome> {
  const { body } = input
  const args = input.arguments ?? []
  const named = input.interpreter ?? ctx.config.interpreter ?? defaultShell(process.platform, process.env)
  const interpreter = interpreterOf(named)
  const options = runOptions(ctx, interpreter)
  await requireAllowed(ctx.config, body)
  const { program, kind, flags } = interpreter
  if (kind === 'shell') return runToEnd(ctx, program, [...flags, '-c', READ_AND_RUN, 'script', ...args], options, body)
  if (kind === 'stdin') return runToEnd(ctx, program, [...flags, '-', ...args], options, body)

  const file = await writeScriptFile(ctx.dataDir, fileText(kind, body), EXTENSIONS[kind], await foreignAccount(ctx))
  try {
    return await runToEnd(ctx, program, fileArguments(interpreter, file.path, args), options)
  } finally {
    await file.remove()
  }
}

const EXTENSIONS = { cmd: '.cmd', powershell: '.ps1', file: '' } as const

type FileKind = keyof typeof EXTENSIONS

function fileText(kind: FileKind, body: string): string {
  if (kind === 'cmd') return body.replace(/\r?\n/g, '\r\n')
  // The PowerShell of Windows takes a file without a byte order mark for one in the system's code page.
  return kind === 'powershell' ? `\uFEFF${body}` : body
}

/** What makes an interpreter run a script file. Throws `SHELL_UNSUITABLE` for arguments that cmd.exe cannot be given. */
export function fileArguments(interpreter: Interpreter, file: string, args: readonly string[]): string[] {
  const { kind, flags } = interpreter
  if (kind === 'powershell') return powershellArguments(interpreter, powershellCall(file, args))
  if (kind !== 'cmd') return [...flags, file, ...args]
  // Between quotes cmd.exe leaves everything alone but these.
  if (args.some((argument) => /["%\r\n]/.test(argument))) {
    throw unsuitable(
      'cmd.exe can take no argument with a quote, a percent sign or a line break; use another interpreter.',
    )
  }
  return [...flags, '/c', [file, ...args].map((part) => `"${part}"`).join(' ')]
}
