import { Page } from '../ui/Page'

export function VersionsPage() {
  return <Page title="Versions">{null}</Page>
}
