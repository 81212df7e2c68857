import { access, constants } from 'node:fs/promises'

/** What `gururmm-agent doctor` shows of this plugin: whether each folder can be searched. */
export function checkFolders({ config }) {
  return Promise.all(config.folders.map(checkFolder))
}

async function checkFolder(folder) {
  const problem = await access(folder, constants.R_OK).then(
    () => null,
    (error) => error.code ?? error.message,
  )
  const message =
    problem === null
      ? `${folder} can be searched.`
      : `${folder} can't be searched (${problem}); grant it in \`plugins.log_search.permissions.read\`, or take it out of \`folders\`.`
  return { name: folder, ok: problem === null, message }
}
