/**
 * The test runner puts a module of its own before every Node.js that a test starts. Under the permission model that module can't run, and
 * a plugin's process shall be what it is for users; on Windows it isn't found. So children of a test that imports this are started as
 * they are.
 */
const spawnHooks = (globalThis as { [key: symbol]: { listeners: unknown[] } | undefined })[
  Symbol.for('process-on-spawn@*:singletonId')
]
spawnHooks?.listeners.splice(0)
