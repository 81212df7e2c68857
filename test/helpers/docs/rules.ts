/**
 * What is special about some commands of the documents. Every other command is run as it stands and must end with 0; one whose
 * program is not in {@link HARMLESS} must have a rule, so that nothing is run as root by a slip of a pen.
 */
export type Rule = { readonly command: RegExp } & (
  | { readonly notRun: string }
  /** Runs this in its place, for the reason given. */
  | { readonly instead: string; readonly because: string }
  /** Goes on until it is stopped; what it prints when it is up. */
  | { readonly staysUp: RegExp }
  /** Ends with another exit code than 0, as the document says. */
  | { readonly exitCode: number }
)

/** Programs that change nothing outside the working folder. */
export const HARMLESS: ReadonlySet<string> = new Set([
  'alias',
  'cat',
  'cd',
  'chmod',
  'cp',
  'curl',
  'echo',
  'export',
  'grep',
  'gururmm-agent',
  'head',
  'install',
  'jq',
  'ls',
  'mkdir',
  'mv',
  'node',
  'npm',
  'npx',
  'openssl',
  'printf',
  'rm',
  'rmm',
  'sed',
  'sleep',
  'tail',
  'tee',
  'test',
  'touch',
  'umask',
  'uuidgen',
])

export const RULES: readonly Rule[] = [
  {
    command: /^git clone \S+( \S+)?$/,
    instead: 'git clone --quiet "$PROJECT" gururmm-agent',
    because: 'the clone under test',
  },
  { command: /^npm (test|t)\b|^npm run (unit|test:\w+)\b/, notRun: 'it runs this very test; .ci/run runs it' },
  { command: /^npm publish\b/, notRun: 'it publishes' },
  { command: /^npm run bench\b/, notRun: 'it takes minutes, and a suite of its own runs it' },
  { command: /^npm run demo$/, staysUp: /Ctrl-C/ },
  { command: /^npm run demo -- --no-claude$/, staysUp: /Ctrl-C/ },
  { command: /^(npm start$|(npx )?gururmm-agent (--\S+ \S+ )*start\b)/, staysUp: /"connected|agent started/ },
  { command: /^gururmm-agent plugin dev\b/, staysUp: /Ctrl-C ends it/ },
  { command: /^npm (--prefix \S+ )?run (-s )?server -- serve\b/, staysUp: /Agents dial/ },
  {
    command: /^(sudo )?(systemctl|journalctl|sc\.exe|launchctl)\b/,
    notRun: 'it needs a machine with a service manager',
  },
  { command: /^(sudo )?gururmm-agent service (install|uninstall|status)$/, notRun: 'it is for the machine’s services' },
  { command: /^(sudo )?(useradd|adduser|apt-get|apt|dnf|setcap|loginctl)\b/, notRun: 'it changes the machine' },
]

/** The program that a command starts with, behind variables and `sudo`. */
export function programOf(command: string): string {
  return /^(?:(?:\w+=(?:"[^"]*"|'[^']*'|\S*)|sudo)\s+)*(\S+)/.exec(command)?.[1] ?? ''
}

/** The rule for a command; null where it is run as it stands; an error where it needs one. */
export function ruleFor(command: string): Rule | null {
  const rule = RULES.find((one) => one.command.test(command))
  if (rule !== undefined) return rule
  const program = programOf(command)
  if (HARMLESS.has(program) || /^\w+=/.test(command)) return null
  throw new Error(
    `\`${program}\` is not among the harmless programs; give the command a rule in test/helpers/docs/rules.ts.`,
  )
}
