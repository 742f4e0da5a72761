import { runSettingsVectors } from '../../support/settings-vectors.ts'

runSettingsVectors('ldap-realm.json')
