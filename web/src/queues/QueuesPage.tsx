import { Page } from '../ui/Page'

export function QueuesPage() {
  return <Page title="Queues">{null}</Page>
}
