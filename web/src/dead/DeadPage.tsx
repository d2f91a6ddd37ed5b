import { Page } from '../ui/Page'

export function DeadPage() {
  return <Page title="Dead">{null}</Page>
}
