/**
 * Keeps Node.js from opening its debugger in this process on SIGUSR1. A plugin of the same account can send that signal, and whoever then
 * reaches the debugger's port has the agent.
 *
 * @returns takes it back.
 */
export function shutInspector(): () => void {
  // Windows has no such signal
  if (process.platform === 'win32') return () => {}
  const ignore = () => {}
  process.on('SIGUSR1', ignore)
  return () => process.off('SIGUSR1', ignore)
}
