/**
 * What is allowed at this site: the operator's config, and what the server's site profile takes away above it.
 *
 * @module
 */
export { type ExplainedStep, type Explanation, explainCommand } from './explain.ts'
export { type KeptProfile, keepProfile, PROFILE_FILE, readKeptProfile } from './kept-profile.ts'
export { Policy, type PolicyOptions, type ProfileStatus } from './policy.ts'
export { readSiteProfile, type SiteProfile } from './site-profile.ts'
