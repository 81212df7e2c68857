import type { NewCommand } from '../../examples/server/api.ts'

const ON_UNIX =
  'for step in 1 2 3; do echo "step $step of 3 on $(hostname)"; sleep 0.5; done; df -h . || echo "no df here"'
const ON_WINDOWS = 'echo Hello from %COMPUTERNAME% & ver'

/** One that takes a moment, so that its output can be seen to come as it is written. */
export const shellCommand: NewCommand = {
  command_type: 'shell',
  command: process.platform === 'win32' ? ON_WINDOWS : ON_UNIX,
  timeout_seconds: 60,
}

/** What an MSP would ask of a machine. */
export function claudeTask(workingDirectory: string): NewCommand {
  return {
    command_type: {
      claude_task: {
        task: 'Check the sync log for errors in last 24 hours',
        working_directory: workingDirectory,
        context_files: ['sync.log'],
      },
    },
    timeout_seconds: 300,
  }
}
