import { runSettingsVectors } from '../../support/settings-vectors.ts'

runSettingsVectors('node.json')
