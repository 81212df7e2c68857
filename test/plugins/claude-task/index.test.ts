import t from 'tap'
import plugin from '../../../plugins/claude-task/index.ts'

t.test('two tasks at once, none waiting, ten an hour: the spec’s limits are the defaults', async (t) => {
  t.same(plugin.commands.claude_task?.limits, { concurrent: 2, queued: 0, rate: { count: 10, windowSeconds: 3600 } })
})

t.test('the wire’s `command` text is no part of a task, and a task has no elevation', async (t) => {
  const command = plugin.commands.claude_task
  t.same(Object.keys(command?.schemas.input.properties as object), [
    'task',
    'working_directory',
    'context_files',
    'profile',
  ])
  t.notOk(command?.elevation)
})
