import type { Interpreter } from './interpreters.ts'

/** Without a console there is nothing to set, and the output is what it is. */
const PRELUDE = 'try { [Console]::OutputEncoding = New-Object System.Text.UTF8Encoding $false } catch { }'

/**
 * PowerShell ends with 1 whenever the last statement failed, also where that was a program with an exit code of its own. `exit` and errors
 * that end the text do not come to this.
 */
const EPILOGUE = 'if ($?) { exit 0 } elseif ($LASTEXITCODE) { exit $LASTEXITCODE } else { exit 1 }'

/** Arguments that make PowerShell run `text`, write UTF-8 and end with the exit code of what ran last. */
export function powershellArguments(
  interpreter: Interpreter,
  text: string,
  platform: NodeJS.Platform = process.platform,
): string[] {
  // Client editions of Windows run no script files by default; the agent's policy is `allow`.
  const policy = platform === 'win32' ? ['-ExecutionPolicy', 'Bypass'] : []
  return [...interpreter.flags, ...policy, '-Command', `${PRELUDE}\n${text}\n${EPILOGUE}`]
}

/** A statement that runs a script file with arguments. */
export function powershellCall(file: string, args: readonly string[]): string {
  return ['&', ...[file, ...args].map(literal)].join(' ')
}

/** A string that means nothing but itself. PowerShell takes typographic quotes for quotes too. */
function literal(text: string): string {
  return `'${text.replace(/['\u2018\u2019\u201a\u201b]/g, '$&$&')}'`
}
