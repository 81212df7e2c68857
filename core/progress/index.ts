export { createProgress, GATHER_MS, PROGRESS_HIGH_WATER_BYTES } from './progress.ts'
