import { runSettingsVectors } from '../../support/settings-vectors.ts'

runSettingsVectors('oidc-realm.json')
