import { Page } from '../ui/Page'

export function SecretsPage() {
  return <Page title="Secrets">{null}</Page>
}
