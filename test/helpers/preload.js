/**
 * Comes before every test file (.taprc). JavaScript that imports nothing: some 300 processes load it.
 *
 * The test runner puts a module of its own before every Node.js that a test starts, for the coverage, which is off here. That would cost
 * more than the rest of most starts; it can't run under the permission model, nor on Windows; and what is tested shall be what users have.
 * So what a test starts is started as it is, and without the folder for compiled code that .taprc gives to the tests themselves.
 */
globalThis[Symbol.for('process-on-spawn@*:singletonId')]?.listeners.splice(0)
delete process.env.NODE_OPTIONS
delete process.env.NODE_COMPILE_CACHE
