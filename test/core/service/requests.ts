import type { ServiceRequest, Step } from '../../../core/service/index.ts'

/** What an agent below /opt would ask for. */
export const REQUEST: ServiceRequest = {
  command: ['/opt/gururmm-agent/runtime/bin/node', '/opt/gururmm-agent/bin/gururmm-agent.js'],
  args: ['start', '--config', '/etc/gururmm/agent.config.json'],
  dataDir: '/var/lib/gururmm',
  logFile: null,
  secretFiles: ['/etc/gururmm/token'],
  user: null,
  writable: [],
  start: true,
}

/** The one file among the steps. */
export function fileOf(steps: readonly Step[]): Step & { readonly kind: 'file' } {
  const files = steps.filter((step) => step.kind === 'file')
  if (files.length !== 1 || files[0] === undefined) throw new Error(`Expected one file, found ${files.length}.`)
  return files[0]
}

/** The calls among the steps, as they would be typed. */
export function callsOf(steps: readonly Step[]): readonly string[] {
  return steps.flatMap((step) => (step.kind === 'call' ? [[step.program, ...step.args].join(' ')] : []))
}
