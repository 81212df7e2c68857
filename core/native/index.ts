/** Functions of the operating system that Node has no way to. Nothing here touches anything until it is called. */
export { type Koffi, koffiPackage, loadKoffi } from './koffi.ts'
export { releaseProgramPages } from './program-pages.ts'
